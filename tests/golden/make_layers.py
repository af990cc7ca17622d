"""Writes layers.npz: outputs and gradients of single layers, computed by Keras. See README.md for the keys."""

from common import as_json, save  # isort: skip  (sets Keras's environment, so it comes first)

import keras
import numpy as np
import tensorflow as tf

ACTIVATIONS = ("relu", "sigmoid", "tanh", "elu", "leaky_relu", "softmax", "linear")


def conv2d_cases() -> list[tuple]:
    """(class_name, kwargs, input_shape) of Conv2D: every option, odd and even sizes, few and many channels."""

    def case(shape, filters, kernel_size, **kwargs):
        return ("Conv2D", {"filters": filters, "kernel_size": kernel_size, **kwargs}, shape)

    shapes = [
        case((7, 9, 3), 4, 3),
        case((8, 8, 3), 4, 3, padding="same"),
        case((8, 6, 1), 5, 1),
        case((6, 5, 4), 3, 2),
        case((6, 5, 4), 3, 2, padding="same"),
        case((9, 7, 2), 3, 5),
        case((9, 7, 2), 3, 5, padding="same"),
        case((7, 8, 3), 4, [3, 2]),
        case((7, 8, 3), 4, [3, 2], padding="same"),
        case((3, 3, 8), 6, 3),
        case((2, 3, 2), 3, 5, padding="same"),
        case((5, 8, 3), 33, 3),
        case((3, 14, 5), 40, 3, padding="same"),
        case((4, 5, 16), 32, 3),
    ]
    strides = [
        case((8, 8, 3), 4, 3, strides=2),
        case((8, 8, 3), 4, 3, strides=2, padding="same"),
        case((9, 7, 3), 4, 3, strides=2),
        case((9, 7, 3), 4, 3, strides=2, padding="same"),
        case((9, 8, 2), 3, 3, strides=[2, 1]),
        case((9, 8, 2), 3, 3, strides=[2, 1], padding="same"),
        case((7, 7, 2), 3, 1, strides=2, padding="same"),
        case((8, 9, 2), 3, 2, strides=3, padding="same"),
        case((11, 10, 2), 3, 5, strides=2, padding="same"),
    ]
    others = [
        case((9, 8, 2), 3, 3, dilation_rate=2),
        case((9, 8, 2), 3, 3, dilation_rate=2, padding="same"),
        case((8, 9, 2), 3, [2, 3], dilation_rate=[1, 2], padding="same"),
        case((6, 7, 3), 4, 3, use_bias=False),
        case((6, 7, 3), 4, 3, use_bias=False, padding="same", activation="relu"),
        case((8, 8, 3), 32, 3, activation="relu"),
    ]
    return shapes + strides + others + [case((5, 6, 2), 3, 3, activation=name) for name in ACTIVATIONS]


def depthwise_cases() -> list[tuple]:
    """(class_name, kwargs, input_shape) of DepthwiseConv2D and SeparableConv2D: every option."""

    def case(shape, kernel_size, **kwargs):
        return ("DepthwiseConv2D", {"kernel_size": kernel_size, **kwargs}, shape)

    def separable(shape, filters, kernel_size, **kwargs):
        return ("SeparableConv2D", {"filters": filters, "kernel_size": kernel_size, **kwargs}, shape)

    return [
        case((7, 9, 3), 3),
        case((8, 8, 5), 3, padding="same", activation="relu"),
        case((9, 7, 33), 3, strides=2, padding="same"),
        case((8, 7, 17), [3, 2], use_bias=False),
        case((7, 6, 4), 5, padding="same", depth_multiplier=2),
        case((9, 8, 3), 3, strides=2, depth_multiplier=3, activation="sigmoid"),
        case((9, 8, 6), 3, dilation_rate=2, padding="same"),
        case((8, 6, 1), 3, depth_multiplier=4),
        separable((7, 9, 3), 4, 3),
        separable((8, 8, 16), 5, 3, padding="same", activation="relu"),
        separable((9, 7, 4), 6, 3, strides=2, padding="same", use_bias=False),
        separable((7, 6, 4), 3, 5, padding="same", depth_multiplier=2, activation="elu"),
        separable((9, 8, 6), 2, [3, 2], dilation_rate=2),
    ]


def dense_cases() -> list[tuple]:
    """(class_name, kwargs, input_shape) of Dense on vectors and on rows of a 3-D input."""
    activations = [("Dense", {"units": 4, "activation": name}, (6,)) for name in ACTIVATIONS]
    return activations + [
        ("Dense", {"units": 1, "activation": "sigmoid"}, (37,)),
        ("Dense", {"units": 33}, (17,)),
        ("Dense", {"units": 5, "use_bias": False}, (8,)),
        ("Dense", {"units": 5}, (4, 3)),
        ("Dense", {"units": 5, "activation": "softmax"}, (4, 3)),
        ("Dense", {"units": 5, "use_bias": False, "activation": "relu"}, (4, 3)),
    ]


