"""Shape cases for every kernel of the contract; one list serves the agreement, bounds and determinism tests.

A case gives canonical shapes of the arrays, the parameters, and how to fill arrays that must not be plain noise.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from fastcnn.kernels import geometry
from fastcnn.kernels.contract import KERNELS, curves


@dataclass(frozen=True)
class Case:
    """One call: `shapes` by argument name (None: pass None), `fill` by argument name: fn(rng, shape, dtype)."""

    kernel: str
    shapes: dict[str, tuple[int, ...] | None]
    params: dict = field(default_factory=dict)
    fill: dict[str, Callable] = field(default_factory=dict)
    terms: int = 1  # additions behind one output element; the tolerance grows with its root
    slack: float = 1  # factor on the tolerance for algorithms that round more than direct sums do

    def __str__(self) -> str:
        sizes = "_".join("x".join(map(str, s)) if s else "none" for s in self.shapes.values())
        extra = "-".join(str(v).replace(" ", "") for v in self.params.values())
        return f"{self.kernel}-{sizes}-{extra}"


def arrays(case: Case, dtype: str, seed: int = 0) -> list[np.ndarray | None]:
    """The arguments of one call, in the contract's order; outputs are filled with NaN or 77, work is None."""
    rng = np.random.default_rng(seed)
    made: list[np.ndarray | None] = []
    for name, spec in KERNELS[case.kernel].arrays.items():
        shape = case.shapes.get(name)
        if spec.direction == "work" or shape is None:
            made.append(None)
            continue
        kind = {"real": dtype, "index": case.params.get("_index", "uint8"), "pixel": dtype}.get(spec.dtype, spec.dtype)
        if name in case.fill:
            array = case.fill[name](rng, shape, kind)
        elif spec.direction == "out":
            array = np.full(shape, 77 if np.dtype(kind).kind in "ui" else np.nan, kind)
        else:
            array = rng.standard_normal(shape).astype(kind)
        made.append(array)
    return made


def offered(backend: object, case: Case) -> bool:
    """Whether the backend takes this very call."""
    specs = KERNELS[case.kernel].arrays
    shapes = {n: specs[n].canonical_shape(s) for n, s in case.shapes.items() if s is not None}
    return backend.offers(case.kernel, shapes, **case.params)


def _padding(mode, image, kernel, strides, dilation=(1, 1)):
    return geometry.resolve_padding(mode, image, kernel, strides, dilation)


# N, (H, W), C, F, window, strides, padding, dilation, groups: tile edges +-1, odd sizes, one channel, many channels
CONVOLUTIONS = [
    (1, (1, 1), 1, 1, (1, 1), (1, 1), "valid", (1, 1), 1),
    (2, (7, 9), 3, 5, (3, 3), (1, 1), "valid", (1, 1), 1),
    (2, (7, 9), 3, 5, (3, 3), (1, 1), "same", (1, 1), 1),
    (3, (12, 13), 3, 32, (3, 3), (1, 1), "valid", (1, 1), 1),
    (2, (14, 11), 16, 33, (3, 3), (1, 1), "same", (1, 1), 1),
    (2, (9, 8), 32, 32, (3, 3), (1, 1), "valid", (1, 1), 1),
    (1, (8, 26), 8, 64, (5, 5), (1, 1), "same", (1, 1), 1),
    (2, (10, 9), 4, 20, (3, 2), (2, 1), "same", (1, 1), 1),
    (2, (11, 12), 5, 48, (3, 3), (2, 2), "valid", (1, 1), 1),
    (2, (11, 12), 5, 7, (2, 2), (3, 3), "valid", (1, 1), 1),
    (2, (15, 14), 3, 9, (7, 7), (2, 2), "same", (1, 1), 1),
    (2, (9, 10), 6, 8, (3, 3), (1, 1), "same", (2, 2), 1),
    (1, (12, 9), 4, 6, (3, 3), (1, 1), "valid", (3, 2), 1),
    (2, (6, 7), 17, 31, (1, 1), (1, 1), "valid", (1, 1), 1),
    (2, (6, 7), 8, 16, (1, 1), (2, 2), "valid", (1, 1), 1),
    (2, (8, 7), 8, 12, (3, 3), (1, 1), "same", (1, 1), 4),
    (2, (8, 7), 6, 6, (3, 3), (2, 2), "same", (1, 1), 6),
    (5, (3, 3), 130, 129, (3, 3), (1, 1), "same", (1, 1), 1),
    (4, (28, 28), 1, 32, (3, 3), (1, 1), "valid", (1, 1), 1),
    (1, (7, 150), 3, 16, (3, 3), (1, 1), "same", (1, 1), 1),
    (2, (11, 70), 7, 80, (3, 3), (2, 2), "same", (1, 1), 1),
    (1, (5, 90), 40, 9, (3, 3), (1, 1), "valid", (1, 1), 1),
]


