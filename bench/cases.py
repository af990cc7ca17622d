"""The kernel calls that are timed: shapes of the networks people train, and a smaller twin for the check."""

from math import prod

import numpy as np

from bench.case import Case, Shape
from fastcnn.kernels.geometry import resolve_padding, window_output

# --- convolutions ------------------------------------------------------------------------------------------------

CONVOLUTIONS = [  # N, side, C, F, window, padding
    (16, 66, 32, 32, 3, "valid"),
    (16, 34, 64, 64, 3, "valid"),
    (8, 256, 3, 32, 3, "valid"),
    (16, 15, 128, 128, 3, "same"),
    (16, 32, 64, 64, 5, "same"),
    (32, 28, 1, 32, 3, "valid"),
]


def _convolution(n: int, side: int, c: int, f: int, window: int, mode: str) -> list[Case]:
    pair = (window, window)
    padding = resolve_padding(mode, (side, side), pair, (1, 1))
    out, out_side = {}, window_output((side, side), pair, (1, 1), padding)
    params = {"strides": (1, 1), "padding": padding, "dilation": (1, 1), "groups": 1}
    for images in (n, 1):
        big, small, w = (images, side, side, c), (images, *out_side, f), (*pair, c, f)
        out[images] = {
            "conv2d_forward": {"x": big, "w": w, "y": small},
            "conv2d_backward_input": {"dy": small, "w": w, "dx": big},
            "conv2d_backward_weights": {"x": big, "dy": small, "dw": w},
        }
    terms = {"conv2d_forward": c, "conv2d_backward_input": f, "conv2d_backward_weights": prod(out_side)}
    label = f"{n}x{side}x{side}x{c} F{f} {window}x{window} {mode}"
    return [
        Case(name, label, shapes, out[1][name], params, terms=terms[name] * prod(pair))
        for name, shapes in out[n].items()
        if c > 3 or name != "conv2d_backward_input"  # nobody wants the gradient of a photo
    ]


def convolutions() -> list[Case]:
    """Forward, gradient of the input, gradient of the weights."""
    return [case for row in CONVOLUTIONS for case in _convolution(*row)]


FUSED = [  # N, side, C, F, padding, side of the pooling window; 3x3, bias, relu
    (32, 256, 3, 32, "valid", 2),
    (16, 66, 32, 32, "valid", 2),
    (64, 32, 3, 32, "same", 1),
    (128, 28, 1, 32, "valid", 1),
    (1, 62, 3, 32, "valid", 2),
    (1, 31, 32, 32, "valid", 2),
]


def fused_convolutions() -> list[Case]:
    """Convolution, bias, max pooling and relu in one pass."""
    made = []
    for n, side, c, f, mode, pool in FUSED:
        padding = resolve_padding(mode, (side, side), (3, 3), (1, 1))
        out_side = window_output((side, side), (3, 3), (1, 1), padding)[0] // pool
        params = {"strides": (1, 1), "padding": padding, "dilation": (1, 1), "groups": 1, "pool_size": (pool, pool)}
        params |= {"activation": "relu", "negative_slope": 0.0}
        shapes = {}
        for images in (n, 1):
            y = (images, out_side, out_side, f)
            shapes[images] = {"x": (images, side, side, c), "w": (3, 3, c, f), "b": (f,), "y": y}
            if pool > 1:
                shapes[images]["argmax"] = y
        label = f"{n}x{side}x{side}x{c} F{f} 3x3 {mode}" + f" pool {pool}" * (pool > 1)
        made.append(Case("conv2d_fused_forward", label, shapes[n], shapes[1], params, terms=9 * c))
    return made


POOLED = [  # N, side, C, F: layers of the tutorial, cats/dogs, mnist_cnn, cifar10_cnn; 3x3 "valid", 2x2 pooling
    (32, 256, 3, 32),
    (32, 64, 3, 32),
    (32, 31, 32, 32),
    (128, 26, 32, 64),
    (64, 32, 32, 32),
]


def pooled_gradients() -> list[Case]:
    """Gradients of a pooled convolution."""
    made = []
    for n, side, c, f in POOLED:
        out_side = (side - 2) // 2
        params = {"strides": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1, "pool_size": (2, 2)}
        label = f"{n}x{side}x{side}x{c} F{f} 3x3 pool 2"
        shapes = {}
        for images in (n, 1):
            x, w, dy = (images, side, side, c), (3, 3, c, f), (images, out_side, out_side, f)
            shapes[images] = [
                {"x": x, "dy": dy, "argmax": dy, "dw": w},
                {"dy": dy, "argmax": dy, "w": w, "x": x, "dx": x},
            ]
        made.append(Case("conv2d_fused_backward_weights", label, shapes[n][0], shapes[1][0], params))
        if c > 3:  # nobody wants the gradient of a photo
            params = params | {"negative_slope": 0.0}
            made.append(Case("conv2d_fused_backward_input", label, shapes[n][1], shapes[1][1], params))
    return made


