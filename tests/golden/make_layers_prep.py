"""Writes layers_prep.npz: normalisation, noise and image layers, computed by Keras. See README.md for the keys."""

from common import as_json, save  # isort: skip  (sets Keras's environment, so it comes first)

import contextlib
import itertools
import tempfile
from pathlib import Path
from unittest import mock

import keras
import make_layers
import numpy as np
import tensorflow as tf
from keras.src import backend, ops

FILL_MODES = ("reflect", "wrap", "constant", "nearest")


def resizing_cases() -> list[tuple]:
    """(class_name, kwargs, input_shape) of Resizing and CenterCrop."""

    def resizing(shape, height, width, **kwargs):
        return ("Resizing", {"height": height, "width": width, **kwargs}, shape)

    cases = []
    for name in ("bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5"):
        cases += [
            resizing((7, 9, 3), 4, 5, interpolation=name),
            resizing((4, 6, 2), 9, 8, interpolation=name),
            resizing((8, 8, 1), 4, 4, interpolation=name, antialias=True),
            resizing((9, 7, 2), 4, 4, interpolation=name, crop_to_aspect_ratio=True),
            resizing((5, 9, 2), 6, 6, interpolation=name, pad_to_aspect_ratio=True, fill_value=1.5),
        ]
    cases += [
        resizing((7, 9, 3), 4, 5, antialias=True),
        resizing((10, 7, 2), 3, 7, interpolation="bicubic", antialias=True),
        resizing((4, 5, 2), 4, 5),
        resizing((1, 3, 2), 4, 4),
        resizing((9, 4, 2), 3, 5, crop_to_aspect_ratio=True, antialias=True),
        resizing((4, 9, 2), 3, 5, pad_to_aspect_ratio=True),
    ]
    crops = [
        ((7, 9, 3), 4, 5),
        ((8, 8, 1), 8, 3),
        ((8, 7, 2), 3, 4),
        ((4, 6, 2), 5, 3),
        ((4, 6, 2), 8, 8),
        ((3, 5, 1), 3, 5),
    ]
    return cases + [("CenterCrop", {"height": h, "width": w}, shape) for shape, h, w in crops]


def normalization_cases() -> list[tuple]:
    """(class_name, kwargs, input_shape) of the layers that normalise."""
    layer, group, unit, batch = "LayerNormalization", "GroupNormalization", "UnitNormalization", "BatchNormalization"
    return [
        (layer, {}, (6,)),
        (layer, {}, (4, 5)),
        (layer, {}, (3, 4, 5)),
        (layer, {"axis": 1}, (3, 4, 5)),
        (layer, {"axis": [1, 2]}, (3, 4, 5)),
        (layer, {"axis": [1, 2, 3]}, (3, 4, 2)),
        (layer, {"axis": [-2, -1]}, (4, 3, 2)),
        (layer, {"epsilon": 0.1}, (3, 4, 5)),
        (layer, {"scale": False}, (3, 4, 5)),
        (layer, {"center": False}, (3, 4, 5)),
        (layer, {"scale": False, "center": False}, (3, 4, 5)),
        (layer, {"axis": 2, "center": False}, (3, 4, 5)),
        (group, {"groups": 2}, (6,)),
        (group, {"groups": 2}, (3, 4, 6)),
        (group, {"groups": 3}, (3, 4, 6)),
        (group, {"groups": 1}, (3, 4, 6)),
        (group, {"groups": -1}, (3, 4, 6)),
        (group, {}, (2, 2, 32)),
        (group, {"groups": 2, "axis": 1}, (4, 3, 5)),
        (group, {"groups": 2, "axis": 2}, (3, 4, 5)),
        (group, {"groups": 2, "epsilon": 0.1}, (5, 4)),
        (group, {"groups": 2, "scale": False}, (3, 4, 4)),
        (group, {"groups": 2, "center": False}, (3, 4, 4)),
        (group, {"groups": 2, "center": False, "scale": False}, (3, 4, 4)),
        (unit, {}, (6,)),
        (unit, {}, (3, 4, 5)),
        (unit, {"axis": 1}, (3, 4, 5)),
        (unit, {"axis": [1, 2]}, (3, 4, 5)),
        (batch, {"axis": 1}, (3, 4, 5)),
        (batch, {"axis": 2}, (3, 4, 5)),
        (batch, {"axis": -2}, (3, 4, 5)),
        (batch, {"axis": 1}, (4, 5)),
        (batch, {"axis": 1}, (5,)),
        (batch, {"axis": 1, "scale": False}, (3, 4, 5)),
        (batch, {"axis": 1, "center": False, "momentum": 0.5}, (3, 4, 5)),
        (batch, {"axis": 3}, (3, 4, 5)),
        ("Normalization", {"mean": 3.0, "variance": 2.0}, (3, 4, 5)),
        ("Normalization", {"mean": 3.0, "variance": 2.0, "invert": True}, (6,)),
        ("Normalization", {"mean": [1.0, -2.0, 3.0], "variance": [4.0, 0.25, 0.0]}, (4, 5, 3)),
        ("Normalization", {"mean": [1.0, -2.0, 3.0], "variance": [4.0, 0.25, 9.0], "axis": 1}, (3, 2, 4)),
        ("Normalization", {"mean": 0.5, "variance": 4.0, "axis": None}, (3, 2)),
    ]


