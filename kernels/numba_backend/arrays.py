"""Flat views of arrays, which is all that compiled cores see."""

import ctypes

import numpy as np


def flat(array: np.ndarray) -> np.ndarray:
    """A view of one axis. A read-only array gets a writable view too, since Numba would compile another core for it."""
    if array.flags.writeable:
        return array.reshape(-1)
    return writable(array).reshape(-1)


def writable(array: np.ndarray) -> np.ndarray:
    """The same memory as an array that NumPy does not call read-only; no core writes to its inputs."""
    if array.flags.writeable:
        return array
    memory = (ctypes.c_char * array.nbytes).from_address(array.ctypes.data)
    memory._owner = array  # keeps the memory alive as long as the view
    return np.frombuffer(memory, array.dtype).reshape(array.shape)