WINOGRADS = [  # N, side, C, F, padding: layers of mnist_cnn, cifar10_cnn, VGG, and of one image
    (128, 26, 32, 64, "valid"),
    (64, 15, 64, 64, "valid"),
    (64, 32, 64, 64, "same"),
    (64, 16, 128, 128, "same"),
    (64, 8, 256, 256, "same"),
    (1, 32, 32, 32, "same"),
]


def winograds() -> list[Case]:
    """Winograd's convolution with bias and relu, and its gradients, by both tiles."""
    made = []
    for n, side, c, f, mode in WINOGRADS:
        padding = resolve_padding(mode, (side, side), (3, 3), (1, 1))
        x, y, w = (n, side, side, c), (n, *window_output((side, side), (3, 3), (1, 1), padding), f), (3, 3, c, f)
        relu, slope = {"activation": "relu", "negative_slope": 0.0}, {"negative_slope": 0.0}
        for tile in (2, 4):
            how = {"padding": padding, "tile": tile, "pool_size": (1, 1)}
            label = f"{n}x{side}x{side}x{c} F{f} {mode} tile {tile}"
            for name, shapes, params in (
                ("winograd_forward", {"x": x, "w": w, "b": (f,), "y": y}, how | relu),
                ("winograd_backward_input", {"dy": y, "w": w, "x": x, "dx": x}, how | slope),
                ("winograd_backward_weights", {"x": x, "dy": y, "dw": w}, how),
            ):
                made.append(Case(name, label, shapes, shapes, params))
    return made


# --- dense -------------------------------------------------------------------------------------------------------

PRODUCTS = [(128, 9216, 128), (64, 2304, 512), (32, 516128, 128)]  # N, I, U


def products() -> list[Case]:
    """Dense forward and both gradients."""
    made = []
    for n, i, u in PRODUCTS:
        shapes = {}
        for m in (n, 8):
            x, w, y = (m, i), (i, u), (m, u)
            shapes[m] = [{"x": x, "w": w, "y": y}, {"dy": y, "w": w, "dx": x}, {"x": x, "dy": y, "dw": w}]
        names = ("dense_forward", "dense_backward_input", "dense_backward_weights")
        for name, big, small, terms in zip(names, shapes[n], shapes[8], (i, u, n), strict=True):
            made.append(Case(name, f"{n}x{i}x{u}", big, small, terms=terms))
    return made


FEW = [(1, 516128, 128), (4, 516128, 128), (1, 9216, 128), (1, 2304, 512), (1, 4096, 10)]  # predictions


def fused_products() -> list[Case]:
    """Forward with bias and relu, few samples too; both gradients, relu's mask and Adam's update in one pass."""
    made, relu = [], {"activation": "relu", "negative_slope": 0.0}
    for n, i, u in (*PRODUCTS, *FEW):
        shapes = {"x": (n, i), "w": (i, u), "b": (u,), "y": (n, u)}
        made.append(Case("dense_fused_forward", f"{n}x{i}x{u}", shapes, shapes, relu, terms=i))
    masked, hyper = {"masked": True, "negative_slope": 0.0}, {"hyper": np.array((1e-3, 0.9, 0.999, 1e-7, 0.0))}
    for n, i, u in (*PRODUCTS, (32, 6272, 128)):
        shapes = {"x": (n, i), "dy": (n, u), "dx": (n, i), **dict.fromkeys(("w", "m", "v"), (i, u)), "hyper": (5,)}
        label = f"{n}x{i}x{u}"
        made.append(Case("dense_backward_adam", label, shapes, shapes, masked, fill=hyper, positive=("v",), terms=u))
    return made


# --- everything that memory bounds ---------------------------------------------------------------------------------


def poolings() -> list[Case]:
    """2x2 max pooling of the tutorial's first layer."""
    params = {"pool_size": (2, 2), "strides": (2, 2), "padding": ((0, 0), (0, 0))}
    label, made = "32x254x254x32", {}
    for n in (32, 1):
        x, y = (n, 254, 254, 32), (n, 127, 127, 32)
        made[n] = [{"x": x, "y": y, "argmax": y}, {"dy": y, "argmax": y, "dx": x}]
    names = ("maxpool2d_forward", "maxpool2d_backward")
    return [Case(name, label, big, small, params) for name, big, small in zip(names, made[32], made[1], strict=True)]


