"""A file's numeric defaults are those of the Keras that wrote it, whatever the present era."""

import json

import h5py
import numpy as np
import pytest

import fastcnn
from fastcnn import Sequential, layers

X = np.array([[-2.8, 1.0]], np.float32)
OLD, NEW = [[0.0, 0.7]], [[0.2 / 6, 4 / 6]]
eras = pytest.mark.parametrize("era", ["keras2", "keras3"])


def model_of(era: str) -> Sequential:
    with fastcnn.config.using(era=era):
        return Sequential([layers.Input((2,)), layers.Activation("hard_sigmoid")])


@eras
@pytest.mark.parametrize("ending", ["fcnn", "keras", "h5"])
@pytest.mark.parametrize(("made_in", "expected"), [("keras2", OLD), ("keras3", NEW)])
def test_our_files_keep_the_function(made_in, expected, ending, era, tmp_path):
    path = tmp_path / f"m.{ending}"
    model_of(made_in).save(path)
    with fastcnn.config.using(era=era):
        np.testing.assert_allclose(fastcnn.load_model(path).predict(X, verbose=0), expected, rtol=1e-5)


@eras
@pytest.mark.parametrize(
    ("version", "expected"), [(None, OLD), ("1.2.2", OLD), ("2.2.4", OLD), ("2.15.0", OLD), ("3.4.1", NEW)]
)
def test_hdf5_files_mean_the_function_of_their_version(version, expected, era, tmp_path):
    path = tmp_path / "m.h5"
    model_of("keras3").save(path)
    with h5py.File(path, "a") as file:
        del file.attrs["keras_version"]
        if version is not None:
            file.attrs["keras_version"] = version
    with fastcnn.config.using(era=era):
        np.testing.assert_allclose(fastcnn.load_model(path).predict(X, verbose=0), expected, rtol=1e-5)


@eras
@pytest.mark.parametrize(("version", "expected"), [("2.2.4", OLD), (None, NEW)])
def test_json_texts_mean_the_function_of_their_version(version, expected, era):
    config = json.loads(model_of("keras3").to_json())
    if version is not None:
        config = {"class_name": "Sequential", "config": config["config"], "keras_version": version}
    with fastcnn.config.using(era=era):
        model = fastcnn.models.model_from_json(json.dumps(config))
        np.testing.assert_allclose(model.predict(X, verbose=0), expected, rtol=1e-5)
