"""A long run over small photos in a process of its own: what it leaves in memory, open or running. Prints JSON.

python -m tests.data.long_run SOURCE FOLDER BATCHES LEAKED GAUGE ...
"""

import ctypes
import gc
import json
import os
import sys
import threading
import tracemalloc
from collections.abc import Iterator
from itertools import count

import numpy as np

from fastcnn import layers
from fastcnn.preprocessing.image import ImageDataGenerator
from fastcnn.utils import image_dataset_from_directory

CHANGES = {"rotation_range": 20, "zoom_range": 0.2, "horizontal_flip": True, "brightness_range": (0.5, 1.5)}
GLIBC = hasattr(ctypes.CDLL(None), "mallinfo2")
CLOSED: list[object] = []  # kept, so that it is `close` that ends their threads
WARM_UP, EVERY = 500, 25  # batches before the first sample, and between samples


def from_iterator(folder: str, close: bool = False, **options: object) -> Iterator:
    """Endless batches of a DirectoryIterator, which is closed, or just dropped, when this generator is dropped."""
    generator = ImageDataGenerator(rescale=1 / 255, **CHANGES)
    batches = generator.flow_from_directory(folder, (16, 16), batch_size=4, class_mode="binary", seed=1, **options)
    try:
        yield from batches
    finally:
        if close:
            CLOSED.append(batches)
            batches.close()


def from_dataset(folder: str) -> Iterator:
    """Endless batches of a dataset, a new pass whenever one ends; dropped in the middle of a pass."""
    flip, turn = layers.RandomFlip("horizontal", seed=1), layers.RandomRotation(0.1, seed=2)
    dataset = image_dataset_from_directory(folder, image_size=(16, 16), batch_size=4, seed=1, verbose=False)
    dataset = dataset.map(lambda x, y: (turn(flip(x, training=True), training=True), y)).prefetch(2)
    for _ in count():
        yield from dataset


SOURCES = {
    "iterator": from_iterator,
    "iterator, closed": lambda folder: from_iterator(folder, close=True),
    "iterator, ram": lambda folder: from_iterator(folder, cache="ram"),
    "iterator, disk": lambda folder: from_iterator(folder, cache="disk"),
    "dataset": from_dataset,
}


class _Heap(ctypes.Structure):
    """glibc's struct mallinfo2."""

    _fields_ = [(name, ctypes.c_size_t) for name in ("arena", "ordblks", "smblks", "hblks", "hblkhd")]
    _fields_ += [(name, ctypes.c_size_t) for name in ("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")]


def resident() -> int:
    """Bytes of this process in memory."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def allocated() -> int:
    """Bytes that C code, and with PYTHONMALLOC=malloc Python too, has allocated and not freed."""
    query = ctypes.CDLL(None).mallinfo2
    query.restype = _Heap
    heap = query()
    return heap.uordblks + heap.hblkhd


def traced() -> int:
    """Bytes that Python and NumPy have allocated and not freed."""
    return tracemalloc.get_traced_memory()[0]


GAUGES = {"resident": resident, "allocated": allocated, "traced": traced}


def slope(at: list[int], sizes: list[int]) -> float:
    """Bytes a batch: the median of the slopes between all pairs of samples (Theil and Sen), so that one jump, such as
    an allocator's next block, counts for what it is.
    """
    first, second = np.triu_indices(len(at), 1)
    x, y = np.array(at, float), np.array(sizes, float)
    return float(np.median((y[second] - y[first]) / (x[second] - x[first])))


def open_and_running() -> dict[str, list[str]]:
    """What every file descriptor of this process leads to, and the names of its threads."""
    found = {"threads": sorted(thread.name for thread in threading.enumerate()), "files": []}
    for number in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd") else ():
        try:
            found["files"].append(os.readlink(f"/proc/self/fd/{number}"))
        except FileNotFoundError:  # the listing's own
            continue
    found["files"].sort()
    return found


def main(source: str, folder: str, batches: int, leaked: int, gauges: list[str]) -> None:
    """Runs through the batches, and leaks so many bytes of each on purpose."""
    for _ in zip(range(3), SOURCES[source](folder), strict=False):  # threads and files that stay for good
        pass
    gc.collect()
    before, kept, at = open_and_running(), [], []
    sizes: dict[str, list[int]] = {name: [] for name in gauges}
    made = SOURCES[source](folder)
    if "traced" in gauges:
        tracemalloc.start()
    for number in range(batches):
        x, _ = next(made)
        if leaked:
            kept.append(bytes(leaked))
        if number >= WARM_UP and number % EVERY == 0:
            del x
            gc.collect()
            at.append(number)
            for name, taken in sizes.items():
                taken.append(GAUGES[name]())
    during = open_and_running()
    del made
    gc.collect()
    found = {"slopes": {name: slope(at, taken) for name, taken in sizes.items()}, "batches": number + 1}
    print(json.dumps(found | {"before": before, "during": during, "after": open_and_running()}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5:])
