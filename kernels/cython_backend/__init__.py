"""Kernels compiled ahead of time: thin Cython over C with vector extensions. No warm-up, runs on any CPU of its family.

Every kernel is a C function of one block of its work (`*.h`), compiled once per instruction set and type (`each.h`),
run by a small thread pool (`pool.h`) that all modules share.
"""

from importlib.util import find_spec

if find_spec("fastcnn.kernels.cython_backend.pool") is None:
    raise ImportError(
        "its compiled modules were not built: no C compiler (GCC or Clang) was found at install. "
        "Install one and run `pip install --force-reinstall --no-binary fastcnn fastcnn`, "
        "or `pip install -e .` in the project's root"
    )
