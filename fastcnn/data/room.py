"""How much memory can be taken without harm."""

import os
from pathlib import Path

_UNKNOWN = 2**30  # bytes to assume where the system does not tell
_MEMINFO = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")


def available_memory() -> int:
    """Bytes of memory that are free or can be freed, within the limit of a container if there is one."""
    return min(_of_machine(), _of_container())


def _of_machine() -> int:
    try:
        lines = _MEMINFO.read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration, ValueError, IndexError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2  # without a figure for what is in use
    except (AttributeError, OSError, ValueError):
        return _UNKNOWN


def _of_container() -> float:
    try:
        limit = (_GROUP / "memory.max").read_text().strip()
        return float("inf") if limit == "max" else max(int(limit) - int((_GROUP / "memory.current").read_text()), 0)
    except (OSError, ValueError):
        return float("inf")