def convolutions() -> Iterator[Case]:
    """Every convolution kernel on every row of the table."""
    for n, image, c, f, window, strides, mode, dilation, groups in CONVOLUTIONS:
        padding = _padding(mode, image, window, strides, dilation)
        oh, ow = geometry.window_output(image, window, strides, padding, dilation)
        big, small, w = (n, *image, c), (n, oh, ow, f), (*window, c // groups, f)
        params = {"strides": strides, "padding": padding, "dilation": dilation, "groups": groups}
        taps = window[0] * window[1]
        yield Case("conv2d_forward", {"x": big, "w": w, "y": small}, params, terms=taps * c)
        yield Case("conv2d_backward_input", {"dy": small, "w": w, "dx": big}, params, terms=taps * f)
        yield Case("conv2d_backward_weights", {"x": big, "dy": small, "dw": w}, params, terms=n * oh * ow)


POOLINGS = [
    (2, (8, 8), 3, (2, 2), (2, 2), "valid"),
    (3, (9, 7), 32, (2, 2), (2, 2), "valid"),
    (2, (9, 7), 5, (2, 2), (2, 2), "same"),
    (2, (10, 11), 33, (3, 3), (2, 2), "same"),
    (2, (10, 11), 4, (3, 2), (1, 1), "valid"),
    (1, (7, 6), 1, (2, 3), (3, 4), "valid"),
    (2, (20, 17), 6, (20, 17), (20, 17), "valid"),
    (2, (5, 5), 16, (1, 1), (1, 1), "valid"),
]


def poolings() -> Iterator[Case]:
    """Every pooling kernel; one input of small integers, so that ties are common."""
    for n, image, c, window, strides, mode in POOLINGS:
        padding = _padding(mode, image, window, strides)
        big, small = (n, *image, c), (n, *geometry.window_output(image, window, strides, padding), c)
        params = {"pool_size": window, "strides": strides, "padding": padding}
        index = geometry.argmax_dtype(window)
        ties = lambda rng, shape, dtype: rng.integers(-2, 3, shape).astype(dtype)
        for name in ("maxpool2d_forward", "minpool2d_forward"):
            out = {"argmax": lambda rng, shape, dtype, index=index: np.full(shape, 77, index)}
            yield Case(name, {"x": big, "y": small, "argmax": small}, params, out)
            yield Case(name, {"x": big, "y": small, "argmax": small}, params, out | {"x": ties})
            yield Case(name, {"x": big, "y": small, "argmax": None}, params)
        cells = {"argmax": lambda rng, shape, dtype, p=params, b=big: argmax_of_noise(rng, b, shape, p)}
        terms = window[0] * window[1]
        yield Case("maxpool2d_backward", {"dy": small, "argmax": small, "dx": big}, params, cells, terms)
        yield Case("avgpool2d_forward", {"x": big, "y": small}, params, terms=terms)
        yield Case("avgpool2d_backward", {"dy": small, "dx": big}, params, terms=terms)


def argmax_of_noise(rng, x_shape, y_shape, params) -> np.ndarray:
    """Cells that a real forward pass named (never one in the padding)."""
    from fastcnn.kernels import backends

    cells = np.empty(y_shape, geometry.argmax_dtype(params["pool_size"]))
    x = rng.standard_normal(x_shape)
    backends.load("numpy").maxpool2d_forward(x, np.empty(y_shape), cells, **params)
    return cells


PRODUCTS = [(1, 1, 1), (2, 3, 5), (7, 33, 31), (32, 129, 128), (13, 64, 10), (64, 300, 65), (5, 1030, 34), (130, 20, 1)]
# Inner axes that are summed in parts
LONG_PRODUCTS = [(1, 4099, 32), (2, 4100, 64), (7, 4100, 32), (32, 5003, 64), (20, 4096, 40)]
MATRICES = [(1, 1), (3, 5), (7, 33), (130, 32), (1000, 3), (513, 64), (40, 257)]
LENGTHS = [1, 7, 64, 1003, 40_000]


def products() -> Iterator[Case]:
    """Dense products around the tile sizes."""
    for n, i, u in PRODUCTS:
        x, w, y = (n, i), (i, u), (n, u)
        yield Case("dense_forward", {"x": x, "w": w, "y": y}, terms=i)
        yield Case("dense_backward_input", {"dy": y, "w": w, "dx": x}, terms=u)
        yield Case("dense_backward_weights", {"x": x, "dy": y, "dw": w}, terms=n)
    for n, i, u in LONG_PRODUCTS:
        yield Case("dense_forward", {"x": (n, i), "w": (i, u), "y": (n, u)}, terms=i)


def _positive(rng, shape, dtype):
    return rng.random(shape).astype(dtype) + np.dtype(dtype).type(0.05)


def _wide(rng, shape, dtype):
    return (rng.standard_normal(shape) * 8).astype(dtype)


def channel_kernels() -> Iterator[Case]:
    """Bias, softmax and batch normalisation over (M, C)."""
    for m, c in MATRICES:
        x, v = (m, c), (c,)
        yield Case("bias_forward", {"x": x, "b": v, "y": x})
        yield Case("bias_backward", {"dy": x, "db": v}, terms=m)
        yield Case("softmax_forward", {"x": x, "y": x}, fill={"x": _wide}, terms=c)
        yield Case("softmax_backward", {"y": x, "dy": x, "dx": x}, fill={"y": _positive}, terms=c)
        yield Case("batchnorm_statistics", {"x": x, "mean": v, "variance": v}, terms=m)
        stats = {"mean": v, "variance": v, "gamma": v}
        fill = {"variance": _positive}
        yield Case("batchnorm_normalize", {"x": x, **stats, "beta": v, "y": x}, {"epsilon": 1e-3}, fill)
        folded = {"mean": v, "variance": v, "gamma": v, "beta": v, "w_out": x, "b_out": v}
        for b in (v, None):
            yield Case("batchnorm_fold", {"w": x, "b": b, **folded}, {"epsilon": 1e-3}, fill)
        moving = {"moving_mean": v, "moving_variance": v, "mean": v, "variance": v}
        yield Case("batchnorm_update", moving, {"momentum": 0.9})
        grads = {"x": x, "dy": x, **stats, "dx": x, "dgamma": v, "dbeta": v}
        yield Case("batchnorm_backward", grads, {"epsilon": 1e-3}, fill, terms=m)


PARAMETERS = {  # of the curves that have some: alpha, beta
    "selu": (1.67, 1.05),
    "celu": (0.7, 0.0),
    "hard_sigmoid": (0.2, 0.5),
    "hard_silu": (1 / 6, 0.5),
    "hard_tanh": (-1.0, 1.5),
    "hard_shrink": (0.5, 0.0),
    "soft_shrink": (0.7, 0.0),
    "squareplus": (4.0, 0.0),
    "threshold": (0.3, -0.2),
}
CURVES = [
    dict(zip(("curve", "alpha", "beta"), (name, *PARAMETERS.get(name, (0.0, 0.0))), strict=True))
    for name in curves.CURVES
]


def element_kernels() -> Iterator[Case]:
    """Kernels over flat arrays."""
    relus = [(0.0, np.inf, 0.0), (0.1, np.inf, 0.0), (0.0, 6.0, 0.0), (0.2, 1.5, 0.5)]
    for length in LENGTHS:
        s = (length,)
        yield Case("add_forward", {"a": s, "b": s, "y": s})
        yield Case("scale_forward", {"x": s, "y": s}, {"scale": 1 / 255, "offset": -0.5})
        for slope, top, threshold in relus:
            params = {"negative_slope": slope, "max_value": top, "threshold": threshold}
            yield Case("relu_forward", {"x": s, "y": s}, params)
            yield Case("relu_backward", {"y": s, "dy": s, "dx": s}, params)
        yield Case("elu_forward", {"x": s, "y": s}, {"alpha": 0.7}, {"x": _wide})
        yield Case("elu_backward", {"y": s, "dy": s, "dx": s}, {"alpha": 0.7})
        for name in ("sigmoid", "tanh"):
            yield Case(f"{name}_forward", {"x": s, "y": s}, fill={"x": _wide})
            yield Case(f"{name}_backward", {"y": s, "dy": s, "dx": s})
        for params in CURVES:
            yield Case("curve_forward", {"x": s, "y": s}, params, {"x": _wide})
            yield Case("curve_backward", {"x": s, "dy": s, "dx": s}, params, {"x": _wide})
        key = lambda rng, shape, dtype: rng.integers(0, 2**32, shape, dtype=np.uint32)
        for rate in (0.25, 0.5, 1.0):
            yield Case("dropout_forward", {"x": s, "y": s, "key": (2,)}, {"rate": rate}, {"key": key})


def loss_kernels() -> Iterator[Case]:
    """Losses and their gradients over (N, C)."""
    for n, c in [(1, 1), (3, 10), (32, 1), (33, 7), (128, 10), (5, 1000)]:
        p, s = (n, c), (n,)
        probabilities = {"probs": _positive, "targets": lambda r, sh, d: r.random(sh).astype(d)}
        for name in ("softmax", "sigmoid"):
            fill = {"logits": _wide, "targets": probabilities["targets"]}
            shapes = {"logits": p, "targets": p, "probs": p, "losses": s}
            yield Case(f"{name}_crossentropy_forward", shapes, fill=fill, terms=c)
            shapes = {"probs": p, "targets": p, "scale": s, "dlogits": p}
            yield Case(f"{name}_crossentropy_backward", shapes, fill=probabilities, terms=c)
        for name in ("categorical", "binary"):
            params = {"epsilon": 1e-7}
            kernel = f"{name}_crossentropy"
            yield Case(f"{kernel}_forward", {"probs": p, "targets": p, "losses": s}, params, probabilities, c)
            shapes = {"probs": p, "targets": p, "scale": s, "dprobs": p}
            yield Case(f"{kernel}_backward", shapes, params, probabilities, c)
        yield Case("mean_squared_error_forward", {"predictions": p, "targets": p, "losses": s}, terms=c)
        shapes = {"predictions": p, "targets": p, "scale": s, "dpredictions": p}
        yield Case("mean_squared_error_backward", shapes)


def _hyper(*values):
    return {"hyper": lambda rng, shape, dtype: np.array(values)}


def optimizer_kernels() -> Iterator[Case]:
    """Updates, with and without their optional slots."""
    for length in LENGTHS:
        s = (length,)
        w = {"w": s, "dw": s}
        yield Case("sgd_update", w | {"hyper": (2,)}, fill=_hyper(0.1, 0.01))
        for nesterov in (False, True):
            shapes = w | {"velocity": s, "hyper": (3,)}
            yield Case("momentum_update", shapes, {"nesterov": nesterov}, _hyper(0.1, 0.9, 0.0))
        for mean, velocity in ((None, None), (s, None), (None, s), (s, s)):
            fill = _hyper(0.01, 0.9, 0.8, 1e-7, 0.001) | {"square": lambda r, sh, d: (r.random(sh) + 2).astype(d)}
            fill |= {"mean": lambda r, sh, d: r.random(sh).astype(d)}
            yield Case(
                "rmsprop_update", w | {"square": s, "mean": mean, "velocity": velocity, "hyper": (5,)}, fill=fill
            )
        for vmax in (None, s):
            fill = _hyper(0.01, 0.9, 0.999, 1e-7, 0.001) | {"v": _positive, "vmax": _positive}
            yield Case("adam_update", w | {"m": s, "v": s, "vmax": vmax, "hyper": (5,)}, fill=fill)


def image_kernels() -> Iterator[Case]:
    """Affine maps: fill modes, orders, flips, types, photos of 1 to 5 channels of which as many or fewer are wanted.

    The last matrices: whole pixels, an upright zoom, steps of many pixels.
    """
    matrices = [
        [[1, 0, 0], [0, 1, 0]],
        [[0.9, 0.2, 1.3], [-0.25, 1.1, -2.7]],
        [[-1.7, 0.6, 40.2], [0.4, 2.3, -31.0]],
        [[1, 0, -2], [0, 1, 3]],
        [[0.8, 0, 1.5], [0, 1.3, -4.25]],
        [[8, -7.5, 3.0], [6.5, 8, 2.0]],
    ]
    modes = ("nearest", "constant", "reflect", "wrap")
    sizes = [((24, 31, 3), (24, 31)), ((17, 16, 1), (20, 9)), ((1, 5, 3), (6, 6)), ((29, 53, 4), (35, 70))]
    sizes += [((7, 1, 3), (5, 33)), ((1, 1, 4), (2, 18)), ((40, 40, 2), (33, 32)), ((19, 37, 5), (20, 40))]
    for (size, out), (number, matrix), mode in product(sizes, enumerate(matrices), modes):
        channels = {4: 3 + number % 2, 5: 1 + number}.get(size[2], size[2])
        params = {"order": (number + len(mode)) % 2, "fill_mode": mode, "cval": 3.5}
        flips = {"flip_horizontal": number % 2 == 1, "flip_vertical": number == 2, "scale": 1 / 255}
        place = {"matrix": lambda r, s, d, m=matrix: np.array(m, dtype=np.float64)}
        photo = {"x": lambda r, s, d: r.integers(0, 256, s).astype("uint8")}
        floats = {"x": lambda r, s, d: (r.random(s) * 255).astype("float32")}
        shapes = {"x": size, "y": (*out, min(channels, size[2])), "matrix": (2, 3)}
        for fill, order in ((photo, 0), (photo, 1), (floats, params["order"])):
            yield Case("image_affine", shapes, params | {"order": order} | flips, place | fill)
    wide = {"x": (20, 1500, 3), "y": (18, 1100, 3), "matrix": (2, 3)}  # more than one strip of columns
    place = {"matrix": lambda r, s, d: np.array(matrices[1], dtype=np.float64)}
    yield Case("image_affine", wide, params | flips, photo | place)


def all_cases() -> list[Case]:
    """Every case of every kernel, optional ones too."""
    from tests.kernels import depthwise_cases, fused_cases, image_cases, update_cases  # they build on this module

    groups = (convolutions, poolings, products, channel_kernels, element_kernels, loss_kernels, optimizer_kernels)
    return [case for group in (*groups, image_kernels) for case in group()] + [
        *fused_cases.all_cases(),
        *depthwise_cases.all_cases(),
        *update_cases.all_cases(),
        *image_cases.tones(),
        *image_cases.resampled(),
    ]