def _flat(kernel: str, label: str, names: str, size: Shape, small: Shape, more: dict | None = None, **kw) -> Case:
    """A kernel whose arrays `names` are all alike; `more` are shapes of the others."""
    more = more or {}
    return Case(
        kernel, label, dict.fromkeys(names.split(), size) | more, dict.fromkeys(names.split(), small) | more, **kw
    )


def elementwise() -> list[Case]:
    """ReLU, bias gradient, batch normalisation, dropout."""
    relu = {"negative_slope": 0.0, "max_value": float("inf"), "threshold": 0.0}
    image, part, c = (64 * 32 * 32, 64), (1024, 64), {"mean": (64,), "variance": (64,)}
    size, label = (64 * 32 * 32 * 64,), "64x32x32x64"
    key = np.array([7, 11], np.uint32)
    scale = c | {"gamma": (64,)}
    ones = {"variance": np.full(64, 0.5, np.float32)}
    return [
        _flat("relu_forward", label, "x y", size, (65536,), params=relu),
        _flat("relu_backward", label, "y dy dx", size, (65536,), params=relu),
        _flat("bias_backward", label, "dy", image, part, {"db": (64,)}, terms=1024),
        _flat("batchnorm_statistics", label, "x", image, part, c, terms=1024),
        _flat("batchnorm_normalize", label, "x y", image, part, scale | {"beta": (64,)}, params={"epsilon": 1e-3},
              fill=ones),
        _flat("batchnorm_backward", label, "x dy dx", image, part, scale | {"dgamma": (64,), "dbeta": (64,)},
              params={"epsilon": 1e-3}, fill=ones, terms=1024),
        _flat("dropout_forward", label, "x y", size, (65536,), {"key": (2,)}, params={"rate": 0.5}, fill={"key": key}),
    ]  # fmt: skip


def optimizers() -> list[Case]:
    """Updates of the tutorial's dense layer and of one that fits the cache."""
    made = []
    for count in (66_064_384, 1_000_000):
        label = f"{count / 1e6:.0f}M"
        for kernel, names, hyper in (
            ("adam_update", "w dw m v", (1e-3, 0.9, 0.999, 1e-7, 0.0)),
            ("rmsprop_update", "w dw square", (1e-3, 0.9, 0.0, 1e-7, 0.0)),
            ("sgd_update", "w dw", (1e-2, 0.0)),
        ):
            fill = {"hyper": np.array(hyper)}
            more, squares = {"hyper": (len(hyper),)}, ("v", "square")
            made.append(_flat(kernel, label, names, (count,), (100_000,), more, fill=fill, positive=squares))
    return made


def losses() -> list[Case]:
    """Cross-entropies with their activation, forward and backward."""
    made = []
    for name, classes in (("softmax", 10), ("sigmoid", 1)):
        x, label = (128, classes), f"128x{classes}"
        forward = dict.fromkeys(["logits", "targets", "probs"], x) | {"losses": (128,)}
        backward = dict.fromkeys(["probs", "targets", "dlogits"], x) | {"scale": (128,)}
        made.append(Case(f"{name}_crossentropy_forward", label, forward, forward))
        made.append(Case(f"{name}_crossentropy_backward", label, backward, backward))
    return made


def images() -> list[Case]:
    """One photo: shear, zoom and flip, or rescale only."""
    shear = np.array([[0.95, 0.12, -3.0], [0.08, 1.07, 5.0]])
    plain = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    shapes = {"x": (256, 256, 3), "y": (256, 256, 3), "matrix": (2, 3)}
    params = {"order": 1, "fill_mode": "nearest", "cval": 0.0, "flip_vertical": False, "scale": 1 / 255}
    return [
        Case("image_affine", f"256x256x3 {label}", shapes, shapes, params | {"flip_horizontal": flip}, {"matrix": m})
        for label, m, flip in (("shear zoom flip", shear, True), ("rescale", plain, False))
    ]


def all_cases() -> list[Case]:
    """Every row of the table."""
    groups = (
        convolutions,
        fused_convolutions,
        pooled_gradients,
        winograds,
        products,
        fused_products,
        poolings,
        elementwise,
        losses,
        optimizers,
        images,
    )
    return [case for group in groups for case in group()]
