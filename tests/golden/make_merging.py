"""Writes merging.npz: outputs and gradients of layers of several inputs, by Keras. See README.md for the keys."""

from common import as_json, save  # isort: skip  (sets Keras's environment, so it comes first)

import keras
import numpy as np
import tensorflow as tf
from make_layers import rounded

ELEMENTWISE = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
SHAPES = [
    ((3, 4, 2), (3, 4, 2)),
    ((3, 4, 2), (3, 4, 2), (3, 4, 2)),
    ((3, 4, 2), (1, 4, 2)),
    ((3, 1, 2), (1, 4, 1), (3, 4, 2)),
    ((5,), (3, 4, 5)),
]


def listed() -> list[tuple]:
    """(class_name, kwargs, input shapes, ties)."""
    cases = [(name, {}, shapes, False) for name in ELEMENTWISE for shapes in SHAPES]
    cases = [case for case in cases if case[0] != "Subtract" or len(case[2]) == 2]
    cases += [(name, {}, ((3, 4),) * 3, True) for name in ("Maximum", "Minimum")]
    cases += [
        ("Concatenate", {}, ((3, 4, 2), (3, 4, 5)), False),
        ("Concatenate", {"axis": 1}, ((3, 4, 2), (1, 4, 2), (2, 4, 2)), False),
        ("Concatenate", {"axis": -2}, ((3, 4, 2), (3, 1, 2)), False),
        ("Concatenate", {"axis": -1}, ((4,), (3,)), False),
        ("Dot", {"axes": 1}, ((4,), (4,)), False),
        ("Dot", {"axes": -1, "normalize": True}, ((4,), (4,)), False),
        ("Dot", {"axes": [1, 2]}, ((3, 5), (6, 3)), False),
        ("Dot", {"axes": 2}, ((3, 5), (6, 5)), False),
        ("Dot", {"axes": [2, 1]}, ((3, 5), (5,)), False),
        ("Dot", {"axes": 1}, ((5,), (5, 4)), False),
        ("Dot", {"axes": [1, 3], "normalize": True}, ((3, 5), (2, 4, 3)), False),
    ]
    return cases


def run_case(name: str, kwargs: dict, shapes: tuple, tied: bool, key: str) -> dict[str, np.ndarray]:
    """The case's arrays under `key`/..."""
    rng = np.random.default_rng(int(key))
    draw = (lambda shape: rng.integers(-1, 2, shape)) if tied else (lambda shape: rounded(rng.normal(0, 1, shape)))
    xs = [tf.constant(draw((2, *shape)), tf.float32) for shape in shapes]
    layer = getattr(keras.layers, name)(**kwargs)
    with tf.GradientTape() as tape:
        tape.watch(xs)
        y = layer(xs)
        dy = tf.constant(rounded(rng.normal(0, 1, y.shape)))
        total = tf.reduce_sum(y * dy)
    dxs = tape.gradient(total, xs)
    arrays = {f"{key}/y": y.numpy(), f"{key}/dy": dy.numpy()}
    for i, (x, dx) in enumerate(zip(xs, dxs, strict=True)):
        arrays |= {f"{key}/x/{i}": x.numpy(), f"{key}/dx/{i}": dx.numpy()}
    return arrays


def main() -> None:
    """Writes merging.npz."""
    cases, arrays = [], {}
    for number, (name, kwargs, shapes, tied) in enumerate(listed()):
        cases.append({"class_name": name, "kwargs": kwargs, "shapes": [list(shape) for shape in shapes], "ties": tied})
        arrays |= run_case(name, kwargs, shapes, tied, str(number))
    save("merging", {"cases": as_json(cases), **arrays})
    print(f"{len(cases)} cases")


if __name__ == "__main__":
    main()