def adapted_cases() -> list[tuple]:
    """(kwargs, shape of the data) of Normalization.adapt."""
    return [
        ({}, (9, 4, 5, 3)),
        ({}, (12, 6)),
        ({"axis": 1}, (9, 3, 4, 2)),
        ({"axis": None}, (9, 4)),
        ({"axis": [1, 3]}, (9, 2, 4, 3)),
        ({"invert": True}, (12, 6)),
    ]


def transform_cases() -> list[tuple]:
    """(class_name, kwargs, parameters, whether Keras's gradient is exact) of the random image layers.

    TensorFlow's gradient of an affine map reads dy through the inverse map, which is not the adjoint.
    """
    rng = np.random.default_rng(0)
    cases = []
    for mode in FILL_MODES:
        for interpolation in ("bilinear", "nearest"):
            sampling = {"fill_mode": mode, "interpolation": interpolation, "fill_value": 7.0}
            angles, zooms = rng.uniform(-180, 180, 3), rng.uniform(0.4, 1.7, (3, 2))
            cases += [
                ("RandomRotation", {"factor": 0.5, **sampling}, {"angle": angles}),
                (
                    "RandomZoom",
                    {"height_factor": 0.7, **sampling},
                    {"height_zoom": zooms[:, :1], "width_zoom": zooms[:, 1:]},
                ),
                (
                    "RandomTranslation",
                    {"height_factor": 0.9, "width_factor": 0.9, **sampling},
                    {"translations": rng.uniform(-8, 8, (3, 2))},
                ),
                (
                    "RandomShear",
                    {"x_factor": 0.9, "y_factor": 0.9, **sampling},
                    {"shear_factor": rng.uniform(-0.9, 0.9, (3, 2))},
                ),
            ]
    cases = [(*case, False) for case in cases]
    for mode in ("horizontal", "vertical", "horizontal_and_vertical"):
        cases.append(("RandomFlip", {"mode": mode}, {"flips": np.array([True, False, True])}, True))
    contrast, delta = np.array([0.5, 1.0, 1.8]).reshape(3, 1, 1, 1), np.array([-60.0, 0, 90]).reshape(3, 1, 1, 1)
    mask = rng.random((3, 6, 9, 1)) < 0.4
    chosen = np.array([True, False, True])
    return [
        *cases,
        ("RandomContrast", {"factor": 0.9}, {"contrast_factor": contrast}, True),
        ("RandomContrast", {"factor": 0.9, "value_range": [40, 200]}, {"contrast_factor": contrast}, True),
        ("RandomBrightness", {"factor": 0.9}, {"rgb_delta": delta}, True),
        ("RandomBrightness", {"factor": 0.9, "value_range": [40, 200]}, {"rgb_delta": delta}, True),
        ("RandomErasing", {}, {"apply_erasing": chosen, "batch_masks": mask, "fill_value": np.array(33.0)}, True),
        ("RandomGrayscale", {}, {"should_apply": chosen.reshape(3, 1, 1, 1)}, True),
        ("RandomInvert", {}, {"apply_inversion": chosen}, True),
        ("RandomColorDegeneration", {"factor": 1.0}, {"factor": np.array([0, 0.3, 1]).reshape(3, 1, 1, 1)}, True),
    ]


