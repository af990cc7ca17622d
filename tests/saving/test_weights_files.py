"""Weights in Keras's HDF5 layouts: by position, by name, what does not fit, and kernels of Keras 1 and Theano."""

import h5py
import numpy as np
import pytest

from fastcnn import Sequential, layers
from fastcnn.saving.header import ModelFileError


def network(filters: int = 4, units: int = 3, prefix: str = "") -> Sequential:
    return Sequential(
        [
            layers.Input((8, 8, 2)),
            layers.Conv2D(filters, 3, name=f"{prefix}first"),
            layers.BatchNormalization(name=f"{prefix}norm"),
            layers.Conv2D(filters, 3, name=f"{prefix}second"),
            layers.Flatten(name=f"{prefix}flat"),
            layers.Dense(units, name=f"{prefix}out"),
        ],
        backend="numpy",
    )


def same(first: Sequential, second: Sequential) -> bool:
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


NAMES = ["w.weights.h5", "w.h5", "w.hdf5", "w", "w.weights.fcnn", "w.model"]


@pytest.mark.covers("Model.save_weights", "Model.load_weights", "saving.h5", "saving.weights_h5", "trap.14")
@pytest.mark.parametrize("name", NAMES)
def test_weights_come_back_whatever_the_name(tmp_path, name):
    model, other = network(), network(prefix="x")
    assert not same(model, other)
    model.save_weights(tmp_path / name)
    other.load_weights(tmp_path / name)
    assert same(model, other)


@pytest.mark.parametrize("name", NAMES[:2])
def test_a_frozen_layer_keeps_its_place(tmp_path, name):
    model, other = network(), network()
    for one in (model, other):
        one.get_layer("second").trainable = False
    model.save_weights(tmp_path / name)
    other.load_weights(tmp_path / name)
    assert same(model, other)


@pytest.mark.parametrize("name", NAMES[:2])
def test_other_shapes_are_refused_and_change_nothing(tmp_path, name):
    network().save_weights(tmp_path / name)
    model = network(units=5)
    before = model.get_weights()
    with pytest.raises(ModelFileError, match=r"layer 'out'.*\(64, 5\).*\(64, 3\)"):
        model.load_weights(tmp_path / name)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


@pytest.mark.parametrize("name", NAMES[:2])
def test_skip_mismatch_leaves_that_layer_alone(tmp_path, name):
    source, model = network(), network(units=5)
    source.save_weights(tmp_path / name)
    kept = model.get_layer("out").get_weights()
    with pytest.warns(UserWarning, match="left as it was: layer 'out'"):
        model.load_weights(tmp_path / name, skip_mismatch=True)
    assert np.array_equal(model.get_layer("out").get_weights()[0], kept[0])
    assert np.array_equal(model.get_layer("second").get_weights()[0], source.get_layer("second").get_weights()[0])


@pytest.mark.parametrize("name", NAMES[:2])
def test_another_number_of_layers_is_refused(tmp_path, name):
    network().save_weights(tmp_path / name)
    smaller = Sequential([layers.Input((8, 8, 2)), layers.Conv2D(4, 3)])
    with pytest.raises(ModelFileError, match="the file"):
        smaller.load_weights(tmp_path / name)
    network().save_weights(tmp_path / name)
    larger = network()
    larger.add(layers.Dense(2))
    with pytest.raises(ModelFileError, match="the file"):
        larger.load_weights(tmp_path / name)


def test_by_name_takes_what_both_have(tmp_path):
    source, model = network(), network()
    model.add(layers.Dense(7, name="new"))
    kept = model.get_layer("new").get_weights()
    source.save_weights(tmp_path / "w.h5")
    model.load_weights(tmp_path / "w.h5", by_name=True)
    assert np.array_equal(model.get_layer("out").get_weights()[0], source.get_layer("out").get_weights()[0])
    assert np.array_equal(model.get_layer("new").get_weights()[0], kept[0])
    source.save_weights(tmp_path / "w.weights.h5")
    with pytest.raises(ValueError, match="by_name"):
        model.load_weights(tmp_path / "w.weights.h5", by_name=True)


