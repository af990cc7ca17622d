"""Whole models as Keras 1, Keras 2 and tf.keras wrote them, made by hand from what is documented of these files."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import h5py
import numpy as np

Arrays = Mapping[str, Sequence[np.ndarray]]

KERAS1_CONV = {
    "class_name": "Convolution2D",
    "config": {
        "name": "convolution2d_1",
        "trainable": True,
        "batch_input_shape": [None, 8, 7, 3],
        "input_dtype": "float32",
        "nb_filter": 4,
        "nb_row": 3,
        "nb_col": 2,
        "init": "glorot_uniform",
        "activation": "relu",
        "border_mode": "valid",
        "subsample": [1, 1],
        "dim_ordering": "tf",
        "W_regularizer": {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.01},
        "b_regularizer": None,
        "activity_regularizer": None,
        "W_constraint": {"name": "MaxNorm", "m": 2, "axis": 0},
        "b_constraint": None,
        "bias": True,
    },
}
KERAS1_REST = [
    {
        "class_name": "MaxPooling2D",
        "config": {
            "name": "maxpooling2d_1",
            "trainable": True,
            "pool_size": [2, 2],
            "strides": [2, 2],
            "border_mode": "valid",
            "dim_ordering": "tf",
        },
    },
    {"class_name": "Dropout", "config": {"name": "dropout_1", "trainable": True, "p": 0.25}},
    {"class_name": "Flatten", "config": {"name": "flatten_1", "trainable": True}},
    {
        "class_name": "Dense",
        "config": {
            "name": "dense_1",
            "trainable": True,
            "output_dim": 2,
            "input_dim": None,
            "init": "glorot_uniform",
            "activation": "softmax",
            "W_regularizer": None,
            "b_regularizer": None,
            "activity_regularizer": None,
            "W_constraint": None,
            "b_constraint": None,
            "bias": True,
        },
    },
]
KERAS1_TRAINING = {
    "optimizer_config": {
        "class_name": "SGD",
        "config": {"lr": 0.01, "momentum": 0.9, "decay": 0.001, "nesterov": True},
    },
    "loss": "categorical_crossentropy",
    "metrics": ["accuracy"],
    "sample_weight_mode": None,
    "loss_weights": None,
}
_VARIANCE = {
    "class_name": "VarianceScaling",
    "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform", "seed": None},
}
_ZEROS = {"class_name": "Zeros", "config": {}}
_REST_OF_KERNEL = {
    "use_bias": True,
    "kernel_initializer": _VARIANCE,
    "bias_initializer": _ZEROS,
    "kernel_regularizer": {"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.009999999776482582}},
    "bias_regularizer": None,
    "activity_regularizer": None,
    "kernel_constraint": None,
    "bias_constraint": None,
}
KERAS2_LAYERS = [  # 2.1.6: a bare list
    {
        "class_name": "Conv2D",
        "config": {
            "name": "conv2d_1",
            "trainable": True,
            "batch_input_shape": [None, 8, 8, 3],
            "dtype": "float32",
            "filters": 4,
            "kernel_size": [3, 3],
            "strides": [1, 1],
            "padding": "same",
            "data_format": "channels_last",
            "dilation_rate": [1, 1],
            "activation": "linear",
            **_REST_OF_KERNEL,
        },
    },
    {"class_name": "LeakyReLU", "config": {"name": "leaky_re_lu_1", "trainable": True, "alpha": 0.10000000149011612}},
    {"class_name": "Flatten", "config": {"name": "flatten_1", "trainable": True}},
    {
        "class_name": "Dense",
        "config": {"name": "dense_1", "trainable": True, "units": 2, "activation": "hard_sigmoid", **_REST_OF_KERNEL},
    },
]
KERAS2_TRAINING = {
    "optimizer_config": {
        "class_name": "Adam",
        "config": {
            "lr": 0.0010000000474974513,
            "beta_1": 0.9,
            "beta_2": 0.999,
            "decay": 0.0,
            "epsilon": 1e-07,
            "amsgrad": False,
        },
    },
    "loss": "mse",
    "metrics": ["acc"],
    "sample_weight_mode": None,
    "loss_weights": None,
}


def tf_functional() -> dict:
    """A residual block as tf.keras 2.15 stored it in .h5."""

    def layer(kind: str, name: str, inputs: list[str], **config: object) -> dict:
        nodes = [[[source, 0, 0, {}] for source in inputs]] if inputs else []
        inner = {"name": name, "trainable": True, "dtype": "float32"} | config
        return {"class_name": kind, "config": inner, "name": name, "inbound_nodes": nodes}

    glorot = {"class_name": "GlorotUniform", "config": {"seed": None}}
    kernel = _REST_OF_KERNEL | {"kernel_initializer": glorot, "groups": 1, "activation": "relu", "strides": [1, 1]}
    conv = kernel | {"filters": 3, "kernel_size": [3, 3], "padding": "same", "data_format": "channels_last"}
    depthwise = {"kernel_size": [3, 3], "depth_multiplier": 1, "groups": 1, "depthwise_initializer": glorot}
    depthwise |= {"padding": "same", "use_bias": False, "activation": "linear", "filters": None}
    depthwise.pop("filters")
    dense = {key: value for key, value in kernel.items() if key not in ("groups", "strides")} | {"units": 2}
    image = {"class_name": "InputLayer", "config": {"batch_input_shape": [None, 6, 6, 3], "dtype": "float32"}}
    image["config"] |= {"sparse": False, "ragged": False, "name": "input_1"}
    return {
        "class_name": "Functional",
        "config": {
            "name": "model",
            "trainable": True,
            "layers": [
                image | {"name": "input_1", "inbound_nodes": []},
                layer("Conv2D", "conv2d", ["input_1"], **conv, dilation_rate=[1, 1]),
                layer("DepthwiseConv2D", "depthwise_conv2d", ["conv2d"], **depthwise),
                layer(
                    "BatchNormalization",
                    "bn",
                    ["depthwise_conv2d"],
                    axis=[3],
                    momentum=0.99,
                    epsilon=0.001,
                    center=True,
                    scale=True,
                ),
                layer("Add", "add", ["bn", "input_1"]),
                layer("GlobalAveragePooling2D", "pool", ["add"], data_format="channels_last", keepdims=False),
                layer("Dense", "dense", ["pool"], **dense),
            ],
            "input_layers": [["input_1", 0, 0]],
            "output_layers": [["dense", 0, 0]],
        },
    }


TF_TRAINING = {
    "loss": {
        "class_name": "MeanSquaredError",
        "config": {"reduction": "auto", "name": "mean_squared_error", "fn": "mean_squared_error"},
    },
    "metrics": [
        [
            {
                "class_name": "MeanMetricWrapper",
                "config": {"name": "accuracy", "dtype": "float32", "fn": "categorical_accuracy"},
            }
        ]
    ],
    "weighted_metrics": None,
    "loss_weights": None,
    "optimizer_config": {
        "class_name": "Custom>Adam",
        "config": {
            "name": "Adam",
            "weight_decay": None,
            "clipnorm": None,
            "global_clipnorm": None,
            "clipvalue": None,
            "use_ema": False,
            "ema_momentum": 0.99,
            "ema_overwrite_frequency": None,
            "jit_compile": False,
            "is_legacy_optimizer": False,
            "learning_rate": 0.0010000000474974513,
            "beta_1": 0.9,
            "beta_2": 0.999,
            "epsilon": 1e-07,
            "amsgrad": False,
        },
    },
}


def write_old(
    path: Path,
    version: str,
    config: object,
    training: dict,
    layers: Arrays,
    optimizer: Sequence[np.ndarray],
    backend: str = "tensorflow",
) -> None:
    """Writes a whole model: per layer its weights, and the optimizer's in the order of that version."""
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = version.encode(), backend.encode()
        file.attrs["model_config"] = json.dumps(config).encode()
        file.attrs["training_config"] = json.dumps(training).encode()
        _groups(file.create_group("model_weights"), layers, version, backend)
        group = file.create_group("optimizer_weights")
        _arrays(group, [f"training/Adam/Variable{f'_{i}' if i else ''}:0" for i in range(len(optimizer))], optimizer)


def _groups(root: h5py.Group, layers: Arrays, version: str, backend: str) -> None:
    root.attrs["layer_names"] = np.array([name.encode() for name in layers])
    root.attrs["keras_version"], root.attrs["backend"] = version.encode(), backend.encode()
    for name, arrays in layers.items():
        _arrays(root.create_group(name), [f"{name}/weight_{i}:0" for i in range(len(arrays))], arrays)


def _arrays(group: h5py.Group, names: Sequence[str], arrays: Sequence[np.ndarray]) -> None:
    group.attrs["weight_names"] = np.array([name.encode() for name in names]) if names else np.array([], "S1")
    for name, array in zip(names, arrays, strict=True):
        group[name] = array
