"""Files that Keras 3.15 wrote (tests/golden/files.npz): what their models predict, and a training step later."""

import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

import fastcnn
from fastcnn import models
from fastcnn.layers import naming
from tests.keras_oracle.networks import NETWORKS

GOLDEN = np.load(Path(__file__).parents[1] / "golden" / "files.npz")
names = pytest.mark.parametrize("name", NETWORKS)


def keras_file(folder: Path, name: str, ending: str) -> Path:
    """One file as Keras wrote it."""
    path = folder / f"{name}{ending}"
    path.write_bytes(GOLDEN[f"{name}/file/{name}{ending}"].tobytes())
    return path


def same(found: np.ndarray, expected: np.ndarray) -> bool:
    return np.abs(found - expected).max() < 1e-5 * max(np.abs(expected).max(), 1e-3)


def predicts_the_same(model: models.Model, name: str) -> bool:
    return same(model.predict(GOLDEN[f"{name}/x"], verbose=0), GOLDEN[f"{name}/predicted"])


def trains_on_the_same(model: models.Model, name: str) -> bool:
    """Whether the optimizer's state is Keras's."""
    if f"{name}/later" not in GOLDEN:
        return True
    model.train_on_batch(GOLDEN[f"{name}/x"], GOLDEN[f"{name}/y"])
    return same(model.predict(GOLDEN[f"{name}/x"], verbose=0), GOLDEN[f"{name}/later"])


@pytest.mark.covers("saving.keras", "saving.h5", "models.load_model")
@pytest.mark.parametrize("ending", [".keras", ".h5"])
@names
def test_whole_models_go_on_where_keras_stopped(tmp_path, name, ending):
    model = models.load_model(keras_file(tmp_path, name, ending)).to("numpy")
    assert predicts_the_same(model, name)
    assert trains_on_the_same(model, name)


@pytest.mark.covers("saving.weights_h5", "saving.h5_weights", "Model.load_weights")
@pytest.mark.parametrize("ending", [".weights.h5", "_weights.h5", ".keras", ".h5"])
@names
def test_weights_go_into_the_network_of_the_same_source(tmp_path, name, ending):
    model = NETWORKS[name](fastcnn).to("numpy")
    assert not predicts_the_same(model, name)
    model.load_weights(keras_file(tmp_path, name, ending))
    assert predicts_the_same(model, name)


@pytest.mark.covers("saving.json", "models.model_from_json", "Model.to_json")
@names
def test_json_of_keras_and_ours_describe_the_same_model(tmp_path, name):
    model = models.model_from_json(keras_file(tmp_path, name, ".json").read_text()).to("numpy")
    again = models.model_from_json(model.to_json()).to("numpy")
    for one in (model, again):
        one.load_weights(keras_file(tmp_path, name, ".weights.h5"))
        assert predicts_the_same(one, name)
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]


@pytest.mark.covers("Model.save")
@pytest.mark.parametrize("ending", [".keras", ".h5", ".hdf5", "", ".fcnn"])
@names
def test_our_own_files_hold_everything(tmp_path, name, ending):
    model = models.load_model(keras_file(tmp_path, name, ".keras")).to("numpy")
    model.save(tmp_path / f"ours{ending}")
    again = models.load_model(tmp_path / f"ours{ending}").to("numpy")
    assert predicts_the_same(again, name)
    assert trains_on_the_same(again, name)


@pytest.mark.covers("models.save_model")
def test_save_model_is_save(tmp_path):
    model = models.load_model(keras_file(tmp_path, next(iter(NETWORKS)), ".keras")).to("numpy")
    for ending in (".keras", ".h5"):
        models.save_model(model, tmp_path / f"ours{ending}")
        assert predicts_the_same(models.load_model(tmp_path / f"ours{ending}").to("numpy"), next(iter(NETWORKS)))
        with pytest.raises(FileExistsError):
            models.save_model(model, tmp_path / f"ours{ending}", overwrite=False)
    with pytest.raises(ValueError, match="zipped is not supported"):
        models.save_model(model, tmp_path / "ours.keras", zipped=False)


