"""Whole models and JSON as Keras 1, Keras 2 and tf.keras wrote them."""

import copy
import io
import json
import zipfile

import h5py
import numpy as np
import pytest

from fastcnn import Sequential, activations, layers, models
from fastcnn import config as config_of_package
from tests.saving import old_files


def drawn(rng, *shapes: tuple) -> list[np.ndarray]:
    return [rng.normal(size=shape).astype("float32") for shape in shapes]


def keras1_network() -> Sequential:
    made = [layers.Input((8, 7, 3)), layers.Conv2D(4, (3, 2), activation="relu"), layers.MaxPooling2D()]
    return Sequential([*made, layers.Dropout(0.25), layers.Flatten(), layers.Dense(2, activation="softmax")])


def as_theano_stored(config: dict, kernel: np.ndarray) -> tuple[dict, np.ndarray]:
    """Channels first, and the kernel mirrored."""
    config = copy.deepcopy(config)
    config["config"] |= {"dim_ordering": "th", "batch_input_shape": [None, 3, 8, 7]}
    return config, kernel.transpose(3, 2, 0, 1)[:, :, ::-1, ::-1]


@pytest.mark.covers("saving.h5", "legacy.arguments.nb_filter", "legacy.arguments.dim_ordering")
@pytest.mark.parametrize("backend", ["tensorflow", "theano"])
def test_keras_1(tmp_path, rng, backend):
    kernels = drawn(rng, (3, 2, 3, 4), (4,), (36, 2), (2,))
    momenta = drawn(rng, *(k.shape for k in kernels))
    first, rest, stored = old_files.KERAS1_CONV, copy.deepcopy(old_files.KERAS1_REST), list(kernels)
    x = rng.random((5, 8, 7, 3), dtype=np.float32)
    expected = keras1_network().to("numpy")
    expected.set_weights(kernels)
    given = x
    if backend == "theano":
        first, stored[0] = as_theano_stored(first, kernels[0])
        rest[0]["config"]["dim_ordering"] = "th"
        given = np.moveaxis(x, -1, 1)
        of_pixels = kernels[2].reshape(3, 3, 4, 2)  # rows, columns, channels: Keras 1 flattened the channels first
        stored[2] = np.moveaxis(of_pixels, 2, 0).reshape(36, 2)
    arrays = {
        "convolution2d_1": stored[:2],
        "maxpooling2d_1": [],
        "dropout_1": [],
        "flatten_1": [],
        "dense_1": stored[2:],
    }
    path = tmp_path / "old.h5"
    optimizer = [np.array(7.0, np.float32), *momenta]
    old_files.write_old(path, "1.2.2", [first, *rest], old_files.KERAS1_TRAINING, arrays, optimizer, backend)
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": [first, *rest]})
    model = models.load_model(path).to("numpy")
    assert config_of_package.image_data_format == "channels_last"  # a file changes nothing of the process
    assert np.allclose(model.predict(given, verbose=0), expected.predict(x, verbose=0), atol=1e-6)
    assert model.optimizer.iterations == 7
    assert model.optimizer.nesterov
    assert np.isclose(model.optimizer.learning_rate, 0.01 / (1 + 0.001 * 7))
    assert np.array_equal(model.optimizer.slots_of(model.trainable_weights)[3].value, momenta[3])
    assert model.layers[0].get_config()["kernel_regularizer"]["config"]["l2"] == pytest.approx(0.01)


@pytest.mark.covers("saving.h5", "saving.json", "models.model_from_json")
def test_keras_2(tmp_path, rng):
    kernels = drawn(rng, (3, 3, 3, 4), (4,), (256, 2), (2,))
    slots = drawn(rng, *(k.shape for k in kernels * 2))
    arrays = {"conv2d_1": kernels[:2], "leaky_re_lu_1": [], "flatten_1": [], "dense_1": kernels[2:]}
    config = {"class_name": "Sequential", "config": old_files.KERAS2_LAYERS}
    unused = [np.zeros(1, np.float32)] * 4  # Keras 2.1 kept one for each weight, for amsgrad
    optimizer = [np.array(3, np.int64), *slots, *unused]
    old_files.write_old(tmp_path / "m.hdf5", "2.1.6", config, old_files.KERAS2_TRAINING, arrays, optimizer)
    model = models.load_model(tmp_path / "m.hdf5").to("numpy")
    x = rng.random((3, 8, 8, 3), dtype=np.float32)
    inner = layers.LeakyReLU(0.1)
    plain = Sequential(
        [layers.Input((8, 8, 3)), layers.Conv2D(4, 3, padding="same"), inner, layers.Flatten(), layers.Dense(2)]
    )
    plain.set_weights(kernels)
    raw = plain.to("numpy").predict(x, verbose=0)
    assert np.allclose(model.predict(x, verbose=0), np.clip(0.2 * raw + 0.5, 0, 1), atol=1e-5)
    assert model.optimizer.iterations == 3
    of_model = model.optimizer.slots_of(model.trainable_weights)
    assert np.array_equal(of_model[0].value, slots[0])
    assert np.array_equal(of_model[1].value, slots[4])
    described = models.model_from_json(json.dumps(config | {"keras_version": "2.1.6", "backend": "tensorflow"}))
    assert described.layers[3].activation is activations.hard_sigmoid_keras2


