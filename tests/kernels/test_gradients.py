"""Every backward kernel of every backend in float64: <gradient, v> against (f(x + e v) - f(x - e v)) / 2e.

f(x) is the sum of the forward kernel's output times a random cotangent, v one random direction.
"""

import inspect
from dataclasses import dataclass, field

import numpy as np
import pytest

from fastcnn.kernels import backends
from fastcnn.kernels.contract import KERNELS
from tests.helpers import BACKENDS
from tests.kernels.cases import CURVES
from tests.kernels.unfused import UNFUSED

STEP = 1e-5
# The difference quotient is off by STEP**2 times a third derivative and by a rounding of f over STEP: both below 1e-9.
LIMIT = 1e-7


@dataclass(frozen=True)
class Pair:
    """The forward kernels, run in order over arrays with the contract's names, and the kernel of their gradient.

    wrt : the input that moves; the gradient's name is "d" + wrt. out, cotangent : the output and its gradient's name.
    """

    backward: str
    forward: tuple[str, ...]
    wrt: str
    shapes: dict[str, tuple[int, ...]]
    params: dict = field(default_factory=dict)
    out: str = "y"
    cotangent: str = "dy"
    types: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.backward}-{self.wrt}-{'-'.join(str(v) for v in self.params.values())}".replace(" ", "")


CONV = {"x": (2, 7, 6, 4), "w": (3, 2, 4, 6), "y": (2, 5, 5, 6), "dy": (2, 5, 5, 6)}
GROUPED = {"x": (2, 7, 6, 4), "w": (3, 3, 2, 6), "y": (2, 4, 3, 6), "dy": (2, 4, 3, 6)}
DILATED = {"x": (1, 8, 9, 3), "w": (3, 3, 3, 33), "y": (1, 8, 9, 33), "dy": (1, 8, 9, 33)}
WINDOWS = [
    (CONV, {"strides": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}),
    (GROUPED, {"strides": (2, 2), "padding": ((1, 1), (0, 1)), "dilation": (1, 1), "groups": 2}),
    (DILATED, {"strides": (1, 1), "padding": ((2, 2), (2, 2)), "dilation": (2, 2), "groups": 1}),
]
POOL = {"x": (2, 6, 8, 3), "y": (2, 3, 4, 3), "dy": (2, 3, 4, 3), "argmax": (2, 3, 4, 3)}
OVERLAP = {"x": (2, 7, 6, 5), "y": (2, 4, 3, 5), "dy": (2, 4, 3, 5), "argmax": (2, 4, 3, 5)}
POOLS = [
    (POOL, {"pool_size": (2, 2), "strides": (2, 2), "padding": ((0, 0), (0, 0))}),
    (OVERLAP, {"pool_size": (3, 3), "strides": (2, 2), "padding": ((1, 1), (0, 1))}),
]
FLAT = {"x": (101,), "y": (101,), "dy": (101,)}
MATRIX = {"x": (7, 5), "y": (7, 5), "dy": (7, 5)}
DENSE = {"x": (5, 37), "w": (37, 9), "y": (5, 9), "dy": (5, 9)}
VECTORS = dict.fromkeys(("mean", "variance", "gamma", "beta", "dgamma", "dbeta"), (5,))
LOSS = {"logits": (6, 4), "probs": (6, 4), "predictions": (6, 4), "targets": (6, 4), "losses": (6,), "scale": (6,)}
RELUS = [(0.0, np.inf, 0.0), (0.1, np.inf, 0.0), (0.0, 1.0, 0.0), (0.2, 1.5, 0.5)]


