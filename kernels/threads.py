"""How many threads a kernel may use: one number for the process, read by every backend's scheduler of blocks.

Results never depend on it: a sum that crosses threads is done in fixed blocks in a fixed order.
"""

import os

_threads: int | None = None


def available_threads() -> int:
    """Processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def set_num_threads(threads: int) -> None:
    """Sets the number of threads that kernels may use, from 1 up.

    Raises:
        ValueError: when `threads` is not a positive integer.
    """
    global _threads
    if not isinstance(threads, int) or isinstance(threads, bool) or threads < 1:
        raise ValueError(f"set_num_threads: expected a positive integer. Received: {threads!r}")
    _threads = threads


def get_num_threads() -> int:
    """Number of threads kernels may use: set_num_threads, else FASTCNN_NUM_THREADS, else all processors."""
    global _threads
    if _threads is None:
        value = os.environ.get("FASTCNN_NUM_THREADS", "")
        if value and (not value.isdigit() or int(value) < 1):
            raise ValueError(f"FASTCNN_NUM_THREADS must be a positive integer. Received: {value!r}")
        _threads = int(value) if value else available_threads()
    return _threads