def tf_arrays(rng) -> dict[str, list[np.ndarray]]:
    conv, depthwise, dense = drawn(rng, (3, 3, 3, 3), (3,)), drawn(rng, (3, 3, 3, 1)), drawn(rng, (3, 2), (2,))
    norm = [*drawn(rng, (3,), (3,), (3,)), rng.random(3).astype("float32")]
    return {
        "input_1": [],
        "conv2d": conv,
        "depthwise_conv2d": depthwise,
        "bn": norm,
        "add": [],
        "pool": [],
        "dense": dense,
    }


def residual_output(arrays: dict, x: np.ndarray) -> np.ndarray:
    """What the functional model of old_files computes, made with this package's own calls."""
    tensor = layers.Input((6, 6, 3))
    y = layers.Conv2D(3, 3, padding="same", activation="relu")(tensor)
    y = layers.BatchNormalization()(layers.DepthwiseConv2D(3, padding="same", use_bias=False)(y))
    y = layers.Dense(2, activation="relu")(layers.GlobalAveragePooling2D()(layers.Add()([y, tensor])))
    model = models.Model(tensor, y).to("numpy")
    model.set_weights([array for part in arrays.values() for array in part])
    return model.predict(x, verbose=0)


@pytest.mark.covers("saving.h5")
@pytest.mark.parametrize("version", ["2.15.0", "2.4.0"])
def test_tf_keras_functional(tmp_path, rng, version):
    arrays, x = tf_arrays(rng), rng.random((4, 6, 6, 3), dtype=np.float32)
    trained = [a for name, part in arrays.items() for a in (part[:2] if name == "bn" else part)]
    slots = [drawn(rng, a.shape, a.shape) for a in trained]
    together = version == "2.15.0"
    flat = [s for pair in slots for s in pair] if together else [s for n in (0, 1) for s in [p[n] for p in slots]]
    head = [np.array(12, np.int64)] + ([np.array(0.001, np.float32)] if together else [])
    config = old_files.tf_functional()
    old_files.write_old(tmp_path / "m.h5", version, config, old_files.TF_TRAINING, arrays, [*head, *flat])
    model = models.load_model(tmp_path / "m.h5").to("numpy")
    assert np.allclose(model.predict(x, verbose=0), residual_output(arrays, x), atol=1e-5)
    assert model.metrics_names == ["loss", "accuracy"]
    assert model.optimizer.iterations == 12
    found = model.optimizer.slots_of(model.trainable_weights)
    expected = [s for pair in slots for s in pair]
    assert all(np.array_equal(a.value, b) for a, b in zip(found, expected, strict=True))
    assert [layer.name for layer in model.layers] == list(arrays)


@pytest.mark.covers("saving.keras")
def test_tf_keras_2_13_zip(tmp_path, rng):
    """Its groups are numbered twice over, as each layer with weights was listed twice."""
    arrays, x = tf_arrays(rng), rng.random((4, 6, 6, 3), dtype=np.float32)
    weights = io.BytesIO()
    with h5py.File(weights, "w") as file:
        numbers = {
            "conv2d": "conv2d",
            "depthwise_conv2d": "depthwise_conv2d_1",
            "bn": "batch_normalization",
            "dense": "dense_1",
        }
        for name, group in numbers.items():
            for i, array in enumerate(arrays[name]):
                file[f"_layer_checkpoint_dependencies/{group}/vars/{i}"] = array
    config = old_files.tf_functional() | {"module": "keras.src.engine.functional", "registered_name": "Functional"}
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "2.13.1", "date_saved": "2023-08-01@10:00:00"}))
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", weights.getvalue())
    model = models.load_model(tmp_path / "m.keras").to("numpy")
    assert np.allclose(model.predict(x, verbose=0), residual_output(arrays, x), atol=1e-5)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"class_name": "LSTM"}, "recurrent"),
        ({"class_name": "Wonder"}, r"unknown layer 'Wonder'.*custom_objects"),
        ({"class_name": "Dense", "config": {"units": 2, "wonder": 3}}, "has no argument 'wonder'"),
        ({"class_name": "Dense", "config": {"units": 2, "lora_rank": 4}}, "lora_rank is not supported"),
        ({"class_name": "Dense", "config": {}}, "units"),
    ],
)
def test_what_is_not_known_is_named(change, reason):
    entry = copy.deepcopy(old_files.KERAS2_LAYERS)
    entry[3] |= change
    with pytest.raises(ValueError, match=reason):
        models.model_from_json(json.dumps({"class_name": "Sequential", "config": entry}))


def test_mixed_precision_is_read_as_float32():
    entry = copy.deepcopy(old_files.KERAS2_LAYERS)
    entry[0]["config"]["dtype"] = {"class_name": "Policy", "config": {"name": "mixed_float16"}}
    with pytest.warns(UserWarning, match="this computes in float32"):
        model = models.model_from_json(json.dumps({"class_name": "Sequential", "config": entry}))
    assert model.layers[0].dtype == "float32"
