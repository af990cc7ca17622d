"""What a kernel refuses before any compiled code runs, and how backends are found."""

import importlib
from pathlib import Path

import numpy as np
import pytest

from fastcnn import switching
from fastcnn.kernels import backends, threads
from fastcnn.kernels.backends import Backend, BackendUnavailableError
from fastcnn.kernels.contract import KERNELS
from tests.helpers import BACKENDS

WINDOW = {"strides": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
POOL = {"pool_size": (2, 2), "strides": (2, 2), "padding": ((0, 0), (0, 0))}
everywhere = pytest.mark.parametrize("backend", [backends.load(name) for name in BACKENDS], ids=BACKENDS)


def conv(**changed: object) -> tuple[list, dict]:
    """Arguments of conv2d_forward that keep the contract, but for `changed`."""
    arrays = {"x": np.ones((2, 5, 6, 4), "f4"), "w": np.ones((3, 3, 4, 8), "f4"), "y": np.ones((2, 3, 4, 8), "f4")}
    arrays |= {"work": None}
    params = dict(WINDOW)
    for name, value in changed.items():
        (arrays if name in arrays else params)[name] = value
    return list(arrays.values()), params


def read_only(shape: tuple[int, ...]) -> np.ndarray:
    array = np.ones(shape, "f4")
    array.flags.writeable = False
    return array


def misaligned(shape: tuple[int, ...]) -> np.ndarray:
    return np.ones(int(np.prod(shape)) * 4 + 1, "u1")[1:].view("f4").reshape(shape)


@everywhere
def test_the_unchanged_call_runs(backend):
    arrays, params = conv()
    backend.conv2d_forward(*arrays, **params)
    np.testing.assert_array_equal(arrays[2], 36)


@everywhere
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"x": np.ones((2, 5, 6, 4), "i4")}, "conv2d_forward: x must be float32 or float64. Received: int32"),
        ({"w": np.ones((3, 3, 4, 8), "f2")}, "conv2d_forward: w must be float32 or float64. Received: float16"),
        ({"w": np.ones((3, 3, 4, 8))}, "all real arrays must have one dtype. Received: .*'w': 'float64'"),
        ({"x": [[1.0]]}, "conv2d_forward: x must be a NumPy array. Received: list"),
        ({"y": None}, "conv2d_forward: y must be a NumPy array. Received: NoneType"),
    ],
)
def test_wrong_types_raise_type_error_and_name_the_argument(backend, changed, message):
    arrays, params = conv(**changed)
    with pytest.raises(TypeError, match=message):
        backend.conv2d_forward(*arrays, **params)


@everywhere
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"x": np.ones((2, 5, 4, 6), "f4").swapaxes(2, 3)}, "x must be C-contiguous. Received strides"),
        ({"x": misaligned((2, 5, 6, 4))}, "x must be C-contiguous"),
        ({"y": read_only((2, 3, 4, 8))}, "y is written to, so it must not be read-only"),
        ({"x": np.ones((0, 5, 6, 4), "f4")}, r"x must not be empty. Received shape \(0, 5, 6, 4\)"),
        ({"x": np.ones((5, 6, 4), "f4")}, r"x must have 4 axes. Received shape \(5, 6, 4\)"),
        ({"y": np.ones((2, 3, 3, 8), "f4")}, r"expected y of shape \(2, 3, 4, 8\). Received: \(2, 3, 3, 8\)"),
        ({"w": np.ones((3, 3, 3, 8), "f4")}, "weights .* do not fit 4 input channels"),
        ({"groups": 3}, r"weights .* in 3 group\(s\) do not fit"),
        ({"groups": 0}, r"weights .* in 0 group\(s\) do not fit"),
        ({"strides": (0, 1)}, r"strides must be two integers from 1 up. Received: \(0, 1\)"),
        ({"strides": (1.0, 1)}, "strides must be two integers"),
        ({"dilation": (1, -1)}, "dilation must be two integers from 1 up"),
        ({"padding": ((0, -1), (0, 0))}, r"padding must be two integers from 0 up. Received: \(0, -1\)"),
        ({"padding": ((0, 0), (0, 0, 0))}, "padding must be two integers"),
        ({"dilation": (4, 1)}, "a window of 3x3 pixels .* does not fit an image of 5x6 pixels"),
    ],
)
def test_wrong_shapes_raise_value_error_and_name_the_argument(backend, changed, message):
    arrays, params = conv(**changed)
    with pytest.raises(ValueError, match=message):
        backend.conv2d_forward(*arrays, **params)


