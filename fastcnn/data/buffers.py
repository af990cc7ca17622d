"""Memory for batches, used again as soon as nobody looks at it any more."""

import sys
import threading

import numpy as np


def _references(items: list, index: int) -> int:
    return sys.getrefcount(items[index])


# What `_references` says of an object that nothing but its list refers to.
_UNUSED = _references([object()], 0)


class BatchBuffers:
    """Hands out arrays for batches; takes memory again that was handed out before and is referred to no more.

    Every view of a handed-out array, and a view of that, refers to the memory itself, so a batch that somebody keeps is
    never written to. At most `most` batches' memory is kept for later; may be called from several threads.
    """

    def __init__(self, most: int):
        self._most = most
        self._buffers: list[np.ndarray] = []
        self._lock = threading.Lock()

    def take(self, shape: tuple[int, ...], dtype: np.dtype | str) -> np.ndarray:
        """An array of that shape with arbitrary content."""
        dtype = np.dtype(dtype)
        with self._lock:
            for index in range(len(self._buffers)):
                if self._fits(index, shape, dtype) and _references(self._buffers, index) == _UNUSED:
                    self._buffers.append(self._buffers.pop(index))  # the oldest comes first
                    return self._buffers[-1][: shape[0]]
            self._buffers = [*self._buffers, np.empty(shape, dtype)][-self._most :]
            return self._buffers[-1][: shape[0]]

    def _fits(self, index: int, shape: tuple[int, ...], dtype: np.dtype) -> bool:
        buffer = self._buffers[index]
        return buffer.dtype == dtype and buffer.shape[1:] == shape[1:] and len(buffer) >= shape[0]
