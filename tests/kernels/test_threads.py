"""Threads change nothing but time: same bits on any number, from two Python threads at once, and in a forked child."""

import subprocess
import sys
import threading

import numpy as np
import pytest

from fastcnn.kernels import backends, geometry, threads
from fastcnn.kernels.contract import KERNELS
from tests.kernels.cases import Case, all_cases, argmax_of_noise, arrays, offered

BACKENDS = [name for name, reason in backends.available().items() if reason is None]


def _pooled_gradients(n: int, size: int, c: int, f: int) -> list[Case]:
    """Both gradients of a convolution that 2x2 max pooling follows."""
    x, w, dy = (n, size, size, c), (3, 3, c, f), (n, size // 2 - 1, size // 2 - 1, f)
    conv = {"strides": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1, "pool_size": (2, 2)}
    cells = {"argmax": lambda rng, shape, dtype: rng.integers(0, 4, shape).astype(dtype)}
    slope, dx = {"negative_slope": 0.1}, {"dy": dy, "argmax": dy, "w": w, "x": x, "dx": x}
    return [
        Case("conv2d_fused_backward_weights", {"x": x, "dy": dy, "argmax": dy, "dw": w, "db": (f,)}, conv, cells),
        Case("conv2d_fused_backward_input", dx, conv | slope, cells),
    ]


def _large_cases() -> list[Case]:
    """Shapes with work for many blocks, since kernels stay on one thread for less."""
    n, size, c, f = 3, 40, 9, 37
    padding = geometry.resolve_padding("same", (size, size), (3, 3), (1, 1))
    big, small, w = (n, size, size, c), (n, size, size, f), (3, 3, c, f)
    conv = {"strides": (1, 1), "padding": padding, "dilation": (1, 1), "groups": 1}
    pool = {"pool_size": (3, 3), "strides": (2, 2), "padding": ((0, 0), (0, 0))}
    pooled, matrix, vector = (n, 19, 19, f), (3000, 33), (33,)
    cells = {"argmax": lambda rng, shape, dtype: argmax_of_noise(rng, small, shape, pool)}
    bytes_ = {"argmax": lambda rng, shape, dtype: np.full(shape, 77, "uint8")}
    positive = {"variance": lambda rng, shape, dtype: rng.random(shape).astype(dtype) + 1}
    statistics = {"mean": vector, "variance": vector, "gamma": vector}
    return [
        Case("conv2d_forward", {"x": big, "w": w, "y": small}, conv),
        Case("conv2d_backward_input", {"dy": small, "w": w, "dx": big}, conv),
        Case("conv2d_backward_weights", {"x": big, "dy": small, "dw": w}, conv),
        *_pooled_gradients(n, size, c, f),
        *_pooled_gradients(n, size, 3, 32),
        Case("dense_forward", {"x": (33, 5000), "w": (5000, 70), "y": (33, 70)}),
        Case("dense_forward", {"x": (33, 5000), "w": (5000, 64), "y": (33, 64)}),
        Case("dense_forward", {"x": (2, 5000), "w": (5000, 70), "y": (2, 70)}),
        Case("dense_backward_input", {"dy": (33, 70), "w": (5000, 70), "dx": (33, 5000)}),
        Case("dense_backward_weights", {"x": (33, 5000), "dy": (33, 70), "dw": (5000, 70)}),
        Case("maxpool2d_forward", {"x": small, "y": pooled, "argmax": pooled}, pool, bytes_),
        Case("maxpool2d_backward", {"dy": pooled, "argmax": pooled, "dx": small}, pool, cells),
        Case("avgpool2d_backward", {"dy": pooled, "dx": small}, pool),
        Case("bias_backward", {"dy": matrix, "db": vector}),
        Case("softmax_forward", {"x": matrix, "y": matrix}),
        Case("batchnorm_statistics", {"x": matrix, "mean": vector, "variance": vector}),
        Case(
            "batchnorm_backward",
            {"x": matrix, "dy": matrix, **statistics, "dx": matrix, "dgamma": vector, "dbeta": vector},
            {"epsilon": 1e-3},
            positive,
        ),
    ]


CASES = all_cases() + _large_cases()


@pytest.fixture(autouse=True)
def _restore_threads():
    before = threads.get_num_threads()
    yield
    threads.set_num_threads(before)


def _run(backend, case: Case, dtype: str) -> list[bytes]:
    """The bits of every array of a call after it ran."""
    given = arrays(case, dtype)
    getattr(backend, case.kernel)(*given, **case.params)
    return [b"" if array is None else array.tobytes() for array in given]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kernel", sorted(KERNELS))
@pytest.mark.parametrize("name", BACKENDS)
def test_every_number_of_threads_gives_the_same_bits(name, kernel, dtype):
    backend = backends.load(name)
    if not backend.offers(kernel):
        assert KERNELS[kernel].optional
        return
    for case in (c for c in CASES if c.kernel == kernel and offered(backend, c)):
        threads.set_num_threads(1)
        expected = _run(backend, case, dtype)
        for number in (2, 3, 4):
            threads.set_num_threads(number)
            assert _run(backend, case, dtype) == expected, f"{case} on {number} threads"


@pytest.mark.parametrize("name", BACKENDS)
def test_two_python_threads_at_once_get_the_same_bits(name):
    backend = backends.load(name)
    cases = [case for case in _large_cases() if offered(backend, case)]
    threads.set_num_threads(2)
    expected = [_run(backend, case, "float32") for case in cases]
    seen: list[list[list[bytes]]] = [[], []]

    def work(slot: int) -> None:
        for _ in range(3):
            seen[slot] = [_run(backend, case, "float32") for case in cases]

    both = [threading.Thread(target=work, args=(slot,)) for slot in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert seen[0] == expected
    assert seen[1] == expected


FORK = """
import os, sys, warnings
import numpy as np
from fastcnn.kernels import backends, threads
warnings.simplefilter("ignore", DeprecationWarning)
threads.set_num_threads(2)
backend = backends.load(sys.argv[1])
rng = np.random.default_rng(0)
x, w = rng.random((64, 3000), "float32"), rng.random((3000, 64), "float32")
y, again = np.empty((64, 64), "float32"), np.empty((64, 64), "float32")
backend.dense_forward(x, w, y, None)
child = os.fork()
backend.dense_forward(x, w, again, None)
if child == 0:
    backend.dense_forward(x, w, again, None)
    os._exit(0 if np.array_equal(y, again) else 1)
_, status = os.waitpid(child, 0)
assert np.array_equal(y, again)
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="this system has no fork")
@pytest.mark.parametrize("name", BACKENDS)
def test_a_forked_child_runs_parallel_kernels(name):
    done = subprocess.run([sys.executable, "-c", FORK, name], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