def tone_cases() -> list[tuple]:
    """(class_name, kwargs, parameters) of the layers behind RandAugment."""
    numbers = np.array([0.0, 40.0, 200.0]).reshape(3, 1, 1, 1)
    solarize = {"additions": numbers[::-1] / 4, "thresholds": numbers}
    return [
        ("Solarization", {"addition_factor": 1.0}, solarize),
        ("Solarization", {"value_range": [-50, 300]}, solarize),
        ("RandomPosterization", {"factor": 8}, {"shift_factor": np.array([0, 3, 7], np.uint8)}),
        ("RandomSharpness", {"factor": 1.0}, {"factor": np.array([0.0, 0.4, 1.0])}),
        ("AutoContrast", {}, {}),
        ("AutoContrast", {"value_range": [0, 400]}, {}),
    ]


def keras_transformation(layer: keras.Layer, parameters: dict, shape: tuple[int, ...]) -> object:
    """The transformation, as the layer's own transform_images wants it, for our parameters."""
    values = {name: np.asarray(v, np.float32 if v.dtype.kind == "f" else v.dtype) for name, v in parameters.items()}
    name = type(layer).__name__
    if name == "RandomRotation":
        none, angle = np.zeros(3, np.float32), values["angle"]
        moves = {"translate_x": none, "translate_y": none, "scale": none + 1, "shear_x": none, "shear_y": none}
        size = {"center_x": 0.5, "center_y": 0.5, "height": shape[1], "width": shape[2]}
        return {"rotation_matrix": layer._compute_affine_matrix(angle=tf.constant(angle), **moves, **size)}
    if name == "RandomFlip":
        return {"flips": values["flips"].reshape(3, 1, 1, 1)}
    return values["should_apply"] if name == "RandomGrayscale" else values


