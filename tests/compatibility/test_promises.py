"""What Keras's documentation promises of models beyond single arguments, and scripts rely on."""

import numpy as np
import pytest

from fastcnn import Sequential, backend, callbacks, layers, models
from fastcnn.preprocessing.image import ImageDataGenerator

covers = pytest.mark.covers
X = np.random.default_rng(0).random((20, 8, 8, 3)).astype("f4")
Y = np.arange(20) % 3


def network(metrics: tuple = ("accuracy",)) -> Sequential:
    model = Sequential(
        [
            layers.Conv2D(4, 3, input_shape=(8, 8, 3)),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=list(metrics))
    return model


@covers("models.Sequential", "backend.clear_session")
def test_names_are_made_of_classes_and_numbered_from_the_second():
    backend.clear_session()
    model = network()
    model.add(layers.Dense(2))
    assert model.name == "sequential"
    assert [layer.name for layer in model.layers] == ["conv2d", "max_pooling2d", "flatten", "dense", "dense_1"]


@covers("Model.evaluate")
def test_evaluate_gives_a_number_a_list_or_a_dictionary():
    assert isinstance(network(()).evaluate(X, Y, verbose=0), float)
    model = network()
    loss, accuracy = model.evaluate(X, Y, verbose=0)
    assert model.evaluate(X, Y, verbose=0, return_dict=True) == {"loss": loss, "accuracy": accuracy}
    assert list(model.metrics_names) == ["loss", "accuracy"]


@covers("Model.predict")
def test_predict_leaves_labels_of_a_generator_alone():
    model = network()
    batches = ((X[at : at + 5], Y[at : at + 5]) for at in (0, 5, 10, 15))
    found = model.predict(batches, steps=3, verbose=0)
    assert (found.shape, found.dtype) == ((15, 3), np.float32)
    np.testing.assert_allclose(found, model.predict(X[:15], verbose=0), rtol=1e-5)


@covers("Model.fit")
def test_classes_without_a_weight_weigh_one():
    model, all_named = network(), network()
    all_named.set_weights(model.get_weights())
    model.fit(X, Y, class_weight={0: 3.0}, shuffle=False, verbose=0)
    all_named.fit(X, Y, class_weight={0: 3.0, 1: 1.0, 2: 1.0}, shuffle=False, verbose=0)
    for ours, theirs in zip(model.get_weights(), all_named.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@covers("Model.fit")
@pytest.mark.parametrize("fraction", [0.9999, 1.0, -1.0])
def test_a_split_with_an_empty_side_is_refused(fraction):
    with pytest.raises(ValueError, match="must leave samples on both sides"):
        network().fit(X[:10], Y[:10], validation_split=fraction, verbose=0)


@covers("Model.fit", "callbacks.History")
def test_epochs_are_numbered_on_from_initial_epoch():
    history = network().fit(X, Y, initial_epoch=2, epochs=4, validation_split=0.25, verbose=0)
    assert history.epoch == [2, 3]
    assert set(history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(isinstance(value, float) for values in history.history.values() for value in values)


@covers("Model.fit")
def test_shuffle_may_keep_batches_together():
    seen = []

    class Peek(layers.Layer):
        def call(self, x):
            seen.append(x[:, 0].astype(int).tolist())
            return x

        def backward(self, dy):
            return dy

    model = Sequential([Peek(input_shape=(1,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    seen.clear()
    x = np.arange(40, dtype="f4")[:, None]
    model.fit(x, x / 40, batch_size=4, shuffle="batch", verbose=0)
    batches = [sorted(batch) for batch in seen if len(batch) == 4]
    assert sorted(batches) == np.arange(40).reshape(10, 4).tolist()
    assert batches != sorted(batches)


@covers("Model.compile")
def test_compiling_again_keeps_weights_and_forgets_the_optimizers_state():
    model = network()
    model.fit(X, Y, verbose=0)
    weights, before = model.get_weights(), model.optimizer
    model.compile("adam", "sparse_categorical_crossentropy")
    assert (int(before.iterations), int(model.optimizer.iterations)) == (1, 0)
    for old, new in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@covers("Model.__call__", "layers.Softmax")
def test_models_are_called_on_arrays_and_stand_in_models():
    model = network()
    found = model(X, training=False).numpy()
    np.testing.assert_allclose(found, model.predict(X, verbose=0), rtol=1e-5)
    twice = Sequential([model, layers.Softmax()]).predict(X, verbose=0)
    np.testing.assert_allclose(twice, np.exp(found) / np.exp(found).sum(-1, keepdims=True), rtol=1e-5)


@covers("layers.Dense", "layers.Activation")
@pytest.mark.parametrize(
    "given", [layers.ReLU(), backend.relu, "relu", layers.ReLU], ids=["layer", "K", "name", "class"]
)
def test_activations_are_given_in_every_way(given):
    model = Sequential([layers.Activation(given, input_shape=(2,))])
    np.testing.assert_array_equal(model.predict(np.array([[-1.0, 2.0]]), verbose=0), [[0, 2]])


@covers("Model.train_on_batch")
def test_results_of_single_batches_start_afresh():
    model = network()
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.optimizer.learning_rate = 0.0
    alone = model.test_on_batch(X[4:9], Y[4:9])
    model.train_on_batch(X[:4], Y[:4])
    np.testing.assert_allclose(model.train_on_batch(X[4:9], Y[4:9]), alone, rtol=1e-5)


@covers("callbacks.ReduceLROnPlateau", "callbacks.EarlyStopping")
def test_callbacks_of_a_tutorial_work_together():
    flow = ImageDataGenerator(rescale=1 / 255).flow(X * 255, Y, batch_size=5)
    slower = callbacks.ReduceLROnPlateau(monitor="loss", epsilon=10, patience=1, factor=0.5, min_lr=1e-6)
    stop = callbacks.EarlyStopping(monitor="loss", min_delta=10, patience=3, restore_best_weights=True)
    model = network()
    history = model.fit_generator(flow, steps_per_epoch=20 / 5, epochs=9, callbacks=[slower, stop], verbose=0)
    np.testing.assert_allclose(history.history["lr"], [0.001, 0.001, 0.0005, 0.00025])
    assert (stop.stopped_epoch, stop.best_epoch) == (3, 0)


@covers("models.Model")
def test_layers_say_what_they_read_and_make():
    model = network()
    first = model.layers[0]
    assert (first.input_shape, first.output_shape) == ((None, 8, 8, 3), (None, 6, 6, 4))
    middle = models.Model(inputs=model.input, outputs=model.layers[1].output)
    assert middle.predict(X, verbose=0).shape == (20, 3, 3, 4)


def several_inputs() -> models.Model:
    a, b = layers.Input((2,)), layers.Input((2,))
    return models.Model([a, b], layers.Add()([a, b]))


def several_outputs() -> models.Model:
    x = layers.Input((2,))
    model = models.Model(x, [layers.Dense(1)(x), layers.Dense(2)(x)])
    assert [len(y) for y in model.predict(np.ones((3, 2)), verbose=0)] == [3, 3]
    model.compile("sgd", "mse")
    return model


REFUSED = [
    ("layers.Dense", lambda: layers.Dense(2, lora_alpha=4), "lora_alpha is not supported"),
    ("layers.Dense", lambda: layers.Dense(2, quantization_config="int8"), "quantization_config is not supported"),
    ("layers.Input", lambda: layers.Input((2,), sparse=True), "sparse and ragged inputs do not exist"),
    ("layers.BatchNormalization", lambda: layers.BatchNormalization(renorm=True), "renorm"),
    ("layers.BatchNormalization", lambda: layers.BatchNormalization(synchronized=True), "synchronized"),
    ("callbacks.TensorBoard", lambda: callbacks.TensorBoard(embeddings_freq=1), "embeddings are not written"),
    ("Model.save", lambda: network().save("never.keras", zipped=False), "zipped is not supported"),
    ("Model.save", lambda: network().save("never", save_format="tf"), "TensorFlow's own formats"),
    ("Model.save_weights", lambda: network().save_weights("never.weights.h5", max_shard_size=1), "max_shard_size"),
    ("models.Model", several_inputs, "expected one input. Received 2"),
    (
        "models.Model",
        lambda: several_outputs().fit(np.ones((4, 2)), np.ones((4, 1)), verbose=0),
        "a model of one output",
    ),
]


@pytest.mark.parametrize(
    ("call", "message"), [pytest.param(call, message, marks=covers(row)) for row, call, message in REFUSED]
)
def test_what_is_left_out_is_refused_with_a_message(call, message):
    with pytest.raises(ValueError, match=message):
        call()