@everywhere
def test_pooling_refuses_padding_as_wide_as_the_window_and_a_wrong_argmax(backend):
    x, y, argmax = np.ones((1, 4, 4, 1), "f4"), np.ones((1, 3, 2, 1), "f4"), np.ones((1, 3, 2, 1), "u1")
    with pytest.raises(ValueError, match=r"padding .* must be smaller than the window \(2, 2\)"):
        backend.maxpool2d_forward(x, y, argmax, **POOL | {"padding": ((2, 0), (0, 0))})
    y, argmax = np.ones((1, 2, 2, 1), "f4"), np.ones((1, 2, 2, 1), "i4")
    with pytest.raises(TypeError, match="argmax must be uint8 for a window of"):
        backend.maxpool2d_forward(x, y, argmax, **POOL)
    with pytest.raises(ValueError, match="expected argmax of shape"):
        backend.maxpool2d_forward(x, y, np.ones((1, 2, 2, 2), "u1"), **POOL)


@everywhere
@pytest.mark.parametrize(
    ("kernel", "arrays", "params", "message"),
    [
        ("dense_forward", [(2, 3), (4, 5), (2, 5), None], {}, r"dense_forward: expected w of shape \(3, 5\)"),
        ("dense_backward_weights", [(2, 3), (3, 5), (3, 5), None], {}, r"dense_backward_weights: expected"),
        ("bias_forward", [(2, 3), (2,), (2, 3)], {}, r"bias_forward: expected b of shape \(3,\)"),
        ("add_forward", [(6,), (5,), (6,)], {}, r"add_forward: expected b of shape \(6,\)"),
        ("mean_squared_error_forward", [(2, 3), (2, 3), (3,)], {}, r"per-sample array of shape \(2,\)"),
        ("batchnorm_statistics", [(4, 3), (3,), (2,), None], {}, r"expected variance of shape \(3,\)"),
    ],
)
def test_each_shape_rule_names_kernel_and_argument(backend, kernel, arrays, params, message):
    made = [None if shape is None else np.ones(shape, "f4") for shape in arrays]
    with pytest.raises(ValueError, match=message):
        getattr(backend, kernel)(*made, **params)


@everywhere
def test_hyper_must_be_float64_of_the_kernels_length(backend):
    w, dw = np.ones(3, "f4"), np.ones(3, "f4")
    with pytest.raises(TypeError, match="sgd_update: hyper must be float64"):
        backend.sgd_update(w, dw, np.ones(2, "f4"))
    with pytest.raises(ValueError, match=r"hyper \(learning_rate decay\) of shape \(2,\)"):
        backend.sgd_update(w, dw, np.ones(3))
    np.testing.assert_array_equal(w, 1)


@everywhere
def test_too_small_work_is_refused(backend, monkeypatch):
    monkeypatch.setitem(backend._beside["dense_forward"], "work", lambda shapes, itemsize: 10)
    arrays = [np.ones((2, 3), "f4"), np.ones((3, 4), "f4"), np.ones((2, 4), "f4")]
    with pytest.raises(ValueError, match=r"dense_forward: work needs 10 elements. Received: 9"):
        backend.dense_forward(*arrays, np.ones(9, "f4"))


@everywhere
def test_every_required_kernel_is_there_and_arrays_of_other_ranks_are_viewed(backend):
    assert {name for name, kernel in KERNELS.items() if not kernel.optional} <= set(backend.raw)
    x, y = np.arange(24, dtype="f4").reshape(2, 3, 4), np.empty((2, 3, 4), "f4")
    backend.bias_forward(x, np.ones(4, "f4"), y)
    np.testing.assert_array_equal(y, x + 1)


