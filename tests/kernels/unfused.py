"""What the fused kernels stand for, spelt out in NumPy's single kernels."""

import numpy as np

from fastcnn.kernels import backends, geometry

NUMPY = backends.load("numpy")
WINDOW = ("strides", "padding", "dilation", "groups")
POOLED = ("conv2d_fused", "winograd")


def window(params: dict) -> dict:
    """The convolution's parameters; Winograd's are those of one kind of window."""
    plain = {"strides": (1, 1), "dilation": (1, 1), "groups": 1}
    return {name: params[name] if name in params else plain[name] for name in WINDOW}


def pooling(params: dict) -> dict:
    size = params["pool_size"]
    return {"pool_size": size, "strides": size, "padding": ((0, 0), (0, 0))}


def relu(slope: float) -> dict:
    return {"negative_slope": slope, "max_value": np.inf, "threshold": 0.0}


def full_size(x: np.ndarray, w: np.ndarray, params: dict) -> np.ndarray:
    how = window(params)
    size = geometry.window_output(x.shape[1:3], w.shape[:2], how["strides"], how["padding"], how["dilation"])
    return np.empty((x.shape[0], *size, w.shape[3]), x.dtype)


def conv2d_forward(a: dict, params: dict) -> None:
    full = full_size(a["x"], a["w"], params)
    NUMPY.conv2d_forward(a["x"], a["w"], full, None, **window(params))
    if a["b"] is not None:
        NUMPY.bias_forward(full, a["b"], full)
    NUMPY.maxpool2d_forward(full, a["y"], a["argmax"], **pooling(params))
    if params["activation"] == "relu":
        NUMPY.relu_forward(a["y"], a["y"], **relu(params["negative_slope"]))


def unpooled(a: dict, x: np.ndarray, w: np.ndarray, params: dict) -> np.ndarray:
    if a["argmax"] is None:
        return a["dy"]
    full = full_size(x, w, params)
    NUMPY.maxpool2d_backward(a["dy"], a["argmax"], full, **pooling(params))
    return full


def conv2d_backward_input(a: dict, params: dict) -> None:
    dy = unpooled(a, a["dx"], a["w"], params)
    NUMPY.conv2d_backward_input(dy, a["w"], a["dx"], None, **window(params))
    if a["x"] is not None:
        NUMPY.relu_backward(a["x"], a["dx"], a["dx"], **relu(params["negative_slope"]))


def conv2d_backward_weights(a: dict, params: dict) -> None:
    dy = unpooled(a, a["x"], a["dw"], params)
    NUMPY.conv2d_backward_weights(a["x"], dy, a["dw"], None, **window(params))
    if a.get("db") is not None:
        NUMPY.bias_backward(a["dy"], a["db"], None)


def dense_forward(a: dict, params: dict) -> None:
    NUMPY.dense_forward(a["x"], a["w"], a["y"], None)
    if a["b"] is not None:
        NUMPY.bias_forward(a["y"], a["b"], a["y"])
    if params["activation"] == "relu":
        NUMPY.relu_forward(a["y"], a["y"], **relu(params["negative_slope"]))


def depthwise(kernel: str, a: dict, params: dict) -> None:
    """conv2d's kernel in as many groups as w says; then, forward, bias and activation."""
    how = {name: params[name] for name in ("strides", "padding", "dilation")}
    arrays = [array for name, array in a.items() if name != "b"]
    image, weights = (next(a[name] for name in (key, "d" + key) if name in a) for key in ("x", "w"))
    getattr(NUMPY, f"conv2d_{kernel}")(*arrays, **how, groups=image.shape[3] // weights.shape[2])
    if a.get("b") is not None:
        NUMPY.bias_forward(a["y"], a["b"], a["y"])
    if params.get("activation") == "relu":
        NUMPY.relu_forward(a["y"], a["y"], **relu(params["negative_slope"]))


def batchnorm_normalize(a: dict, params: dict) -> None:
    full = np.empty_like(a["x"])
    vectors = [a[name] for name in ("mean", "variance", "gamma", "beta")]
    NUMPY.batchnorm_normalize(a["x"], *vectors, full, epsilon=params["epsilon"])
    NUMPY.maxpool2d_forward(full, a["y"], a["argmax"], **pooling(params))
    if params["activation"] == "relu":
        NUMPY.relu_forward(a["y"], a["y"], **relu(params["negative_slope"]))


def batchnorm_backward(a: dict, params: dict) -> None:
    full, dy = np.empty_like(a["x"]), np.empty_like(a["x"])
    vectors = [a[name] for name in ("mean", "variance", "gamma")]
    NUMPY.batchnorm_normalize(a["x"], *vectors, a["beta"], full, epsilon=params["epsilon"])
    if a["argmax"] is not None:
        NUMPY.maxpool2d_backward(a["dy"], a["argmax"], dy, **pooling(params))
    else:
        dy[:] = a["dy"]
    if params["activation"] == "relu":  # the order of the two does not matter: what no window chose is 0
        NUMPY.relu_backward(full, dy, dy, **relu(params["negative_slope"]))
    made = np.empty_like(dy)
    NUMPY.batchnorm_backward(a["x"], dy, *vectors, made, a["dgamma"], a["dbeta"], None, epsilon=params["epsilon"])
    NUMPY.relu_backward(a["x"], made, a["dx"], **relu(params["input_slope"]))


def relu_dropout_backward(a: dict, params: dict) -> None:
    NUMPY.scale_forward(a["dy"], a["dx"], scale=1 / (1 - params["rate"]), offset=0.0)
    NUMPY.relu_backward(a["y"], a["dx"], a["dx"], **relu(0.0))


SLOTS = {"sgd": (), "momentum": ("velocity",), "rmsprop": ("square", "mean", "velocity"), "adam": ("m", "v", "vmax")}


def dense_backward(a: dict, params: dict, optimizer: str) -> None:
    params = dict(params)
    masked, slope = params.pop("masked"), params.pop("negative_slope")
    if a["dx"] is not None:
        NUMPY.dense_backward_input(a["dy"], a["w"], a["dx"], None)
        if masked:
            NUMPY.relu_backward(a["x"], a["dx"], a["dx"], **relu(slope))
    dw = np.empty_like(a["w"])
    NUMPY.dense_backward_weights(a["x"], a["dy"], dw, None)
    slots = [a[name] for name in SLOTS[optimizer]]
    getattr(NUMPY, f"{optimizer}_update")(a["w"], dw, *slots, a["hyper"], **params)


UNFUSED = {
    "conv2d_fused_forward": conv2d_forward,
    "conv2d_fused_backward_input": conv2d_backward_input,
    "conv2d_fused_backward_weights": conv2d_backward_weights,
    "winograd_forward": conv2d_forward,
    "winograd_backward_input": conv2d_backward_input,
    "winograd_backward_weights": conv2d_backward_weights,
    "dense_fused_forward": dense_forward,
    "relu_dropout_backward": relu_dropout_backward,
    "batchnorm_fused_normalize": batchnorm_normalize,
    "batchnorm_fused_backward": batchnorm_backward,
}
for _name in SLOTS:
    UNFUSED[f"dense_backward_{_name}"] = lambda a, params, name=_name: dense_backward(a, params, name)
for _name in ("forward", "backward_input", "backward_weights"):
    UNFUSED[f"depthwise_conv2d_{_name}"] = lambda a, params, name=_name: depthwise(name, a, params)
