"""Builds the Cython backend; everything else about the package is in pyproject.toml.

The folder `kernels/` installs as the package `fastcnn.kernels`. Without a C compiler the install succeeds and the
Cython backend says why it is absent; set FASTCNN_REQUIRE_CYTHON=1 to make that an error.
"""

import os
import sys
from pathlib import Path

from setuptools import Extension, find_packages, setup

ROOT = Path(__file__).parent
FOLDER = ROOT / "kernels" / "cython_backend"


def packages() -> list[str]:
    """Every package: fastcnn's own and, under their installed names, the kernels."""
    kernels = ["fastcnn.kernels", *(f"fastcnn.kernels.{name}" for name in find_packages("kernels"))]
    return find_packages(include=["fastcnn", "fastcnn.*"]) + kernels


def extensions() -> list[Extension]:
    """One extension a .pyx file; optional, so that a missing compiler does not stop the install."""
    sources = sorted(FOLDER.glob("*.pyx"))
    if not sources:
        return []
    import numpy
    from Cython.Build import cythonize

    unix = sys.platform != "win32"
    flags = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast", "-fvisibility=hidden", "-pthread"]
    modules = [
        Extension(
            f"fastcnn.kernels.cython_backend.{source.stem}",
            [str(source.relative_to(ROOT))],
            include_dirs=[str(FOLDER.relative_to(ROOT)), numpy.get_include()],
            define_macros=[("NPY_NO_DEPRECATED_API", "NPY_2_0_API_VERSION")],
            depends=[str(header.relative_to(ROOT)) for header in (*FOLDER.glob("*.h"), *FOLDER.glob("*.pxi"))],
            extra_compile_args=flags if unix else ["/O2"],
            extra_link_args=["-pthread"] if unix else [],
        )
        for source in sources
    ]
    built = cythonize(modules, language_level=3)
    for module in built:  # cythonize drops `optional`, so it is set on what it returns
        module.optional = os.environ.get("FASTCNN_REQUIRE_CYTHON") != "1"
    return built


setup(
    packages=packages(),
    package_dir={"fastcnn": "fastcnn", "fastcnn.kernels": "kernels"},
    include_package_data=False,  # sources of the Cython backend go into the sdist alone, by MANIFEST.in
    ext_modules=extensions(),
    options={"build_ext": {"parallel": os.cpu_count()}},
)
