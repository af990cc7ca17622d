"""Operations and bytes of a call: counted by hand, and there for every kernel of the contract."""

from math import prod

import pytest

from fastcnn.kernels import costs
from fastcnn.kernels.contract import KERNELS
from fastcnn.kernels.costs import cost
from tests.kernels import cases, fused_cases

CASES = cases.all_cases() + fused_cases.all_cases()
VALID = {"strides": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}


def test_every_kernel_has_a_cost():
    silent = [n for n, k in KERNELS.items() if n not in costs.FLOPS and k.module not in costs.BY_ELEMENT]
    assert silent == [], "kernels/costs.py does not say what these cost"
    assert set(costs.FLOPS) <= set(KERNELS)
    assert set(costs.BY_ELEMENT) <= {kernel.module for kernel in KERNELS.values()}


def test_a_kernel_without_a_cost_is_named(monkeypatch):
    monkeypatch.delitem(costs.FLOPS, "dense_forward")
    with pytest.raises(KeyError, match="'dense_forward'"):
        cost("dense_forward", {"x": (2, 3), "w": (3, 4), "y": (2, 4)})


def multiply_adds(size: int, window: int, stride: int, pad: int) -> int:
    """Positions of a window along one axis, found by walking."""
    return len(range(0, size + 2 * pad - window + 1, stride)) * window


@pytest.mark.parametrize(("kernel", "names"), [("forward", "xwy"), ("backward_input", ("dx", "w", "dy")),
                                               ("backward_weights", ("x", "dw", "dy"))])  # fmt: skip
@pytest.mark.parametrize(("stride", "pad", "groups"), [(1, 0, 1), (2, 1, 1), (1, 1, 2)])
def test_convolution_counts_every_product_twice(kernel, names, stride, pad, groups):
    rows, columns = multiply_adds(9, 3, stride, pad), multiply_adds(8, 2, stride, pad)
    image, weights, result = (5, 9, 8, 4), (3, 2, 4 // groups, 6), (5, rows // 3, columns // 2, 6)
    params = {"strides": (stride, stride), "padding": ((pad, pad), (pad, pad)), "dilation": (1, 1), "groups": groups}
    found = cost(f"conv2d_{kernel}", dict(zip(names, (image, weights, result), strict=True)), **params)
    assert found.flops == 2 * 5 * rows * columns * (4 // groups) * 6
    assert found.nbytes == 4 * (prod(image) + prod(weights) + prod(result))


def test_a_fused_convolution_counts_as_the_plain_one_it_stands_for():
    shapes = {"x": (2, 8, 8, 3), "w": (3, 3, 3, 5), "b": (5,), "y": (2, 3, 3, 5), "argmax": (2, 3, 3, 5)}
    plain = cost("conv2d_forward", {"x": (2, 8, 8, 3), "w": (3, 3, 3, 5), "y": (2, 6, 6, 5)}, **VALID)
    pooled = {"activation": "relu", "negative_slope": 0.0, "pool_size": (2, 2)}
    fused = cost("conv2d_fused_forward", shapes, **VALID, **pooled)
    winograd = cost("winograd_forward", shapes, padding=VALID["padding"], tile=2, **pooled)
    assert plain.flops == fused.flops == winograd.flops == 2 * 2 * 36 * 27 * 5
    assert fused.nbytes == winograd.nbytes == 4 * (2 * 64 * 3 + 135 + 5 + 90) + 90  # one byte a place of a maximum


@pytest.mark.parametrize(("dx", "products"), [(True, 2), (False, 1)])
def test_backward_and_update_of_a_dense_layer_counts_both_products_and_moves_the_weights_twice(dx, products):
    shapes = {"x": (4, 10), "dy": (4, 3), "w": (10, 3), "m": (10, 3), "v": (10, 3), "hyper": (5,)}
    found = cost("dense_backward_adam", shapes | ({"dx": (4, 10)} if dx else {}), masked=False, negative_slope=0.0)
    assert found.flops == products * 2 * 4 * 10 * 3
    assert found.nbytes == 4 * (40 + 12 + 2 * 3 * 30 + (40 if dx else 0)) + 8 * 5


def test_elementwise_kernels_count_bytes_alone_in_the_type_that_they_have():
    assert cost("add_forward", dict.fromkeys("aby", (7,)), itemsize=8) == costs.Cost(0, 3 * 7 * 8)
    window = {"pool_size": (20, 20), "strides": (20, 20), "padding": ((0, 0), (0, 0))}
    found = cost("maxpool2d_backward", {"dy": (1, 2, 2, 1), "argmax": (1, 2, 2, 1), "dx": (1, 40, 40, 1)}, **window)
    assert found == costs.Cost(0, 4 * (4 + 1600) + 4 * 4)  # 400 cells need an index of four bytes


@pytest.mark.parametrize(("cost", "seconds"), [(costs.Cost(4 * 10**9, 10**9), 2.0), (costs.Cost(0, 3 * 10**9), 0.3)])
def test_the_slower_of_arithmetic_and_memory_bounds_the_time(cost, seconds):
    assert cost.seconds(2.0, 10.0) == pytest.approx(seconds)


# without photos, of which a call says neither in shapes nor in parameters whether they are bytes or float32
PHOTOS = {name for name, k in KERNELS.items() if any(spec.dtype == "pixel" for spec in k.arrays.values())}


@pytest.mark.parametrize("name", sorted({case.kernel for case in CASES} - PHOTOS))
def test_bytes_are_those_of_the_arrays(name):
    specs = KERNELS[name].arrays.values()
    for case in (c for c in CASES if c.kernel == name):
        made = zip(specs, cases.arrays(case, "float64"), strict=True)
        expected = sum(a.nbytes * (2 if s.direction == "update" else 1) for s, a in made if a is not None)
        shapes = {argument: shape for argument, shape in case.shapes.items() if shape is not None}
        params = {argument: value for argument, value in case.params.items() if argument != "_index"}
        assert cost(name, shapes, 8, **params).nbytes == expected, str(case)