@names
def test_the_config_is_that_of_keras(tmp_path, name):
    """Our files name and order everything as Keras's do: layers, calls, weights, optimizer."""
    path = keras_file(tmp_path, name, ".keras")
    models.load_model(path).save(tmp_path / "ours.keras")
    configs, places = [], []
    for file in (path, tmp_path / "ours.keras"):
        with zipfile.ZipFile(file) as archive:
            assert archive.namelist() == ["metadata.json", "config.json", "model.weights.h5"]
            configs.append(json.loads(archive.read("config.json")))
            found: list[tuple[str, tuple]] = []
            with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as root:
                root.visititems(lambda n, o, into=found: into.append((n, getattr(o, "shape", None))))
        places.append([(place, shape) for place, shape in found if shape is not None])
    assert places[0] == places[1]
    theirs, ours = ([(e["class_name"], e["config"]["name"]) for e in c["config"]["layers"]] for c in configs)
    assert theirs == ours
    for key in ("input_layers", "output_layers"):
        assert configs[0]["config"].get(key) == configs[1]["config"].get(key)


@pytest.mark.covers("models.clone_model", "Model.get_config", "Model.from_config")
@names
def test_clones_have_the_same_layers_and_fresh_weights(name):
    model = NETWORKS[name](fastcnn).to("numpy")
    clone = models.clone_model(model).to("numpy")
    assert clone.get_config() == model.get_config()
    assert [w.shape for w in clone.weights] == [w.shape for w in model.weights]
    assert clone.weights[0] is not model.weights[0]
    clone.set_weights(model.get_weights())
    x = GOLDEN[f"{name}/x"]
    assert np.array_equal(clone.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.parametrize("ending", [".keras", ".h5", ".fcnn"])
def test_a_loaded_model_can_be_extended(tmp_path, ending):
    models.load_model(keras_file(tmp_path, "tutorial", ".keras")).save(tmp_path / f"m{ending}")
    model = models.load_model(tmp_path / f"m{ending}").to("numpy")
    model.pop()
    model.add(fastcnn.layers.Dense(3, name="new"))
    model.compile("adam", "mse")
    model.train_on_batch(GOLDEN["tutorial/x"], np.zeros((6, 3)))
    assert np.isfinite(model.get_weights()[-2]).all()


@pytest.mark.parametrize("ending", [".keras", ".h5", ".fcnn"])
def test_without_the_optimizer_a_model_comes_back_to_be_compiled(tmp_path, ending):
    model = models.load_model(keras_file(tmp_path, "tutorial", ".keras"))
    model.save(tmp_path / f"m{ending}", include_optimizer=False)
    for found in (
        models.load_model(tmp_path / f"m{ending}"),
        models.load_model(tmp_path / f"m{ending}", compile=False),
    ):
        assert found.optimizer is None
        assert predicts_the_same(found.to("numpy"), "tutorial")


def test_an_optimizer_state_that_does_not_fit_is_told(tmp_path):
    path = keras_file(tmp_path, "tutorial", ".h5")
    with h5py.File(path, "r+") as file:
        listed = list(file["optimizer_weights"].attrs["weight_names"])
        file["optimizer_weights"].attrs["weight_names"] = listed[:-1]
    with pytest.warns(UserWarning, match="goes on with a fresh optimizer"):
        model = models.load_model(path)
    assert model.optimizer.iterations == 0
    assert predicts_the_same(model.to("numpy"), "tutorial")


@pytest.mark.parametrize(
    ("name", "snake"),
    [("Conv2DTranspose", "conv2d_transpose"), ("PReLU", "p_re_lu"), ("ReLU", "re_lu"), ("ELU", "elu")],
)
def test_layers_are_named_as_in_keras(name, snake):
    assert naming.snake_case(name) == snake


@pytest.mark.parametrize(
    ("options", "error", "reason"),
    [
        ({"save_format": "tf"}, ValueError, "save_format must be"),
        ({"zipped": False}, ValueError, "zipped is not supported"),
        ({"nonsense": 1}, TypeError, "unexpected argument 'nonsense'"),
    ],
)
def test_options_of_tf_keras_that_mean_something_else_are_refused(tmp_path, options, error, reason):
    model = NETWORKS["tutorial"](fastcnn)
    with pytest.raises(error, match=reason):
        model.save(tmp_path / "m", **options)
    model.save(tmp_path / "m", save_format="keras", zipped=True)
    assert zipfile.is_zipfile(tmp_path / "m")
