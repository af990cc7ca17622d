"""fit, evaluate, predict and their one-batch forms: where data come from, what is counted, what is refused."""

import numpy as np
import pytest

from fastcnn import Sequential, callbacks, layers
from fastcnn.training.execute import NonFiniteLossError
from fastcnn.utils import PyDataset, set_random_seed

RNG = np.random.default_rng(0)
X = RNG.standard_normal((20, 6, 6, 1)).astype("f4")
LABELS = RNG.integers(0, 3, 20)
ONE_HOT = np.eye(3, dtype="f4")[LABELS]
BINARY = (LABELS > 0).astype("f4")


def network(
    units: int = 3, activation: str | None = "softmax", loss: str = "sparse_categorical_crossentropy", **kwargs
):
    set_random_seed(1)
    body = [layers.Conv2D(2, 3, activation="relu", input_shape=(6, 6, 1)), layers.Flatten()]
    model = Sequential([*body, layers.Dense(units, activation=activation)], backend="numpy")
    model.compile("sgd", loss, metrics=["accuracy"], **kwargs)
    return model


def batches(size: int = 5, endless: bool = False):
    """A plain generator over the samples."""
    while True:
        for start in range(0, 20, size):
            yield X[start : start + size], LABELS[start : start + size]
        if not endless:
            return


class Counted(PyDataset):
    """A dataset that notes what was asked of it."""

    def __init__(self):
        super().__init__()
        self.asked: list[int] = []
        self.epochs = 0

    def __len__(self) -> int:
        return 4

    def __getitem__(self, index: int):
        self.asked.append(index)
        return X[5 * index : 5 * index + 5], LABELS[5 * index : 5 * index + 5]

    def on_epoch_end(self) -> None:
        self.epochs += 1