def pairs() -> list[Pair]:
    made = []
    for shapes, params in WINDOWS:
        made.append(Pair("conv2d_backward_input", ("conv2d_forward",), "x", shapes, params))
        made.append(Pair("conv2d_backward_weights", ("conv2d_forward",), "w", shapes, params))
    for shapes, params in POOLS:
        argmax = {"types": {"argmax": "uint8"}}
        made.append(Pair("maxpool2d_backward", ("maxpool2d_forward",), "x", shapes, params, **argmax))
        made.append(Pair("maxpool2d_backward", ("minpool2d_forward",), "x", shapes, params, **argmax))
        made.append(Pair("avgpool2d_backward", ("avgpool2d_forward",), "x", shapes, params))
    made.append(Pair("dense_backward_input", ("dense_forward",), "x", DENSE))
    made.append(Pair("dense_backward_weights", ("dense_forward",), "w", DENSE))
    made.append(Pair("bias_backward", ("bias_forward",), "b", MATRIX | {"b": (5,)}))
    for values in RELUS:
        params = dict(zip(("negative_slope", "max_value", "threshold"), values, strict=True))
        made.append(Pair("relu_backward", ("relu_forward",), "x", FLAT, params))
    made.append(Pair("elu_backward", ("elu_forward",), "x", FLAT, {"alpha": 0.7}))
    made.append(Pair("sigmoid_backward", ("sigmoid_forward",), "x", FLAT))
    made.append(Pair("tanh_backward", ("tanh_forward",), "x", FLAT))
    for params in CURVES:
        made.append(Pair("curve_backward", ("curve_forward",), "x", FLAT, params))
    made.append(Pair("softmax_backward", ("softmax_forward",), "x", MATRIX))
    key = {"shapes": FLAT | {"key": (2,)}, "types": {"key": "uint32"}, "params": {"rate": 0.4}}
    made.append(Pair("dropout_forward", ("dropout_forward",), "x", **key))
    normalization = ("batchnorm_statistics", "batchnorm_normalize")
    for name in ("x", "gamma", "beta"):
        made.append(Pair("batchnorm_backward", normalization, name, MATRIX | VECTORS, {"epsilon": 1e-3}))
    penalty = {"shapes": MATRIX | {"y": (1,), "one": (1,)}, "cotangent": "one"}
    for l1, l2 in ((0.3, 0.0), (0.0, 0.2), (0.3, 0.2)):
        made.append(Pair("penalty_backward", ("penalty_forward",), "x", params={"l1": l1, "l2": l2}, **penalty))
    return made + losses()


def losses() -> list[Pair]:
    ends = {"shapes": LOSS, "out": "losses", "cotangent": "scale"}
    clip = {"epsilon": 1e-7}
    rows = [("softmax_crossentropy", "logits", {}), ("sigmoid_crossentropy", "logits", {})]
    rows += [("categorical_crossentropy", "probs", clip), ("binary_crossentropy", "probs", clip)]
    rows += [("mean_squared_error", "predictions", {})]
    return [Pair(f"{k}_backward", (f"{k}_forward",), wrt, params=params, **ends) for k, wrt, params in rows]


PAIRS = pairs()


def call(backend, kernel: str, arrays: dict, pair: Pair, **renamed: str) -> None:
    """Runs one kernel; arrays that it writes and that are not there yet are made. renamed : argument -> array."""
    spec, ordered = KERNELS[kernel], []
    accepted = inspect.signature(spec.rule).parameters
    for name, kind in spec.arrays.items():
        key = renamed.get(name, name)
        if key not in arrays and kind.direction == "out":
            like = pair.wrt if key == f"d{pair.wrt}" else key.removeprefix("d") if key[1:] in pair.shapes else key
            arrays[key] = np.empty(pair.shapes[like], pair.types.get(key, "float64"))
        ordered.append(arrays.get(key))
    getattr(backend, kernel)(*ordered, **{n: v for n, v in pair.params.items() if n in accepted})


def inputs(pair: Pair) -> dict[str, np.ndarray]:
    """Random inputs and cotangent; probabilities lie inside (0, 1)."""
    rng, made = np.random.default_rng(3), {}
    written = {n for k in pair.forward for n, kind in KERNELS[k].arrays.items() if kind.direction == "out"}
    for name, shape in pair.shapes.items():
        if name == "key":
            made[name] = rng.integers(0, 2**32, shape, dtype=np.uint32)
        elif name == "one":
            made[name] = np.ones(shape)
        elif name not in written and not name.startswith("dg") and not name.startswith("db"):
            positive = name in ("probs", "targets")
            made[name] = rng.random(shape) * 0.8 + 0.1 if positive else rng.standard_normal(shape) * 2
    return made


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("pair", PAIRS, ids=str)
def test_backward_kernel_matches_directional_derivative(pair, backend):
    kernels, given = backends.load(backend), inputs(pair)
    v = np.random.default_rng(4).standard_normal(given[pair.wrt].shape)

    def run(moved):
        arrays = given | {pair.wrt: given[pair.wrt] + moved * v}
        for kernel in pair.forward:
            call(kernels, kernel, arrays, pair)
        return arrays

    def value(moved):
        return float((run(moved)[pair.out] * given[pair.cotangent]).sum())

    arrays, gradient = run(0.0), f"d{pair.wrt}"
    if pair.backward == "dropout_forward":  # its own gradient
        call(kernels, "dropout_forward", arrays, pair, x="dy", y=gradient)
    else:
        call(kernels, pair.backward, arrays, pair)
    numeric = (value(STEP) - value(-STEP)) / (2 * STEP)
    analytic = float((arrays[gradient] * v).sum())
    scale = float(np.abs(arrays[gradient] * v).sum())
    assert scale > 0
    assert abs(analytic - numeric) <= LIMIT * scale


def test_the_table_holds_every_backward_kernel():
    """Fused ones are compared, in float64 too, with those that they stand for (test_agreement)."""
    single = {name for name in KERNELS if "_backward" in name and name not in UNFUSED}
    assert {pair.backward for pair in PAIRS} >= single