def old_file(path, arrays: dict[str, list[np.ndarray]], **attributes: str) -> None:
    """Weights as Keras 1 and 2 wrote them."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array([name.encode() for name in arrays])
        for name, value in attributes.items():
            file.attrs[name] = value
        for name, values in arrays.items():
            group = file.create_group(name)
            names = [f"{name}_{kind}" for kind in ("W", "b")[: len(values)]]
            group.attrs["weight_names"] = np.array([n.encode() for n in names])
            for weight, value in zip(names, values, strict=True):
                group[weight] = value


@pytest.mark.parametrize(
    ("attributes", "stored"),
    [
        ({}, lambda kernel: kernel),
        ({"keras_version": "1.2.2", "backend": "tensorflow"}, lambda kernel: kernel),
        ({"keras_version": "1.2.2", "backend": "tensorflow"}, lambda kernel: kernel.transpose(3, 2, 0, 1)),
        (
            {"keras_version": "1.2.2", "backend": "theano"},
            lambda kernel: kernel.transpose(3, 2, 0, 1)[:, :, ::-1, ::-1],
        ),
        ({"keras_version": "2.1.6", "backend": "theano"}, lambda kernel: kernel[::-1, ::-1]),
        ({"keras_version": "2.2.4-tf", "backend": "tensorflow"}, lambda kernel: kernel),
    ],
    ids=["keras 0.3", "tf", "th", "th theano", "keras 2 theano", "tf.keras"],
)
def test_kernels_of_earlier_keras_are_turned_round(tmp_path, rng, attributes, stored):
    model = Sequential([layers.Input((6, 5, 3)), layers.Conv2D(4, (3, 2)), layers.Flatten(), layers.Dense(2)])
    kernels = [rng.normal(size=shape).astype("float32") for shape in ((3, 2, 3, 4), (4,), (64, 2), (2,))]
    arrays = {"convolution2d_1": [stored(kernels[0]), kernels[1]], "flatten_1": [], "dense_1": kernels[2:]}
    old_file(tmp_path / "old.h5", arrays, **attributes)
    model.load_weights(tmp_path / "old.h5")
    assert all(np.array_equal(a, b) for a, b in zip(model.get_weights(), kernels, strict=True))


def test_names_are_split_over_attributes_where_they_are_too_long_for_one(tmp_path):
    names = [f"layer_{number:03}_{'x' * 700}" for number in range(120)]
    made = [Sequential([layers.Input((2,)), *(layers.Dense(2, name=name) for name in names)]) for _ in range(2)]
    made[0].save_weights(tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5") as file:
        assert "layer_names" not in file.attrs
        assert sum(len(file.attrs[f"layer_names{part}"]) for part in range(2)) == len(names)
    made[1].load_weights(tmp_path / "w.h5")
    assert same(*made)


def test_tf_keras_2_13_skips_numbers(tmp_path):
    model, other = network(), network()
    model.save_weights(tmp_path / "w.weights.h5")
    with h5py.File(tmp_path / "w.weights.h5", "r+") as file:
        file.move("layers/conv2d_1", "layers/conv2d_2")
        file.move("layers", "_layer_checkpoint_dependencies")
    other.load_weights(tmp_path / "w.weights.h5")
    assert same(model, other)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("m.onnx", "export"), ("m.weights.fcnn", "native format"), ("folder", "not a folder"), ("m.tf", "not written")],
)
def test_names_that_say_something_else_are_refused(tmp_path, name, reason):
    (tmp_path / "folder").mkdir()
    with pytest.raises(ValueError, match=reason):
        network().save(tmp_path / name)


def test_a_file_of_weights_is_not_overwritten_when_told_so(tmp_path):
    network().save_weights(tmp_path / "w.h5")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        network().save_weights(tmp_path / "w.h5", overwrite=False)
