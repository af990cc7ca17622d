"""A user's own classes and functions under names."""

import numpy as np
import pytest

from fastcnn import (
    Sequential,
    activations,
    constraints,
    initializers,
    layers,
    losses,
    metrics,
    ops,
    regularizers,
    utils,
)
from fastcnn.models import load_model


@pytest.fixture(autouse=True)
def as_before():
    """What a test registers is forgotten after it."""
    with utils.custom_object_scope():
        yield


def doubled(x):
    return 2 * x


@pytest.mark.covers("utils.get_custom_objects")
def test_an_activation_of_ones_own_by_its_name():
    utils.get_custom_objects().update({"doubled": layers.Activation(doubled)})
    model = Sequential([layers.Dense(3, input_shape=(2,)), layers.Activation("doubled")])
    plain = Sequential(model.layers[:1])
    x = np.ones((4, 2), "f4")
    np.testing.assert_allclose(model.predict(x, verbose=0), 2 * plain.predict(x, verbose=0), rtol=1e-6)


@pytest.mark.covers("utils.custom_object_scope")
def test_a_scope_ends():
    with utils.custom_object_scope({"doubled": doubled}):
        assert activations.get("doubled") is doubled
        with utils.CustomObjectScope({"again": doubled}):
            assert activations.get("again") is doubled
    with pytest.raises(ValueError, match="unknown activation"):
        activations.get("doubled")


@pytest.mark.covers("utils.register_keras_serializable")
def test_registered_names():
    @utils.register_keras_serializable(package="mine")
    class Half(layers.Layer):
        def call(self, x):
            return x / 2

    assert utils.get_registered_name(Half) == "mine>Half"
    assert utils.get_registered_object("mine>Half") is utils.get_registered_object("Half") is Half
    assert utils.get_registered_object("other") is None
    assert utils.get_registered_name(doubled) == "doubled"
    with pytest.raises(ValueError, match="NoConfig has no get_config"):
        utils.register_keras_serializable()(type("NoConfig", (), {}))


@pytest.mark.covers("saving.register_keras_serializable")
def test_files_are_read_with_what_is_registered(tmp_path):
    @utils.register_keras_serializable()
    class Tripled(layers.Layer):
        def call(self, x):
            return 3 * x

    model = Sequential([layers.Dense(2, input_shape=(3,)), Tripled()])
    model.save(tmp_path / "m.keras")
    x = np.ones((1, 3), "f4")
    np.testing.assert_allclose(load_model(tmp_path / "m.keras").predict(x), model.predict(x), rtol=1e-6)
    utils.get_custom_objects().clear()
    with pytest.raises(ValueError, match="Tripled"):
        load_model(tmp_path / "m.keras")


def test_all_families_know_a_users_names():
    def dice(y_true, y_pred):
        return 1 - ops.sum(y_true * y_pred)

    def small(w):
        return 0.1 * ops.sum(w * w)

    with utils.custom_object_scope({"dice": dice, "small": small, "Mine": regularizers.L2, "ones2": initializers.Ones}):
        assert losses.get("dice") is dice
        assert regularizers.get("small") is small
        assert constraints.get("small") is small
        assert isinstance(regularizers.get("Mine"), regularizers.L2)
        assert metrics.get("dice").name == "dice"
        assert initializers.get("ones2")((2,)).tolist() == [1, 1]
        model = Sequential([layers.Dense(1, input_shape=(2,), kernel_regularizer="small")])
        model.compile("sgd", "dice", metrics=["dice"])
        logs = model.train_on_batch(np.ones((4, 2)), np.ones(4), return_dict=True)
        assert set(logs) == {"loss", "dice"}