def test_unknown_backend_names_the_known_ones():
    with pytest.raises(ValueError, match=r"unknown backend 'tpu'. Known: .*numpy"):
        switching.set_backend("tpu")


def test_unavailable_backend_says_why_and_what_can_be_used(monkeypatch):
    def fail(name: str) -> Backend:
        raise BackendUnavailableError(f"backend {name!r} cannot run here: no such device")

    monkeypatch.setattr(backends, "load", fail)
    monkeypatch.setattr(backends, "available", lambda: {"numpy": None, "other": "no"})
    with pytest.raises(BackendUnavailableError, match=r"no such device. Available: numpy"):
        switching.get_backend("numpy")


def test_missing_module_makes_a_backend_unavailable_with_the_reason(monkeypatch):
    def fail(name: str) -> object:
        raise ImportError("the compiled module is missing")

    monkeypatch.setattr(importlib, "import_module", fail)
    with pytest.raises(
        BackendUnavailableError, match="backend 'numpy' cannot run here: the compiled module is missing"
    ):
        backends.load.__wrapped__("numpy")


def test_backend_that_lacks_a_required_kernel_is_refused(monkeypatch):
    module = importlib.import_module("fastcnn.kernels.numpy_backend.dense")
    monkeypatch.delattr(module, "dense_forward")
    with pytest.raises(BackendUnavailableError, match="backend 'numpy' lacks the kernel 'dense_forward'"):
        Backend("numpy")


def test_default_backend_follows_the_environment_and_blocks_restore_it(monkeypatch):
    monkeypatch.setattr(switching, "_default", None)
    monkeypatch.setenv("FASTCNN_BACKEND", "numpy")
    assert switching.default_backend() == "numpy"
    with switching.use_backend("auto") as backend:
        assert switching.default_backend() == backend.name
    assert switching.default_backend() == "numpy"
    monkeypatch.setattr(switching, "_default", None)
    monkeypatch.setenv("FASTCNN_BACKEND", "nonsense")
    with pytest.raises(ValueError, match="unknown backend 'nonsense'"):
        switching.default_backend()


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "2"])
def test_number_of_threads_must_be_a_positive_integer(value):
    with pytest.raises(ValueError, match="set_num_threads: expected a positive integer"):
        threads.set_num_threads(value)


def test_environment_sets_the_number_of_threads(monkeypatch):
    monkeypatch.setattr(threads, "_threads", None)
    monkeypatch.setenv("FASTCNN_NUM_THREADS", "many")
    with pytest.raises(ValueError, match=r"FASTCNN_NUM_THREADS must be a positive integer. Received: 'many'"):
        threads.get_num_threads()
    monkeypatch.setenv("FASTCNN_NUM_THREADS", "3")
    assert threads.get_num_threads() == 3


@pytest.mark.parametrize("name", [name for name in BACKENDS if name != "numpy"])
def test_a_backend_that_loads_has_every_module_that_its_folder_holds(name):
    """An optional module that did not build would otherwise be missed by nobody but the clock."""
    folder = Path(backends.__file__).parent / f"{name}_backend"
    modules = {source.stem for suffix in ("py", "pyx") for source in folder.glob(f"*.{suffix}")} - {"__init__"}
    wanted = {kernel.module for kernel in KERNELS.values()} & modules
    assert len(wanted) > 8
    for module in wanted:
        importlib.import_module(f"fastcnn.kernels.{name}_backend.{module}")


@everywhere
def test_an_affine_map_needs_the_channels_that_are_wanted(backend):
    options = {"order": 1, "fill_mode": "nearest", "cval": 0.0, "scale": 1.0}
    options |= {"flip_horizontal": False, "flip_vertical": False}
    y = np.zeros((4, 4, 4), np.float32)
    with pytest.raises(ValueError, match=r"x must have at least the 4 channels of y. Received: x of shape \(4, 4, 3\)"):
        backend.image_affine(np.zeros((4, 4, 3), np.uint8), y, np.eye(2, 3), **options)
