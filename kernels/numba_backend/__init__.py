"""Kernels compiled by Numba at their first call, and kept in a cache that only the user can write.

Loading the backend compiles nothing. Every kernel is a compiled core that takes blocks of work until none is left
(`blocks`), run on plain threads (`pool`); products of all kinds share one register tile (`tiles`).
"""

from importlib.util import find_spec

if find_spec("numba") is None:
    raise ImportError("the package numba is not installed (pip install numba)")
