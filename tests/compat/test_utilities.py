"""Utilities that Keras 3 does not have."""

import h5py
import numpy as np
import pytest

from fastcnn import Sequential, layers, utils
from fastcnn.preprocessing import image


@pytest.mark.covers("utils.print_summary", "utils.multi_gpu_model")
def test_print_summary_and_multi_gpu_model(capsys):
    model = Sequential([layers.Dense(3, input_shape=(2,))])
    utils.print_summary(model)
    printed = capsys.readouterr().out
    model.summary()
    assert printed == capsys.readouterr().out
    assert utils.multi_gpu_model(model, gpus=2) is model


@pytest.mark.covers("utils.HDF5Matrix")
def test_hdf5_matrix_is_an_array(tmp_path):
    x, y = np.random.default_rng(1).random((20, 3), np.float32), np.arange(20.0, dtype="f4")
    with h5py.File(tmp_path / "data.h5", "w") as file:
        file["x"], file["y"] = x, y
    path = str(tmp_path / "data.h5")
    matrix = utils.HDF5Matrix(path, "x", 5, 15, normalizer=lambda v: v * 2)
    assert (len(matrix), matrix.shape, matrix.ndim, matrix.dtype) == (10, (10, 3), 2, np.float32)
    np.testing.assert_array_equal(matrix[2:4], 2 * x[7:9])
    np.testing.assert_array_equal(np.asarray(matrix, dtype="f8"), 2 * x[5:15].astype("f8"))
    model = Sequential([layers.Dense(1, input_shape=(3,))])
    model.compile("sgd", "mse")
    history = model.fit(matrix, utils.HDF5Matrix(path, "y", 5, 15), batch_size=5, verbose=0)
    assert len(history.history["loss"]) == 1
    with pytest.raises(ValueError, match="has no data set 'z'"):
        len(utils.HDF5Matrix(path, "z"))


@pytest.mark.covers("utils.load_img", "utils.img_to_array", "utils.array_to_img", "utils.save_img")
def test_functions_on_photos_are_utils_too():
    for name in ("load_img", "img_to_array", "array_to_img", "save_img"):
        assert getattr(utils, name) is getattr(image, name)
    assert utils.np_utils.to_categorical is utils.to_categorical
