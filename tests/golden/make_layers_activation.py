"""Writes layers_activation.npz: activations and their layers, with gradients, by Keras. See README.md for the keys."""

from common import as_json, save  # isort: skip  (sets Keras's environment, so it comes first)

import keras
import numpy as np
import tensorflow as tf

FUNCTIONS = [
    ("celu", {}),
    ("celu", {"alpha": 0.5}),
    ("elu", {}),
    ("elu", {"alpha": 0.5}),
    ("exponential", {}),
    ("gelu", {}),
    ("gelu", {"approximate": True}),
    ("glu", {}),
    ("glu", {"axis": 1}),
    ("hard_shrink", {}),
    ("hard_shrink", {"threshold": 1.5}),
    ("hard_sigmoid", {}),
    ("hard_silu", {}),
    ("hard_tanh", {}),
    ("leaky_relu", {}),
    ("leaky_relu", {"negative_slope": 0.1}),
    ("linear", {}),
    ("log_sigmoid", {}),
    ("log_softmax", {}),
    ("log_softmax", {"axis": 1}),
    ("mish", {}),
    ("relu", {}),
    ("relu", {"negative_slope": 0.1}),
    ("relu", {"max_value": 2.5}),
    ("relu", {"threshold": 0.5}),
    ("relu6", {}),
    ("selu", {}),
    ("sigmoid", {}),
    ("silu", {}),
    ("soft_shrink", {}),
    ("soft_shrink", {"threshold": 1.5}),
    ("softmax", {}),
    ("softmax", {"axis": 1}),
    ("softplus", {}),
    ("softsign", {}),
    ("sparse_plus", {}),
    ("sparse_sigmoid", {}),
    ("squareplus", {}),
    ("squareplus", {"b": 0.5}),
    ("tanh", {}),
    ("tanh_shrink", {}),
    ("threshold", {"threshold": 0.5, "default_value": -0.25}),
]
LAYERS = [
    ("Activation", {"activation": "silu"}, (3, 4)),
    ("Activation", {"activation": "hard_swish"}, (3, 4)),
    ("Activation", {"activation": "swish"}, (5,)),
    ("ELU", {"alpha": 0.7}, (4, 3)),
    ("Identity", {}, (4, 3)),
    ("LeakyReLU", {}, (4, 3, 2)),
    ("LeakyReLU", {"negative_slope": 0.05}, (4, 3, 2)),
    ("PReLU", {}, (5,)),
    ("PReLU", {}, (4, 3, 2)),
    ("PReLU", {"shared_axes": [1, 2]}, (4, 3, 2)),
    ("PReLU", {"shared_axes": [1]}, (4, 3)),
    ("PReLU", {"shared_axes": [1, 2, 3]}, (4, 3, 2)),
    ("ReLU", {"max_value": 1.5, "negative_slope": 0.1, "threshold": 0.5}, (4, 3, 2)),
    ("ReLU", {"negative_slope": 0.1, "threshold": 0.5}, (4, 3, 2)),
    ("Softmax", {}, (4, 3, 2)),
    ("Softmax", {"axis": 1}, (4, 3, 2)),
    ("Softmax", {"axis": 2}, (4, 3, 2)),
    ("Softmax", {"axis": -2}, (4, 3)),
    ("Softmax", {"axis": [1, 2]}, (4, 3, 2)),
]
CORNERS = np.arange(-16, 16, dtype=np.float32).reshape(2, 4, 4) / 2  # every corner of every function


def smooth(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Multiples of 1/8 and a bit, none of them a corner, and no two alike."""
    return ((rng.permutation(np.prod(shape)) - np.prod(shape) // 2) / 8 + 1 / 64).reshape(shape).astype(np.float32)


def gradients(function, x: np.ndarray, weights: list, rng: np.random.Generator) -> tuple:
    """y, dy, and the gradients of sum(y * dy)."""
    given = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(given)
        y = function(given)
        dy = tf.constant((np.round(rng.normal(0, 1, y.shape) * 64) / 64).astype(np.float32))
        total = tf.reduce_sum(y * dy)
    dx, dws = tape.gradient(total, [given, weights])
    return y.numpy(), dy.numpy(), dx.numpy(), [tf.convert_to_tensor(dw).numpy() for dw in dws]


def main() -> None:
    """Writes layers_activation.npz."""
    arrays, functions, layers = {}, [], []
    for number, (name, kwargs) in enumerate(FUNCTIONS):
        rng = np.random.default_rng(number)
        x = smooth((3, 6, 8), rng)
        for kind, given in (("smooth", x), ("corners", CORNERS)):
            function = getattr(keras.activations, name)
            y, dy, dx, _ = gradients(lambda x, f=function, k=kwargs: f(x, **k), given, [], rng)
            arrays |= {f"function/{number}/{kind}/{k}": v for k, v in (("x", given), ("y", y), ("dy", dy), ("dx", dx))}
        functions.append({"name": name, "kwargs": kwargs})
    for number, (class_name, kwargs, shape) in enumerate(LAYERS):
        rng = np.random.default_rng(1000 + number)
        layer, x = getattr(keras.layers, class_name)(**kwargs), smooth((2, *shape), rng)
        layer.build(x.shape)
        for weight in layer.weights:
            weight.assign((np.round(rng.normal(0, 0.5, weight.shape) * 64) / 64).astype(np.float32))
        y, dy, dx, dws = gradients(layer, x, [v.value for v in layer.trainable_weights], rng)
        arrays |= {f"layer/{number}/{k}": v for k, v in (("x", x), ("y", y), ("dy", dy), ("dx", dx))}
        for weight, dw in zip(layer.trainable_weights, dws, strict=True):
            arrays |= {f"layer/{number}/w": weight.numpy(), f"layer/{number}/dw": dw}
        names = [w.name for w in layer.weights]
        layers.append({"class_name": class_name, "kwargs": kwargs, "input_shape": shape, "weights": names})
    save("layers_activation", {"functions": as_json(functions), "layers": as_json(layers), **arrays})
    print(f"{2 * len(functions) + len(layers)} cases")


if __name__ == "__main__":
    main()