class Steps(callbacks.Callback):
    """Counts the steps of each epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        self.__dict__.setdefault("counts", []).append(0)

    def on_train_batch_end(self, batch, logs=None):
        self.counts[-1] += 1


def trained(*args: object, **kwargs: object) -> tuple[list[np.ndarray], list[int]]:
    """Weights after fit, and the steps of each epoch."""
    model, steps = network(), Steps()
    model.fit(*args, verbose=0, callbacks=[steps], **kwargs)
    return model.get_weights(), steps.counts


def assert_same(first: list[np.ndarray], second: list[np.ndarray]) -> None:
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.covers("Model.fit", "models.Sequential", "utils.Sequence")
def test_arrays_generators_and_datasets_train_alike():
    expected, counts = trained(X, LABELS, batch_size=5, shuffle=False, epochs=2)
    assert counts == [4, 4]
    for data, options in (
        (batches(endless=True), {"steps_per_epoch": 4}),
        (list_dataset(), {}),
        (Counted(), {"shuffle": False}),
    ):
        weights, counts = trained(data, epochs=2, **options)
        assert counts == [4, 4]
        assert_same(weights, expected)


def list_dataset() -> object:
    """Something that can be iterated again and again, and nothing more."""

    class Iterable:
        def __iter__(self):
            return batches()

    return Iterable()


def test_dataset_is_asked_for_every_batch_once_an_epoch_in_shuffled_order():
    data = Counted()
    model = network()
    model.fit(data, epochs=3, verbose=0)
    asked = data.asked[-12:]
    assert [sorted(asked[i : i + 4]) for i in (0, 4, 8)] == [[0, 1, 2, 3]] * 3
    assert len({tuple(asked[i : i + 4]) for i in (0, 4, 8)}) > 1
    assert data.epochs == 3


@pytest.mark.parametrize("make", [lambda: (X, LABELS), lambda: (Counted(),)])
def test_more_steps_than_one_pass_go_on_drawing(make):
    _, counts = trained(*make(), epochs=2, steps_per_epoch=7, **({"batch_size": 5} if len(make()) == 2 else {}))
    assert counts == [7, 7]


def test_fractions_of_steps_count_as_a_last_step():
    _, counts = trained(X, LABELS, batch_size=5, steps_per_epoch=20 / 8)
    assert counts == [3]


@pytest.mark.covers("trap.3")
def test_generator_that_runs_out_ends_its_epoch_with_a_warning_and_then_training():
    steps, model = Steps(), network()
    with pytest.warns(UserWarning, match=r"ran out of batches: this epoch has 1 of 3. Let it yield enough"):
        history = model.fit(batches(), steps_per_epoch=3, epochs=2, verbose=0, callbacks=[steps])
    assert (steps.counts, history.epoch) == ([3, 1], [0, 1])
    with pytest.warns(UserWarning, match="this epoch has 0 of at least one"):
        history = network().fit(batches(), epochs=3, verbose=0)
    assert history.epoch == [0]
    with pytest.raises(ValueError, match="no batches left"):
        network().fit(iter([]), verbose=0)


def test_fit_generator_of_keras_1_counts_samples_and_of_keras_2_batches():
    class Iterator(Counted):
        batch_size = 5

    for options in ({"samples_per_epoch": 10, "nb_epoch": 2}, {"steps_per_epoch": 2, "epochs": 2}):
        model, steps = network(), Steps()
        model.fit_generator(Iterator(), verbose=0, callbacks=[steps], max_q_size=10, nb_worker=1, **options)
        assert steps.counts == [2, 2]
    model = network()
    data = Iterator()
    model.fit_generator(Iterator(), 1, 1, 0, validation_data=data, nb_val_samples=15)
    assert [i for i in data.asked if i] == [1, 2]
    assert model.evaluate_generator(Iterator(), val_samples=20) == model.evaluate(X, LABELS, batch_size=5, verbose=0)
    np.testing.assert_array_equal(model.predict_generator(Iterator(), steps=2), model.predict(X[:10], 5, 0))


@pytest.mark.covers("Model.fit", "Model.compile")
def test_epochs_validation_and_history_follow_the_arguments():
    model = network()
    history = model.fit(X, LABELS, epochs=5, initial_epoch=2, validation_split=0.25, validation_freq=2, verbose=0)
    assert history.epoch == [2, 3, 4]
    assert len(history.history["loss"]) == 3
    assert len(history.history["val_loss"]) == 1
    assert history.history["acc"] == history.history["accuracy"]
    assert model.history is history


@pytest.mark.covers("Model.fit", "trap.10")
def test_shuffle_changes_the_order_and_validation_split_takes_the_last_samples():
    ordered, shuffled = (trained(X, LABELS, batch_size=5, shuffle=value)[0] for value in (False, True))
    assert any((a != b).any() for a, b in zip(ordered, shuffled, strict=True))
    assert_same(
        trained(X, LABELS, batch_size=5, shuffle=False, validation_split=0.25)[0],
        trained(X[:15], LABELS[:15], batch_size=5, shuffle=False)[0],
    )


@pytest.mark.covers("Model.fit", "trap.13")
def test_sample_weights_and_class_weights_say_the_same():
    class_weight = {0: 0.5, 1: 2.0, 2: 1.0}
    weights = np.array([class_weight[label] for label in LABELS])
    expected, _ = trained(X, LABELS, shuffle=False, sample_weight=weights)
    for given in (class_weight, [0.5, 2.0, 1.0], np.array([0.5, 2.0, 1.0])):
        assert_same(trained(X, LABELS, shuffle=False, class_weight=given)[0], expected)
    assert any((a != b).any() for a, b in zip(trained(X, LABELS, shuffle=False)[0], expected, strict=True))


def test_sample_of_weight_zero_does_not_matter():
    weights, wrong = np.ones(20), LABELS.copy()
    weights[3], wrong[3] = 0, (LABELS[3] + 1) % 3
    assert_same(
        trained(X, wrong, shuffle=False, sample_weight=weights)[0],
        trained(X, LABELS, shuffle=False, sample_weight=weights)[0],
    )


@pytest.mark.covers(
    "Model.train_on_batch", "Model.test_on_batch", "Model.predict_on_batch", "Model.evaluate", "Model.predict"
)
def test_one_batch_methods_agree_with_evaluate_and_predict():
    model = network()
    tested = model.test_on_batch(X, LABELS, return_dict=True)
    assert list(tested) == ["loss", "accuracy"]
    assert model.evaluate(X, LABELS, batch_size=20, verbose=0) == list(tested.values())
    np.testing.assert_array_equal(model.predict_on_batch(X), model.predict(X, batch_size=20, verbose=0))
    np.testing.assert_array_equal(model(X), model.predict_on_batch(X))
    assert model.train_on_batch(X, LABELS) == list(tested.values())  # before the update
    assert model.test_on_batch(X, LABELS)[0] < tested["loss"]
    assert model.predict_classes(X).shape == (20,)


@pytest.mark.covers("Model.evaluate")
def test_evaluate_weighs_a_smaller_last_batch_by_its_samples():
    model = network()
    whole = model.evaluate(X, LABELS, batch_size=20, verbose=0)
    # float32 losses, averaged in two ways
    assert model.evaluate(X, LABELS, batch_size=6, verbose=0) == pytest.approx(whole, rel=1e-6)


WRONG_DATA = [
    ({"x": X[:, :5]}, r"expects inputs of shape \('batch', 6, 6, 1\). Received: \('batch', 5, 6, 1\) from x"),
    ({"x": X[..., 0]}, "Add the channel axis"),
    ({"x": np.repeat(X, 3, axis=-1)}, "The last axis holds the channels"),
    ({"validation_data": (X[:, :5], LABELS)}, r"\('batch', 5, 6, 1\) from validation_data"),
    ({"y": LABELS[:-1]}, "x and y must have as many samples. Received: 20 and 19"),
    ({"sample_weight": np.ones(3)}, "x and sample_weight must have as many samples"),
    ({"x": X[:0], "y": LABELS[:0]}, "x holds no samples"),
    ({"y": LABELS + 1}, r"labels must be whole numbers from 0 to 2.*Received: 3"),
    ({"y": LABELS + 0.5}, "labels must be whole numbers"),
    ({"y": ONE_HOT}, "For one-hot labels use loss='categorical_crossentropy'"),
    ({"y": np.array(["cat"] * 20)}, "labels must be numbers"),
    ({"y": np.where(LABELS, np.nan, 0)}, "the labels hold NaN or infinity"),
    ({"validation_data": (X, LABELS + 1)}, "labels of validation_data: .* whole numbers from 0 to 2"),
    ({"batch_size": 0}, "batch_size must be a positive integer. Received: 0"),
    ({"steps_per_epoch": 0}, "steps_per_epoch must be a positive number of batches"),
    ({"validation_split": 0.99}, "validation_split must leave samples on both sides"),
    ({"y": None}, "without labels"),
]


@pytest.mark.covers("trap.12")
@pytest.mark.parametrize(("changed", "message"), WRONG_DATA, ids=range(len(WRONG_DATA)))
def test_wrong_data_are_refused_before_the_first_step(changed, message):
    model = network()
    before = model.get_weights()
    with pytest.raises(ValueError, match=message):
        model.fit(**{"x": X, "y": LABELS, "verbose": 0} | changed)
    assert_same(before, model.get_weights())
    assert model.optimizer.iterations == 0


@pytest.mark.parametrize(
    ("units", "activation", "loss", "labels", "message"),
    [
        (3, "softmax", "categorical_crossentropy", LABELS, "use loss='sparse_categorical_crossentropy'"),
        (3, "softmax", "categorical_crossentropy", np.eye(4)[LABELS], "units must equal the number of classes"),
        (3, "softmax", "categorical_crossentropy", ONE_HOT * 2, r"labels must be in \[0, 1\]. Received: 2"),
        (1, "sigmoid", "binary_crossentropy", ONE_HOT, "One-hot labels need as many units"),
        (1, "sigmoid", "binary_crossentropy", LABELS, "For more than two classes use softmax"),
        (2, "sigmoid", "binary_crossentropy", BINARY, "One unit in the last layer serves two classes"),
        (2, None, "mse", BINARY, r"expected labels of shape \(batch, 2\)"),
    ],
)
def test_labels_that_do_not_fit_the_loss_are_refused_with_advice(units, activation, loss, labels, message):
    model = network(units, activation, loss)
    with pytest.raises(ValueError, match=message):
        model.fit(X, labels, verbose=0)
    assert model.optimizer.iterations == 0


def test_what_must_be_said_first_is_asked_for():
    model = Sequential([layers.Flatten(input_shape=(6, 6, 1)), layers.Dense(3)])
    for method in (model.fit, model.evaluate, model.train_on_batch, model.test_on_batch):
        with pytest.raises(RuntimeError, match=r"call model.compile\(optimizer=..., loss=...\) first"):
            method(X, LABELS)
    with pytest.raises(ValueError, match="compile: expected a loss"):
        model.compile("adam")
    with pytest.raises(ValueError, match="the model has no layers"):
        Sequential().predict(X)
    with pytest.raises(ValueError, match="y must be left out when x is a Counted"):
        network().fit(Counted(), LABELS)
    with pytest.raises(ValueError, match="give validation_data"):
        network().fit(Counted(), validation_split=0.2)


def test_nan_in_the_data_stops_training_with_epoch_and_step_and_keeps_the_weights():
    model, bad = network(), X.copy()
    bad[12, 2, 2, 0] = np.nan
    expected, _ = trained(X[:10], LABELS[:10], batch_size=5, shuffle=False)
    message = r"epoch 1, step 3: loss is nan; the data hold NaN or infinity \(sample 2 of this batch\)"
    with pytest.raises(NonFiniteLossError, match=message):
        model.fit(bad, LABELS, batch_size=5, shuffle=False, verbose=0)
    assert_same(model.get_weights(), expected)


def test_terminate_on_nan_ends_training_without_an_error():
    model, bad = network(), X.copy()
    bad[12] = np.inf
    with np.errstate(all="ignore"):
        history = model.fit(
            bad, LABELS, batch_size=5, shuffle=False, epochs=3, verbose=0, callbacks=[callbacks.TerminateOnNaN()]
        )
    assert len(history.epoch) == 1
    assert all(np.isfinite(w).all() for w in model.get_weights())
