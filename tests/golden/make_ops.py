"""Writes ops.npz: values of functions of keras.ops and of Keras's legacy backend. See README.md."""

from common import as_json, save  # isort: skip  (sets Keras's environment, so it comes first)

import keras
import numpy as np
import tensorflow as tf
from keras.src.legacy import backend

X = """negative absolute square exp expm1 sin cos tan tanh sinh cosh arctan arcsinh sigmoid softplus erf sign floor ceil
round relu relu6 leaky_relu elu selu celu gelu silu softsign log_sigmoid hard_sigmoid hard_silu hard_tanh softmax
log_softmax logsumexp sum mean max min prod var std any all argmax argmin sort argsort cumsum ravel transpose flip
zeros_like ones_like isnan isfinite logical_not norm normalize count_nonzero median average nan_to_num squeeze"""
POSITIVE = "sqrt rsqrt log log1p log2 log10 reciprocal arcsin arccos"
PAIRS = "add subtract multiply divide maximum minimum mod arctan2 logaddexp equal greater less_equal floor_divide"


def draw(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Arrays by name."""
    normal = rng.standard_normal
    drawn = {"x": normal((3, 4)), "y": normal((4, 5)), "t": normal((2, 3, 4)), "u": normal((2, 4, 5))}
    drawn |= {"p": rng.random((3, 4)), "images": normal((2, 4, 5, 3)), "kernel": normal((3, 3, 3, 2))}
    arrays = {name: value.astype(np.float32) for name, value in drawn.items()}
    return arrays | {"i": np.array([[1, 0], [2, 2]]), "labels": np.array([0, 1, 2]), "holds": arrays["x"] > 0}


def listed() -> list[tuple[str, str, list, dict]]:
    """(module, function, arguments: names of arrays or other values, keyword arguments)."""
    of_ops = [
        *((name, ["x"], {}) for name in X.split()),
        *((name, ["p"], {}) for name in POSITIVE.split()),
        *((name, ["x", "p"], {}) for name in PAIRS.split()),
        ("power", ["p", "x"], {}),
        ("power", ["x", 2], {}),
        ("matmul", ["x", "y"], {}),
        ("dot", ["t", "y"], {}),
        ("tensordot", ["t", "y"], {"axes": 1}),
        ("where", ["holds", "x", 0.5], {}),
        ("clip", ["x", -0.5, 0.5], {}),
        ("pad", ["x", [[1, 0], [2, 1]]], {}),
        ("take", ["x", "i"], {"axis": 1}),
        ("roll", ["x", 1], {"axis": 1}),
        ("moveaxis", ["t", 0, -1], {}),
        ("one_hot", ["i", 3], {}),
        ("norm", ["x"], {"ord": 1, "axis": 1}),
        ("normalize", ["x"], {"axis": 0, "order": 1}),
        ("gelu", ["x"], {"approximate": False}),
        ("conv", ["images", "kernel"], {"strides": 2, "padding": "same"}),
        ("conv", ["images", "kernel"], {}),
        ("max_pool", ["images", 2, 1, "same"], {}),
        ("average_pool", ["images", 2, 1, "same"], {}),
        *((f"{kind}_crossentropy", ["p", "p"], {}) for kind in ("categorical", "binary")),
        ("sparse_categorical_crossentropy", ["labels", "p"], {}),
        *((name, ["i"], {}) for name in ("mean", "sqrt", "exp")),
        ("divide", ["i", 2], {}),
        ("mean", ["holds"], {}),
    ]
    own = "l2_normalize softmax sqrt hard_sigmoid softplus softsign argmax argmin cumsum var std flatten sigmoid"
    of_backend = [
        *((name, ["x"], {}) for name in own.split()),
        ("relu", ["x"], {"alpha": 0.1, "max_value": 0.5, "threshold": 0.2}),
        ("relu", ["x"], {"threshold": 0.4}),
        ("relu", ["x"], {"alpha": 0.3, "max_value": 1.0}),
        ("elu", ["x"], {"alpha": 0.5}),
        ("dot", ["x", "y"], {}),
        ("dot", ["t", "y"], {}),
        ("batch_dot", ["t", "u"], {}),
        ("batch_dot", ["t", "t"], {"axes": 2}),
        ("batch_dot", ["x", "x"], {"axes": 1}),
        ("l2_normalize", ["x"], {"axis": 1}),
        ("mean", ["holds"], {}),
        ("batch_flatten", ["images"], {}),
        ("expand_dims", ["x"], {}),
        ("repeat", ["x", 3], {}),
        ("repeat_elements", ["x", 2, 1], {}),
        ("reverse", ["x", 0], {}),
        ("pow", ["p", 2.5], {}),
        ("clip", ["x", -0.5, 0.5], {}),
        ("binary_crossentropy", ["p", "p"], {}),
        ("binary_crossentropy", ["p", "x"], {"from_logits": True}),
        ("categorical_crossentropy", ["p", "x"], {"from_logits": True}),
        ("sparse_categorical_crossentropy", ["labels", "p"], {}),
        ("temporal_padding", ["t"], {}),
        ("spatial_2d_padding", ["images"], {}),
        ("switch", ["holds", "x", "p"], {}),
        ("gather", ["x", "labels"], {}),
    ]
    return [("ops", *case) for case in of_ops] + [("backend", *case) for case in of_backend]


def main() -> None:
    """Writes ops.npz."""
    arrays = draw(np.random.default_rng(0))
    found = dict(arrays)
    for number, (module, name, args, kwargs) in enumerate(listed()):
        given = [tf.constant(arrays[a]) if isinstance(a, str) and a in arrays else a for a in args]
        found[f"result/{number}"] = np.asarray(
            getattr({"ops": keras.ops, "backend": backend}[module], name)(*given, **kwargs)
        )
    save("ops", {"cases": as_json(listed()), **found})


if __name__ == "__main__":
    main()