def run_transform(case: dict, parameters: dict, key: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """One call of transform_images with given parameters: images, output, and the gradient where it is exact."""
    layer = getattr(keras.layers, case["class_name"])(**case["kwargs"])
    x = rng.integers(0, 256, (3, 6, 9, 3)).astype(np.float32)
    transformation = keras_transformation(layer, parameters, x.shape)
    arrays = {f"{key}/x": x} | {f"{key}/p/{name}": value for name, value in parameters.items()}
    with tf.GradientTape() as tape:
        images = tf.constant(x)
        tape.watch(images)
        y = layer.transform_images(images, transformation, training=True)
        dy = make_layers.rounded(rng.normal(0, 1, y.shape))
        total = tf.reduce_sum(y * dy)
    arrays[f"{key}/y"] = y.numpy()
    if case["gradient"]:
        arrays |= {f"{key}/dy": dy, f"{key}/dx": tf.convert_to_tensor(tape.gradient(total, images)).numpy()}
    return arrays


def run_noise(case: dict, key: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """One training call of a noise layer whose random numbers are given: those numbers, input, output, gradient."""
    layer = getattr(keras.layers, case["class_name"])(**case["kwargs"])
    shape = (3, *case["input_shape"])
    x, uniform = make_layers.rounded(rng.normal(0, 1, shape)), rng.random(case["drawn"]).astype(np.float32)
    normal = rng.standard_normal(case["drawn"]).astype(np.float32)
    given = {
        "uniform": lambda *args, **kwargs: tf.constant(uniform),
        "normal": lambda *args, mean=0.0, stddev=1.0, **kwargs: tf.constant(mean + stddev * normal),
    }
    with contextlib.ExitStack() as patches:
        for module, name in itertools.product((backend.random, ops.random), given):
            patches.enter_context(mock.patch.object(module, name, given[name]))
        y, dy, dx, _ = make_layers.gradients(layer, x, rng, training=True)
    arrays = {"x": x, "uniform": uniform, "normal": normal, "y": y, "dy": dy, "dx": dx}
    return {f"{key}/{name}": value for name, value in arrays.items()}


def run_layer(case: dict, key: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Output and gradients as in layers.npz; TensorFlow has no gradient of "area", so there the output alone."""
    if case["kwargs"].get("interpolation") != "area":
        return make_layers.run_case(case, key, rng)
    case |= {"weights": [], "trainable": []}
    x = make_layers.draw_input((case["batch"], *case["input_shape"]), case, rng)
    return {f"{key}/x": x, f"{key}/y": keras.layers.Resizing(**case["kwargs"])(x).numpy()}


def noise_cases() -> list[tuple]:
    """(class_name, kwargs, input_shape, shape of the numbers drawn for a batch of 3)."""
    return [
        ("GaussianNoise", {"stddev": 0.5}, (4, 5), (3, 4, 5)),
        ("GaussianDropout", {"rate": 0.3}, (4, 5), (3, 4, 5)),
        ("AlphaDropout", {"rate": 0.3}, (4, 5), (3, 4, 5)),
        ("AlphaDropout", {"rate": 0.6, "noise_shape": [None, 1, 5]}, (4, 5), (3, 1, 5)),
    ]


def run_adapted(case: dict, key: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Normalization after adapt(data): its weights, and the output for the first samples."""
    layer = keras.layers.Normalization(**case["kwargs"])
    data = make_layers.rounded(rng.normal(2, 3, case["data_shape"]))
    layer.adapt(data)
    arrays = {"data": data, "mean": layer.adapt_mean.numpy(), "variance": layer.adapt_variance.numpy()}
    return {f"{key}/{name}": value for name, value in (arrays | {"y": layer(data[:2]).numpy()}).items()}


def spectral_cases() -> list[tuple]:
    """(class_name and kwargs of the wrapped layer, power_iterations, input_shape) of SpectralNormalization."""
    return [
        ("Dense", {"units": 4, "activation": "tanh"}, 1, (6,)),
        ("Dense", {"units": 5}, 3, (4,)),
        ("Conv2D", {"filters": 3, "kernel_size": 2}, 1, (4, 5, 2)),
        ("Conv2D", {"filters": 3, "kernel_size": 3, "data_format": "channels_last", "use_bias": False}, 2, (4, 5, 2)),
    ]


def run_spectral(case: dict, key: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """One training call of SpectralNormalization: as for layers, with the kernel and the vector after it."""
    wrapped = getattr(keras.layers, case["layer"]["class_name"])(**case["layer"]["kwargs"])
    layer = keras.layers.SpectralNormalization(wrapped, power_iterations=case["power_iterations"])
    x = make_layers.rounded(rng.normal(0, 1, (3, *case["input_shape"])))
    layer.build(x.shape)
    make_layers.draw_weights(layer, rng)
    case["weights"], case["trainable"] = ([w.name for w in found] for found in (layer.weights, layer.trainable_weights))
    arrays = {f"w/{w.name}": w.numpy() for w in layer.weights}
    y, dy, dx, dws = make_layers.gradients(layer, x, rng, training=True)
    arrays |= {"x": x, "y": y, "dy": dy, "dx": dx} | {f"after/{w.name}": w.numpy() for w in layer.weights}
    arrays |= {f"dw/{name}": dw for name, dw in zip(case["trainable"], dws, strict=True)}
    return {f"{key}/{name}": value for name, value in arrays.items()}


def run_mixing(case: dict, key: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Images and one-hot labels mixed by given parameters."""
    layer = getattr(keras.layers, case["class_name"])()
    images, labels = make_layers.rounded(rng.normal(0, 9, (4, 3, 5, 2))), np.eye(4, dtype=np.float32)[[2, 0, 3, 3]]
    given = {"mix_weight": rng.random(4).astype(np.float32), "permutation_order": np.array([2, 0, 1, 3])}
    if case["class_name"] == "CutMix":
        given["batch_masks"] = np.repeat(rng.random((4, 3, 5, 1)) < 0.5, 2, axis=3)
    mixed = {"images": images, "labels": labels} | {f"p/{name}": value for name, value in given.items()}
    mixed["y"] = np.asarray(layer.transform_images(images, given))
    mixed["mixed_labels"] = np.asarray(layer.transform_labels(labels, given))
    return {f"{key}/{name}": value for name, value in mixed.items()}


def file_models(x: np.ndarray) -> dict[str, list[keras.Layer]]:
    """Layers of models that Keras saves as a file."""
    layer, adapted = keras.layers, keras.layers.Normalization()
    adapted.adapt(x)
    return {
        "images": [
            layer.RandomFlip("horizontal"),
            layer.RandomRotation(0.1),
            layer.RandomZoom(0.2, fill_mode="constant"),
            layer.RandomTranslation(0.1, 0.2),
            layer.RandomContrast(0.2),
            layer.RandomBrightness(0.2),
            layer.RandomShear(0.2, 0.1),
            layer.RandomErasing(),
            layer.RandomGrayscale(),
            layer.RandomInvert(),
            layer.RandomColorDegeneration(0.5),
            layer.Resizing(8, 8, crop_to_aspect_ratio=True),
            layer.CenterCrop(6, 7),
            adapted,
            layer.Pipeline([layer.RandomFlip(), layer.Rescaling(2.0)]),
            layer.Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 2.0, 3.0]),
        ],
        "normalizations": [
            layer.Conv2D(4, 3),
            layer.LayerNormalization(axis=[1, 2]),
            layer.GroupNormalization(2),
            layer.BatchNormalization(axis=1),
            layer.UnitNormalization(),
            layer.SpectralNormalization(layer.Conv2D(3, 3)),
            layer.GaussianNoise(0.1),
            layer.GaussianDropout(0.1),
            layer.AlphaDropout(0.1),
            layer.SpatialDropout2D(0.3),
            layer.ActivityRegularization(0.1),
            layer.Flatten(),
            layer.Dropout(0.3, noise_shape=(None, 1)),
        ],
    }


def run_file(case: dict, key: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A saved model's bytes, with images and what it predicts for them."""
    x = rng.integers(0, 256, (3, 9, 10, 3)).astype(np.float32)
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.layers.Input(x.shape[1:]), *file_models(x)[case["name"]]])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        stored = np.frombuffer(path.read_bytes(), np.uint8)
    return {f"{key}/x": x, f"{key}/file": stored, f"{key}/y": model(x, training=False).numpy()}


def main() -> None:
    """Writes layers_prep.npz."""
    cases, arrays = [], {}

    def add(case: dict, make, *extra: object) -> None:
        key = str(len(cases))
        arrays.update(make(case, *extra, key, np.random.default_rng(len(cases))))
        cases.append(case)

    for class_name, kwargs, shape in normalization_cases() + resizing_cases():
        case = {"class_name": class_name, "kwargs": kwargs, "input_shape": list(shape), "kinks": False}
        add(case | {"kind": "layer", "batch": 3 if class_name == "BatchNormalization" else 2}, run_layer)
    for kwargs, shape in adapted_cases():
        add({"kind": "adapt", "class_name": "Normalization", "kwargs": kwargs, "data_shape": list(shape)}, run_adapted)
    for class_name, kwargs, parameters, gradient in transform_cases():
        case = {"kind": "transform", "class_name": class_name, "kwargs": kwargs, "gradient": gradient}
        add(case, run_transform, parameters)
    for class_name, kwargs, shape, drawn in noise_cases():
        case = {"kind": "noise", "class_name": class_name, "kwargs": kwargs}
        add(case | {"input_shape": list(shape), "drawn": list(drawn)}, run_noise)
    for class_name, kwargs, iterations, shape in spectral_cases():
        case = {"kind": "spectral", "class_name": "SpectralNormalization", "power_iterations": iterations}
        add(case | {"layer": {"class_name": class_name, "kwargs": kwargs}, "input_shape": list(shape)}, run_spectral)
    for class_name in ("MixUp", "CutMix"):
        add({"kind": "mixing", "class_name": class_name}, run_mixing)
    for class_name, kwargs, parameters in tone_cases():
        case = {"kind": "transform", "class_name": class_name, "kwargs": kwargs, "gradient": "Sharp" in class_name}
        add(case, run_transform, parameters)
    for name in ("images", "normalizations"):
        add({"kind": "file", "class_name": "Sequential", "name": name}, run_file)
    save("layers_prep", {"cases": as_json(cases), **arrays})
    print(f"{len(cases)} cases")


if __name__ == "__main__":
    main()
