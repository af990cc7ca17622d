"""A saved model is the same model: outputs, optimizer state, the steps that follow."""

import numpy as np
import pytest

from fastcnn import Sequential, layers, load_model, optimizers
from fastcnn.optimizers import schedules
from fastcnn.saving.header import ModelFileError
from fastcnn.utils import set_random_seed

RNG = np.random.default_rng(0)
X = RNG.standard_normal((6, 8, 8, 2)).astype("f4")
LABELS = RNG.integers(0, 3, 6)
OPTIMIZERS = [
    lambda: optimizers.SGD(0.05),
    lambda: optimizers.SGD(lr=0.05, momentum=0.9, nesterov=True, decay=0.1),
    lambda: optimizers.RMSprop(0.01),
    lambda: optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    lambda: optimizers.Adam(0.01),
    lambda: optimizers.Adam(0.01, amsgrad=True, beta_1=0.7),
    lambda: optimizers.AdamW(0.01, weight_decay=0.1),
    lambda: optimizers.Adam(schedules.ExponentialDecay(0.01, 2, 0.5)),
]


def network(optimizer: object = "adam", loss: object = "sparse_categorical_crossentropy") -> Sequential:
    set_random_seed(2)
    body = [layers.Input((8, 8, 2)), layers.Conv2D(4, 3, padding="same", activation="relu"), layers.MaxPooling2D()]
    body += [layers.BatchNormalization(), layers.Flatten(), layers.Dropout(0.4), layers.Dense(3, activation="softmax")]
    model = Sequential(body, backend="numpy")
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


def steps(model: Sequential, number: int) -> list[list[float]]:
    return [model.train_on_batch(X, LABELS) for _ in range(number)]


def assert_same(first: list[np.ndarray], second: list[np.ndarray]) -> None:
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("make", OPTIMIZERS, ids=range(len(OPTIMIZERS)))
def test_training_goes_on_after_loading_as_if_it_had_never_stopped(make, tmp_path):
    whole, first = network(make()), network(make())
    losses = steps(whole, 6)
    assert steps(first, 3) == losses[:3]
    first.save(tmp_path / "model.fcnn")
    second = load_model(tmp_path / "model.fcnn").to("numpy")
    assert second.optimizer.iterations == 3
    assert second.optimizer.get_config() == first.optimizer.get_config()
    assert steps(second, 3) == losses[3:]
    assert_same(second.get_weights(), whole.get_weights())
    assert_same(*([v.numpy() for v in m.optimizer.variables] for m in (second, whole)))


def test_loaded_model_predicts_and_evaluates_the_same_bits(tmp_path):
    model = network()
    steps(model, 2)
    model.save(tmp_path / "model.fcnn")
    loaded = load_model(tmp_path / "model.fcnn").to("numpy")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    assert loaded.evaluate(X, LABELS, verbose=0) == model.evaluate(X, LABELS, verbose=0)
    assert loaded.get_config() == model.get_config()
    assert loaded.metrics_names == ["loss", "accuracy"]


def test_model_loaded_without_compile_only_predicts(tmp_path):
    model = network()
    model.save(tmp_path / "model.fcnn")
    loaded = load_model(tmp_path / "model.fcnn", compile=False).to("numpy")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    with pytest.raises(RuntimeError, match=r"call model.compile"):
        loaded.fit(X, LABELS)


@pytest.mark.parametrize("thaw_before_saving", [False, True])
def test_slots_find_their_weights_when_layers_were_frozen_for_a_while(thaw_before_saving, tmp_path):
    optimizer = optimizers.Adam(0.01)
    model = network(optimizer)
    model.layers[0].trainable = False
    model.compile(optimizer, "sparse_categorical_crossentropy", ["accuracy"])
    steps(model, 2)
    if thaw_before_saving:
        model.layers[0].trainable = True
        model.compile(optimizer, "sparse_categorical_crossentropy", ["accuracy"])
        steps(model, 2)
    model.save(tmp_path / "model.fcnn")
    loaded = load_model(tmp_path / "model.fcnn").to("numpy")
    assert loaded.layers[0].trainable is thaw_before_saving
    assert steps(loaded, 2) == steps(model, 2)
    assert_same(loaded.get_weights(), model.get_weights())


def test_one_optimizer_object_used_for_two_models_is_saved_with_each(tmp_path):
    optimizer = optimizers.Adam(0.01)
    first, second = network(optimizer), network(optimizer)
    steps(first, 1)
    steps(second, 1)
    second.save(tmp_path / "model.fcnn")
    loaded = load_model(tmp_path / "model.fcnn").to("numpy")
    assert len(loaded.optimizer.variables) == 2 * len(second.trainable_weights)
    assert steps(loaded, 2) == steps(second, 2)


def test_weights_file_carries_weights_into_another_model_of_the_same_shapes(tmp_path):
    model, other = network(), network("sgd")
    steps(model, 2)
    model.save_weights(tmp_path / "w.weights.fcnn")
    other.load_weights(tmp_path / "w.weights.fcnn")
    assert_same(other.get_weights(), model.get_weights())
    smaller = Sequential([layers.Input((3,)), layers.Dense(2)])
    before = smaller.get_weights()
    with pytest.raises(ModelFileError, match="the file is of another network"):
        smaller.load_weights(tmp_path / "w.weights.fcnn")
    assert_same(before, smaller.get_weights())


def test_damaged_file_is_refused(tmp_path):
    path = tmp_path / "model.fcnn"
    network().save(path)
    whole = path.read_bytes()
    for position in (10, len(whole) // 2, len(whole) - 3):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x10]) + whole[position + 1 :])
        with pytest.raises(ModelFileError):
            load_model(path)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelFileError):
        load_model(path)


def test_save_says_what_it_cannot_do(tmp_path):
    with pytest.raises(ValueError, match="not written here"):
        network().save(tmp_path / "model.onnx")
    with pytest.raises(ValueError, match="the model has no weights yet"):
        Sequential([layers.Dense(2)]).save(tmp_path / "model.fcnn")
    network().save(tmp_path / "model.fcnn")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        network().save(tmp_path / "model.fcnn", overwrite=False)
    with pytest.raises(ValueError, match="a schedule without get_config cannot be stored"):
        network(optimizers.SGD(lambda step: 0.1)).save(tmp_path / "other.fcnn")
    assert not (tmp_path / "other.fcnn").exists()


def test_model_without_compile_and_layers_of_every_kind_survive_the_file(tmp_path):
    body = [layers.Input((8, 8, 2)), layers.Rescaling(0.5, -1), layers.Conv2D(4, 3, strides=2, use_bias=False)]
    body += [layers.LeakyReLU(0.2), layers.AveragePooling2D(2, padding="same"), layers.ELU(0.5), layers.ReLU(6.0)]
    body += [layers.Activation("tanh"), layers.Reshape((-1, 4)), layers.Dense(3), layers.Softmax(), layers.Flatten()]
    model = Sequential(body, backend="numpy")
    model.save(tmp_path / "model.fcnn")
    loaded = load_model(tmp_path / "model.fcnn").to("numpy")
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    for pooling in (layers.GlobalAveragePooling2D(keepdims=True), layers.GlobalMaxPooling2D()):
        model = Sequential([layers.Input((8, 8, 2)), pooling], backend="numpy")
        model.save(tmp_path / "model.fcnn")
        loaded = load_model(tmp_path / "model.fcnn").to("numpy")
        np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
