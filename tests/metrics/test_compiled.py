"""Metrics in compile, fit and evaluate: what may be given, names, order, weights, Keras 1's meanings."""

import numpy as np
import pytest

from fastcnn import Sequential, config, layers, losses, metrics
from fastcnn.utils import set_random_seed

RNG = np.random.default_rng(0)
X = RNG.standard_normal((22, 4)).astype("f4")
LABELS = RNG.integers(0, 2, 22)
ONE_HOT = np.eye(2, dtype="f4")[LABELS]
WEIGHTS = RNG.uniform(0.5, 2, 22)


def compiled(units: int = 1, loss: str = "binary_crossentropy", **kwargs: object) -> Sequential:
    set_random_seed(1)
    activation = "sigmoid" if units == 1 else "softmax"
    model = Sequential([layers.Input((4,)), layers.Dense(units, activation=activation)], backend="numpy")
    model.compile("sgd", loss, **kwargs)
    return model


def evaluated(labels: np.ndarray = LABELS, weights: np.ndarray | None = None, **kwargs: object) -> dict[str, float]:
    model = compiled(**kwargs)
    return model.evaluate(X, labels, batch_size=8, sample_weight=weights, verbose=0, return_dict=True)


def predictions() -> np.ndarray:
    return compiled().predict(X, verbose=0)[:, 0]


class Positives(metrics.Metric):
    """Written for Keras 3."""

    def __init__(self, name="positives", **kwargs):
        super().__init__(name=name, **kwargs)
        self.found = self.add_variable(shape=(), initializer="zeros", name="found")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.found.assign(self.found + np.sum((y_pred > 0.5) & (y_true > 0.5)))

    def result(self):
        return self.found


class OldPositives(metrics.Metric):
    """Written for tf.keras 2.0 to 2.4: the name first, reset_states."""

    def __init__(self, name="old_positives", **kwargs):
        super().__init__(name=name, **kwargs)
        self.found = self.add_weight("found", initializer="zeros")
        self.resets = 0

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.found.assign_add(np.sum((y_pred > 0.5) & (y_true > 0.5)))

    def result(self):
        return self.found / 1.0

    def reset_states(self):
        self.resets += 1
        self.found.assign(0.0)


class Both(Positives):
    """A dict as result."""

    def result(self):
        return {"hits": self.found, "twice": 2 * self.found}


@pytest.mark.covers("metrics.Metric", "metrics.Metric.add_weight", "metrics.Metric.reset_states")
def test_metric_classes_of_ones_own_count_over_batches_and_start_again_each_epoch():
    expected = np.sum((predictions() > 0.5) & (LABELS > 0.5))
    found = evaluated(metrics=[Positives(), OldPositives(), Both()])
    assert (found["positives"], found["old_positives"], found["hits"]) == (expected,) * 3
    assert found["twice"] == 2 * expected
    old = OldPositives()
    model = compiled(metrics=[old, Positives])
    history = model.fit(X, LABELS, epochs=2, verbose=0, batch_size=8, shuffle=False).history
    assert list(history) == ["loss", "old_positives", "positives"]
    assert history["old_positives"] == history["positives"]
    assert old.resets == 2


def test_validation_does_not_go_on_counting_where_training_stopped():
    model = compiled(metrics=[Positives(), "accuracy"])
    history = model.fit(X, LABELS, epochs=2, verbose=0, validation_data=(X[:9], LABELS[:9])).history
    found = model.evaluate(X[:9], LABELS[:9], verbose=0, return_dict=True)
    assert {name: values[-1] for name, values in history.items() if name.startswith("val_")} == {
        f"val_{name}": value for name, value in found.items()
    }


def test_variables_before_super_init_are_explained():
    class Forgetful(metrics.Metric):
        def __init__(self):
            self.found = self.add_variable(name="found")

    with pytest.raises(RuntimeError, match=r"Forgetful.__init__ must call super"):
        Forgetful()