def pooling_cases() -> list[tuple]:
    """(class_name, kwargs, input_shape) of the pooling layers."""
    cases = []
    for name in ("MaxPooling2D", "AveragePooling2D"):
        cases += [
            (name, {"pool_size": 2}, (6, 8, 3)),
            (name, {"pool_size": 2}, (7, 5, 3)),
            (name, {"pool_size": 2, "padding": "same"}, (7, 5, 3)),
            (name, {"pool_size": 3}, (7, 8, 2)),
            (name, {"pool_size": 3, "padding": "same"}, (7, 8, 2)),
            (name, {"pool_size": 3, "strides": 2}, (9, 8, 2)),
            (name, {"pool_size": 3, "strides": 2, "padding": "same"}, (9, 8, 2)),
            (name, {"pool_size": 3, "strides": 1, "padding": "same"}, (4, 5, 2)),
            (name, {"pool_size": 2, "strides": 3}, (8, 9, 2)),
            (name, {"pool_size": 2, "strides": 3, "padding": "same"}, (8, 10, 2)),
            (name, {"pool_size": [2, 3]}, (6, 9, 2)),
            (name, {"pool_size": [2, 3], "strides": [1, 2], "padding": "same"}, (5, 6, 2)),
        ]
    for name in ("GlobalAveragePooling2D", "GlobalMaxPooling2D"):
        cases += [(name, {}, (5, 4, 3)), (name, {"keepdims": True}, (3, 5, 9))]
    return cases


def shape_and_activation_cases() -> list[tuple]:
    """(class_name, kwargs, input_shape) of the layers without weights."""
    activations = [("Activation", {"activation": name}, (3, 4, 3)) for name in ACTIVATIONS]
    return activations + [
        ("Flatten", {}, (3, 4, 2)),
        ("Flatten", {}, (5,)),
        ("Reshape", {"target_shape": [4, 6]}, (3, 4, 2)),
        ("Reshape", {"target_shape": [-1, 3, 2]}, (24,)),
        ("ReLU", {}, (4, 3, 2)),
        ("ReLU", {"max_value": 6.0}, (4, 3, 2)),
        ("ReLU", {"negative_slope": 0.1}, (4, 3, 2)),
        ("ReLU", {"threshold": 0.5}, (4, 3, 2)),
        ("ReLU", {"max_value": 6.0, "negative_slope": 0.1, "threshold": 0.0}, (4, 3, 2)),
        ("ReLU", {"max_value": 6.0, "negative_slope": 0.1, "threshold": 0.5}, (4, 3, 2)),
        ("LeakyReLU", {}, (4, 3, 2)),
        ("LeakyReLU", {"negative_slope": 0.1}, (4, 3, 2)),
        ("ELU", {}, (4, 3, 2)),
        ("ELU", {"alpha": 0.5}, (4, 3, 2)),
        ("Softmax", {}, (4, 5)),
        ("Softmax", {"axis": 1}, (4, 5)),
        ("Dropout", {"rate": 0.5}, (4, 5)),
        ("Rescaling", {"scale": 1 / 255}, (4, 5, 3)),
        ("Rescaling", {"scale": 1 / 127.5, "offset": -1.0}, (4, 5, 3)),
    ]


def batch_normalization_cases() -> list[tuple]:
    """(class_name, kwargs, input_shape) of BatchNormalization."""
    name = "BatchNormalization"
    return [
        (name, {}, (4, 5, 3)),
        (name, {}, (6,)),
        (name, {"scale": False}, (3, 4, 5)),
        (name, {"center": False}, (3, 4, 5)),
        (name, {"scale": False, "center": False}, (7,)),
        (name, {"momentum": 0.9, "epsilon": 1e-5}, (4, 3, 2)),
        (name, {"momentum": 0.5, "epsilon": 0.1}, (9,)),
        (name, {}, (2, 2, 33)),
    ]


