"""Memory of batches is used again only when nobody can see it."""

import threading

import numpy as np
import pytest

from fastcnn.data.buffers import BatchBuffers


def address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def test_memory_that_was_dropped_is_used_again():
    buffers = BatchBuffers(2)
    first = buffers.take((4, 3), "float32")
    where = address(first)
    del first
    assert address(buffers.take((4, 3), "float32")) == where


@pytest.mark.parametrize(
    "keep",
    [
        lambda a: a,
        lambda a: a[1:],
        lambda a: a[1:][::-1].T[:2],
        lambda a: np.asarray(a).T,
        memoryview,
        lambda a: {"x": [a[0]]},
        lambda a: np.lib.stride_tricks.as_strided(a, (2, 2), (4, 4)),
    ],
)
def test_what_somebody_still_sees_is_never_written_to(keep):
    buffers = BatchBuffers(2)
    batch = buffers.take((4, 3), "float32")
    where = address(batch)
    kept = keep(batch)
    del batch
    others = [buffers.take((4, 3), "float32") for _ in range(5)]
    assert where not in map(address, others)
    assert kept is not None
    del others, kept
    assert where in {address(buffers.take((4, 3), "float32")) for _ in range(2)} or len(buffers._buffers) == 2


def test_a_smaller_batch_takes_a_part_and_another_shape_new_memory():
    buffers = BatchBuffers(3)
    where = address(buffers.take((4, 3), "float32"))
    part = buffers.take((2, 3), "float32")
    assert (address(part), part.shape) == (where, (2, 3))
    del part
    for shape, dtype in (((5, 3), "float32"), ((4, 2), "float32"), ((4, 3), "float64")):
        other = buffers.take(shape, dtype)
        assert address(other) != where
        assert (other.shape, other.dtype) == (shape, dtype)
        del other


def test_no_more_memory_is_kept_than_was_said():
    buffers = BatchBuffers(2)
    held = [buffers.take((4, 3), "float32") for _ in range(20)]
    assert len(set(map(address, held))) == 20
    assert len(buffers._buffers) == 2


def test_threads_never_get_the_same_memory():
    buffers, wrong = BatchBuffers(4), []

    def work(number: int) -> None:
        for _ in range(2000):
            mine = buffers.take((8,), "int64")
            mine[...] = number
            if (mine != number).any():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