def mean_score(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    return np.mean(y_pred)


@pytest.mark.covers("metrics.MeanMetricWrapper", "Model.compile.metrics")
def test_functions_losses_nested_lists_and_dicts_are_taken():
    expected = predictions().mean()
    for given in (mean_score, [mean_score], [[mean_score]], {"dense": mean_score}, {"dense": [mean_score]}):
        assert evaluated(metrics=given)["mean_score"] == pytest.approx(expected, rel=1e-6)
    found = evaluated(metrics=[losses.BinaryCrossentropy(), "bce", "binary_crossentropy"])
    values = [found[name] for name in ("loss", "binary_crossentropy", "bce", "binary_crossentropy_1")]
    np.testing.assert_allclose(values, values[0], rtol=1e-6)


def test_metric_with_several_values_gives_an_array_that_history_keeps():
    model = compiled(2, "categorical_crossentropy", metrics=[metrics.F1Score()])
    history = model.fit(X, ONE_HOT, verbose=2, epochs=2).history
    assert [value.shape for value in history["f1_score"]] == [(2,), (2,)]


@pytest.mark.covers("Model.compile.weighted_metrics", "Model.metrics_names")
def test_weighted_metrics_weigh_and_plain_ones_do_not():
    model = compiled(metrics=["accuracy", "mae"], weighted_metrics=["accuracy", metrics.AUC()])
    names = ["loss", "accuracy", "mae", "weighted_accuracy", "auc"]
    assert model.metrics_names == names
    found = model.evaluate(X, LABELS, batch_size=8, sample_weight=WEIGHTS, verbose=0, return_dict=True)
    right = (model.predict(X, verbose=0)[:, 0] > 0.5) == LABELS
    assert list(found) == names
    assert found["accuracy"] == pytest.approx(right.mean())
    assert found["weighted_accuracy"] == pytest.approx((right * WEIGHTS).sum() / WEIGHTS.sum())
    assert compiled(metrics=["mae", "mae"]).metrics_names == ["loss", "mae", "mae_1"]


def test_unknown_metric_is_refused_by_compile():
    with pytest.raises(ValueError, match=r"metric: unknown name. Received: 'acuracy'"):
        compiled(metrics=["acuracy"])
    with pytest.raises(ValueError, match=r"'mean_iou' needs arguments: give metrics.MeanIoU\(num_classes=...\)"):
        compiled(metrics=["mean_iou"])


@pytest.mark.covers("trap.15", "legacy.metrics.accuracy")
def test_accuracy_goes_by_shapes_and_in_keras_2_by_the_loss():
    # softmax over three classes against several labels a sample: element by element, or by the largest
    set_random_seed(1)
    several = RNG.integers(0, 2, (22, 3)).astype("f4")

    def kind(era: str, loss: str, labels: np.ndarray, units: int) -> str:
        with config.using(era=era):
            model = compiled(units, loss, metrics=["accuracy"])
            model.evaluate(X, labels, verbose=0)
        return type(model.metrics[0]).__name__ if model.metrics else type(tested(model, labels)).__name__

    def tested(model: Sequential, labels: np.ndarray) -> metrics.Metric:
        model.fit(X, labels, verbose=0)
        return model.metrics[0]

    assert kind("keras3", "binary_crossentropy", several, 3) == "CategoricalAccuracy"
    assert kind("keras2", "binary_crossentropy", several, 3) == "BinaryAccuracy"
    assert kind("keras2", "sparse_categorical_crossentropy", LABELS, 2) == "SparseCategoricalAccuracy"
    assert kind("keras2", "categorical_crossentropy", ONE_HOT, 2) == "CategoricalAccuracy"
    assert kind("keras2", "mse", LABELS, 1) == kind("keras3", "mse", LABELS, 1) == "BinaryAccuracy"


@pytest.mark.covers("trap.15")
def test_both_readings_agree_for_two_classes_one_hot():
    with config.using(era="keras2"):
        old = evaluated(ONE_HOT, units=2, metrics=["accuracy"])
    assert old["acc"] == evaluated(ONE_HOT, units=2, metrics=["accuracy"])["accuracy"]


@pytest.mark.covers("legacy.metrics.precision", "legacy.metrics.recall", "legacy.metrics.fmeasure")
@pytest.mark.covers("legacy.metrics.matthews_correlation", "legacy.metrics.fbeta_score")
def test_batchwise_metrics_of_keras_1_average_over_batches():
    def by_hand(part: slice) -> np.ndarray:
        hit, said = LABELS[part], predictions()[part] > 0.5
        p, r = (hit & said).sum() / (said.sum() + 1e-7), (hit & said).sum() / (hit.sum() + 1e-7)
        return np.array([p, r, 2 * p * r / (p + r + 1e-7), np.corrcoef(hit, said)[0, 1]])

    batches = [slice(0, 8), slice(8, 16), slice(16, 22)]
    expected = sum(by_hand(part) * (part.stop - part.start) for part in batches) / 22
    with config.using(era="keras2"):
        found = evaluated(metrics=["precision", "recall", "fmeasure", "matthews_correlation"])
    np.testing.assert_allclose(list(found.values())[1:], expected, rtol=1e-5)
    whole = evaluated(metrics=["precision", "fmeasure"])
    assert whole["fmeasure"] == pytest.approx(expected[2], rel=1e-5)
    said = predictions() > 0.5
    assert whole["precision"] == pytest.approx((LABELS & said).sum() / said.sum())


@pytest.mark.covers("metrics.get", "metrics.serialize", "metrics.deserialize")
def test_metrics_go_to_configurations_and_back():
    for metric in (metrics.AUC(curve="PR", thresholds=[0.2, 0.7]), metrics.Precision(0.3, name="p"), metrics.R2Score()):
        described = metrics.serialize(metric)
        again = metrics.deserialize(described)
        assert type(again) is type(metric)
        assert again.get_config() == metric.get_config() == described["config"]
        assert metrics.get(described).name == metric.name
    wrapped = metrics.serialize(metrics.MeanMetricWrapper(mean_score))
    assert wrapped == {
        "class_name": "MeanMetricWrapper",
        "config": {"fn": "mean_score", "name": "mean_score", "dtype": "float32"},
    }
    assert metrics.deserialize(wrapped, {"mean_score": mean_score})(np.zeros(2), np.ones(2)) == 1.0
    with pytest.raises(ValueError, match="pass it in custom_objects"):
        metrics.deserialize(wrapped)
    assert metrics.deserialize({"class_name": "Positives", "config": {}}, {"Positives": Positives}).name == "positives"
    assert type(metrics.get("hinge")) is metrics.Hinge


NAMES = ["mse", "MSE", "mae", "mape", "MAPE", "msle", "bce", "BCE", "kld", "KLD", "cosine", "logcosh", "rmse", "auc"]


@pytest.mark.parametrize("name", [*NAMES, "precision", "recall", "true_positives", "f1_score", "categorical_hinge"])
def test_names_and_aliases_are_known(name):
    assert metrics.get(name).name == name
