"""Methods of models in the words of Keras 0.3 to 2.3."""

import numpy as np
import pytest

import fastcnn
from fastcnn import Sequential, layers
from fastcnn.callbacks import Callback
from fastcnn.preprocessing.image import ImageDataGenerator

X = np.random.default_rng(1).random((10, 4, 4, 1), np.float32)
Y = np.arange(10) % 2


class Steps(Callback):
    """Counts each epoch's steps and samples."""

    def __init__(self):
        super().__init__()
        self.counts = []

    def on_epoch_begin(self, epoch, logs=None):
        self.counts.append(0)

    def on_batch_end(self, batch, logs=None):
        self.counts[-1] += 1


def network() -> Sequential:
    model = Sequential([layers.Flatten(input_shape=(4, 4, 1)), layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy", class_mode="binary", theano_mode=None)
    return model


def folders():
    """Ten photos in batches of four: 4, 4, 2."""
    flow = ImageDataGenerator().flow(X, Y, batch_size=4, shuffle=False)
    flow.samples = flow.n
    return flow


def endless(size=3):
    while True:
        for start in range(0, 9, size):
            yield X[start : start + size], Y[start : start + size]


def steps_of(generator, *args, **kwargs) -> list[int]:
    model, steps = network(), Steps()
    model.fit_generator(generator, *args, verbose=0, callbacks=[steps], **kwargs)
    return steps.counts


@pytest.mark.covers("Model.fit_generator", "trap.2", "legacy.arguments.samples_per_epoch", "legacy.arguments.nb_epoch")
@pytest.mark.parametrize(
    ("args", "kwargs", "expected"),
    [
        ((), {"samples_per_epoch": 10, "nb_epoch": 2}, [3, 3]),
        ((), {"samples_per_epoch": 20, "nb_epoch": 1}, [6]),  # each pass ends with a batch of two
        ((), {"samples_per_epoch": 12, "nb_epoch": 1}, [4]),
        ((), {"samples_per_epoch": 4, "nb_epoch": 1, "nb_worker": 2, "max_q_size": 1, "pickle_safe": False}, [1]),
        ((10, 2), {}, [3, 3]),  # just the number of samples
        ((5, 2), {}, [5, 5]),
        ((8,), {"nb_epoch": 2}, [2, 2]),
        ((), {"steps_per_epoch": 10, "epochs": 1}, [10]),  # said by its name
        ((), {"steps_per_epoch": 10 / 4, "epochs": 1, "workers": 4, "use_multiprocessing": True}, [3]),
        ((), {"epochs": 2}, [3, 3]),
    ],
)
def test_fit_generator_counts_samples_or_batches(args, kwargs, expected):
    assert steps_of(folders(), *args, **kwargs) == expected


def test_samples_of_a_plain_generator_are_counted_as_they_come():
    assert steps_of(endless(), samples_per_epoch=6, nb_epoch=2) == [2, 2]
    assert steps_of(endless(), samples_per_epoch=7, nb_epoch=2) == [3, 3], "the last batch may overshoot"
    assert steps_of(endless(), steps_per_epoch=7, epochs=1) == [7]


@pytest.mark.covers("legacy.arguments.nb_val_samples")
def test_validation_counts_samples_too():
    model = network()
    flow = folders()
    history = model.fit_generator(
        folders(), samples_per_epoch=10, nb_epoch=1, verbose=0, validation_data=flow, nb_val_samples=8
    )
    assert flow.total_batches_seen == 2
    expected = model.evaluate(X[:8], Y[:8], verbose=0)
    assert history.history["val_loss"][0] == pytest.approx(expected)
    history = model.fit_generator(folders(), 10, 1, validation_data=(X, Y), nb_val_samples=3, verbose=0)
    assert history.history["val_loss"][0] == pytest.approx(model.evaluate(X, Y, verbose=0)), "arrays are used whole"


def test_a_number_of_steps_is_given_once():
    with pytest.raises(TypeError, match="give the number of batches or of samples once"):
        steps_of(folders(), 10, samples_per_epoch=10)


@pytest.mark.covers("Model.evaluate_generator", "Model.predict_generator", "legacy.arguments.val_samples")
def test_evaluate_and_predict_generator():
    model = network()
    whole = model.evaluate(X, Y, verbose=0)
    assert model.evaluate_generator(folders(), 10) == pytest.approx(whole)
    assert model.evaluate_generator(folders(), val_samples=10) == pytest.approx(whole)
    assert model.evaluate_generator(folders(), steps=3, max_queue_size=3) == pytest.approx(whole)
    np.testing.assert_allclose(model.predict_generator(folders(), 10), model.predict(X, verbose=0), rtol=1e-6)
    assert len(model.predict_generator(folders(), 2)) == 8


@pytest.mark.covers("Model.predict_classes", "Model.predict_proba")
def test_predict_classes_and_predict_proba():
    model = network()
    found = model.predict(X, verbose=0)
    np.testing.assert_array_equal(model.predict_proba(X), found)
    classes = model.predict_classes(X, batch_size=5, verbose=0)
    np.testing.assert_array_equal(classes, found > 0.5)
    assert (classes.shape, classes.dtype) == ((10, 1), np.int32)
    many = Sequential([layers.Flatten(input_shape=(4, 4, 1)), layers.Dense(3, activation="softmax")])
    np.testing.assert_array_equal(many.predict_classes(X), many.predict(X, verbose=0).argmax(-1))


@pytest.mark.covers("legacy.arguments.show_accuracy", "legacy.arguments.class_mode")
def test_show_accuracy_of_keras_0_3_is_the_accuracy_metric():
    model = network()
    history = model.fit(X, Y, nb_epoch=2, show_accuracy=True, verbose=0)
    assert len(history.history["acc"]) == 2
    _, accuracy = model.evaluate(X, Y, show_accuracy=True, verbose=0)
    assert accuracy == pytest.approx(np.mean((model.predict(X, verbose=0)[:, 0] > 0.5) == Y))
    assert np.isscalar(network().evaluate(X, Y, show_accuracy=False, verbose=0))


def test_settings_that_are_no_more_are_refused_unless_harmless():
    model = network()
    model.compile("sgd", "mse", sample_weight_mode=None)
    with pytest.raises(TypeError, match="compile: sample_weight_mode can no longer be chosen"):
        model.compile("sgd", "mse", sample_weight_mode="temporal")


def test_prediction_is_silent_where_it_was(capsys):
    model = network()
    with fastcnn.config.using(era="keras2"):
        model.predict(X)
        assert capsys.readouterr().out == ""
    model.predict(X)
    assert "1/1" in capsys.readouterr().out


def test_what_only_other_kinds_of_networks_or_files_needed():
    network().reset_states()
    with pytest.raises(NotImplementedError, match="use to_json"):
        network().to_yaml()


def test_a_new_folder_is_made_for_a_model(tmp_path):
    network().save(tmp_path / "saved_model" / "mine")
    network().save_weights(tmp_path / "checkpoints" / "mine")
    assert sorted(p.name for p in tmp_path.rglob("mine*")) == ["mine", "mine"]