def kink_cases() -> list[tuple]:
    """Inputs with ties or on the corner of an activation: what TensorFlow does with the gradient there."""
    corners = ("ReLU", "ELU", "LeakyReLU")
    return [
        ("MaxPooling2D", {"pool_size": 2}, (6, 6, 2)),
        ("MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, (6, 7, 2)),
        ("GlobalMaxPooling2D", {}, (3, 3, 2)),
        *((name, {}, (4, 3, 2)) for name in corners),
        ("ReLU", {"max_value": 2.0}, (4, 3, 2)),
        ("ReLU", {"max_value": 6.0}, (4, 5, 2)),
        ("ReLU", {"threshold": 1.0}, (4, 3, 2)),
        ("ReLU", {"negative_slope": 0.1, "max_value": 2.0, "threshold": 1.0}, (4, 3, 2)),
        ("Activation", {"activation": "leaky_relu"}, (4, 3, 2)),
    ]


def draw_input(shape: tuple[int, ...], case: dict, rng: np.random.Generator) -> np.ndarray:
    """Draws one input (N, ...): small integers for "kinks", 256 levels for Rescaling, else numbers that all differ."""
    if case["kinks"]:
        highest = 7 if case["kwargs"].get("max_value") == 6.0 else 2
        return rng.integers(-1, highest, shape, endpoint=True).astype(np.float32)
    if case["class_name"] == "Rescaling":
        return rng.integers(0, 256, shape).astype(np.float32)
    # Shuffled levels: no ties in any pooling window. A step that is a power of two makes the file compress, and a
    # quarter of a step keeps every value off the corners (0, 0.5, 6).
    size = int(np.prod(shape))
    width = 20.0 if case["class_name"] == "ReLU" else 6.0
    step = 2.0 ** np.round(np.log2(width / size))
    return ((rng.permutation(size) - size // 2 + 0.25) * step).reshape(shape).astype(np.float32)


def rounded(values: np.ndarray) -> np.ndarray:
    """Rounds to multiples of 1/64 in float32, which compress better than random bits."""
    return (np.round(values * 64) / 64).astype(np.float32)


def draw_weights(layer: keras.Layer, rng: np.random.Generator) -> None:
    """Gives every weight of `layer` random values; scales and variances are positive."""
    for weight in layer.weights:
        values = rng.normal(0, 0.5, weight.shape)
        if weight.name in ("gamma", "moving_variance"):
            values = rng.uniform(0.5, 2.0, weight.shape)
        elif weight.name.endswith("kernel"):
            values *= 2 / np.sqrt(np.prod(weight.shape[:-1]))
        weight.assign(rounded(values))


def gradients(layer: keras.Layer, x: np.ndarray, rng: np.random.Generator, training: bool) -> tuple:
    """Returns y, dy and the gradients (dx, [dw, ...]) of sum(y * dy), for one call of `layer` on `x`."""
    x = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=training)
        dy = tf.constant(rounded(rng.normal(0, 1, y.shape)))
        total = tf.reduce_sum(y * dy)
    dx, dws = tape.gradient(total, [x, [v.value for v in layer.trainable_weights]])
    return y.numpy(), dy.numpy(), dx.numpy(), [tf.convert_to_tensor(dw).numpy() for dw in dws]


def run_case(case: dict, key: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Builds the layer of `case`, adds its weights' names to `case`, and returns its arrays under `key`/..."""
    layer = getattr(keras.layers, case["class_name"])(**case["kwargs"])
    x = draw_input((case["batch"], *case["input_shape"]), case, rng)
    layer.build(x.shape)
    if case.get("compiled"):  # by XLA, where TensorFlow has no kernel of its own
        layer.call = tf.function(layer.call, jit_compile=True)
    draw_weights(layer, rng)
    case["weights"] = [w.name for w in layer.weights]
    case["trainable"] = [w.name for w in layer.trainable_weights]
    arrays = {f"{key}/x": x}
    arrays |= {f"{key}/w/{w.name}": w.numpy() for w in layer.weights}
    y, dy, dx, dws = gradients(layer, x, rng, training=False)
    names = case["trainable"]
    arrays |= {f"{key}/y": y, f"{key}/dy": dy, f"{key}/dx": dx}
    arrays |= {f"{key}/dw/{name}": dw for name, dw in zip(names, dws, strict=True)}
    if case["class_name"] == "BatchNormalization":
        y, dy, dx, dws = gradients(layer, x, rng, training=True)
        arrays |= {f"{key}/training/y": y, f"{key}/training/dy": dy, f"{key}/training/dx": dx}
        arrays |= {f"{key}/training/dw/{name}": dw for name, dw in zip(names, dws, strict=True)}
        arrays |= {f"{key}/training/w/{w.name}": w.numpy() for w in layer.weights if w.name.startswith("moving")}
    return arrays


def main() -> None:
    """Writes layers.npz."""
    smooth = conv2d_cases() + dense_cases() + pooling_cases() + shape_and_activation_cases()
    listed = [(*case, False) for case in smooth + batch_normalization_cases()]
    listed += [(*case, True) for case in kink_cases()]
    listed += [(*case, False) for case in depthwise_cases()]  # last: the cases before keep their numbers
    cases, arrays = [], {}
    for number, (class_name, kwargs, input_shape, kinks) in enumerate(listed):
        case = {"class_name": class_name, "kwargs": kwargs, "input_shape": list(input_shape), "kinks": kinks}
        case["batch"] = 3 if class_name in ("Dense", "BatchNormalization") else 2
        arrays |= run_case(case, str(number), np.random.default_rng(number))
        cases.append(case)
    save("layers", {"cases": as_json(cases), **arrays})
    print(f"{len(cases)} cases")


if __name__ == "__main__":
    main()
