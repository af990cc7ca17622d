"""Metrics: values, weights, streaming and look-up."""

import numpy as np
import pytest

from fastcnn import metrics

PREDICTIONS = np.array([[0.1, 0.7, 0.2], [0.4, 0.2, 0.4], [0.3, 0.3, 0.4], [0.6, 0.3, 0.1]], np.float32)
CLASSES = np.array([1, 2, 2, 1])  # the first maximum is right, loses a tie, right, wrong
ONE_HOT = np.eye(3)[CLASSES]


@pytest.mark.parametrize("labels", [CLASSES, CLASSES[:, np.newaxis], CLASSES.astype(np.float32)])
def test_sparse_categorical_accuracy_gives_ties_to_the_first_class(labels):
    np.testing.assert_array_equal(metrics.sparse_categorical_accuracy(labels, PREDICTIONS), [1, 0, 1, 0])


def test_categorical_accuracy_compares_the_largest_entries():
    np.testing.assert_array_equal(metrics.categorical_accuracy(ONE_HOT, PREDICTIONS), [1, 0, 1, 0])


@pytest.mark.parametrize(("k", "expected"), [(1, [1, 1, 1, 0]), (2, [1, 1, 1, 1])])
def test_top_k_accuracy_counts_ties_at_the_border_as_in(k, expected):
    np.testing.assert_array_equal(metrics.sparse_top_k_categorical_accuracy(CLASSES, PREDICTIONS, k), expected)
    np.testing.assert_array_equal(metrics.top_k_categorical_accuracy(ONE_HOT, PREDICTIONS, k), expected)


def test_top_k_accuracy_is_zero_for_classes_and_scores_that_are_none():
    scores = np.array([[0.2, 0.8], [np.nan, 0.5], [0.2, 0.8]])

    np.testing.assert_array_equal(metrics.sparse_top_k_categorical_accuracy([2, 0, -1], scores, k=2), [0, 0, 0])


def test_binary_accuracy_takes_one_half_for_class_zero():
    np.testing.assert_array_equal(metrics.binary_accuracy([0, 1, 1], [0.5, 0.5, 0.51]).ravel(), [1, 0, 1])
    np.testing.assert_array_equal(metrics.binary_accuracy([0, 1], [0.5, 0.5], threshold=0.3).ravel(), [0, 1])


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_labels_with_and_without_a_last_axis_of_one_are_the_same(shape):
    labels, predictions = np.array([1, 0, 1, 1]).reshape(shape), np.array([[0.9], [0.1], [0.2], [0.8]])
    for name, expected in (("binary_accuracy", 0.75), ("mse", (0.01 + 0.01 + 0.64 + 0.04) / 4), ("mae", 0.3)):
        metric = metrics.get(name, labels.shape, predictions.shape)
        metric.update_state(labels, predictions)
        assert metric.result() == pytest.approx(expected, rel=1e-12)


def test_users_function_is_not_broadcast_over_pairs_of_samples():
    metric = metrics.get(lambda y_true, y_pred: np.mean(np.equal(y_true, np.round(y_pred))), (None,), (None, 1))
    metric.update_state(np.array([1, 0, 0, 0]), np.array([[0.9], [0.1], [0.2], [0.3]]))

    assert metric.result() == 1.0


def test_unsigned_labels_do_not_wrap_around():
    assert metrics.mean_absolute_error(np.array([3], np.uint8), np.array([1], np.uint8)) == 2.0


def test_result_is_the_mean_over_samples_not_over_batches():
    metric = metrics.BinaryAccuracy()
    metric.update_state([1, 1, 1, 1], [1.0, 1.0, 1.0, 1.0])
    metric.update_state([1], [0.0])

    assert metric.result() == pytest.approx(4 / 5)


def test_whole_numbers_reach_a_users_function_as_floats():
    metric = metrics.MeanMetricWrapper(lambda y_true, y_pred: -y_true * y_pred, "negative")
    metric.update_state(np.array([[1], [3]], np.uint8), np.ones((2, 1), np.float32))
    assert metric.result() == -2


def test_function_that_returns_one_number_counts_for_the_whole_batch():
    metric = metrics.MeanMetricWrapper(lambda y_true, y_pred: np.mean(y_pred))
    metric.update_state(np.zeros((3, 1)), np.ones((3, 1)))
    metric.update_state(np.zeros((1, 1)), np.zeros((1, 1)))

    assert metric.result() == pytest.approx(3 / 4)


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_sample_weights_weigh_the_mean(shape):
    metric = metrics.SparseCategoricalAccuracy()
    weights = np.array([3.0, 1.0, 0.0]).reshape(shape)
    metric.update_state([0, 0, 0], np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]]), sample_weight=weights)

    assert metric.result() == pytest.approx(3 / 4)


def test_wrong_number_of_sample_weights_is_refused():
    with pytest.raises(ValueError, match=r"each of the 2 samples. Received: shape \(3,\)"):
        metrics.BinaryAccuracy().update_state([1, 0], [1.0, 0.0], sample_weight=[1, 1, 1])


def test_reset_state_forgets_and_an_empty_mean_is_zero():
    metric = metrics.Mean()
    metric.update_state([2.0, 4.0])
    assert metric.result() == 3.0
    metric.reset_state()

    assert metric.result() == 0.0


def test_mean_accumulates_in_float64():
    metric = metrics.Mean()
    metric.update_state(np.array([2.0**24], np.float32))
    for _ in range(4):
        metric.update_state(np.array([1.0], np.float32))

    assert metric.total == 2.0**24 + 4


def test_mean_averages_the_other_axes_of_a_sample():
    metric = metrics.Mean()
    metric.update_state([[1.0, 3.0], [5.0, 7.0]], sample_weight=[1.0, 3.0])

    assert metric.result() == pytest.approx((2 + 3 * 6) / 4)


@pytest.mark.parametrize(
    ("y_true_shape", "y_pred_shape", "expected"),
    [
        ((None,), (None, 1), metrics.BinaryAccuracy),
        ((None, 1), (None, 1), metrics.BinaryAccuracy),
        ((None,), (None, 10), metrics.SparseCategoricalAccuracy),
        ((None, 1), (None, 10), metrics.SparseCategoricalAccuracy),
        ((None, 10), (None, 10), metrics.CategoricalAccuracy),
        ((None, 2), (None, 2), metrics.CategoricalAccuracy),
    ],
)
@pytest.mark.parametrize("name", ["accuracy", "acc"])
def test_accuracy_is_resolved_by_shapes_and_bears_the_name_given(name, y_true_shape, y_pred_shape, expected):
    metric = metrics.get(name, y_true_shape, y_pred_shape)

    assert type(metric) is expected
    assert metric.name == name


def test_get_takes_names_functions_classes_instances_and_configurations():
    def margin(y_true, y_pred):
        return y_pred - y_true

    shapes = (None, 1), (None, 1)
    instance = metrics.BinaryAccuracy(name="mine", threshold=0.4)
    assert metrics.get("mse", *shapes).name == "mse"
    assert type(metrics.get("MeanSquaredError", *shapes)) is metrics.MeanSquaredError
    assert metrics.get(margin, *shapes).name == "margin"
    assert metrics.get(margin, *shapes, name="m").name == "m"
    assert metrics.get(metrics.BinaryAccuracy, *shapes).name == "binary_accuracy"
    assert metrics.get(instance, *shapes) is instance
    again = metrics.get({"class_name": "BinaryAccuracy", "config": instance.get_config()}, *shapes)
    assert again.get_config() == {"name": "mine", "dtype": "float32", "threshold": 0.4}


def test_unknown_metric_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"Received: 'accurracy' .*. Known: accuracy, acc, .*mse"):
        metrics.get("accurracy", (None,), (None, 1))
    with pytest.raises(TypeError, match="Received: 3"):
        metrics.get(3, (None,), (None, 1))


@pytest.mark.parametrize("name", ["accuracy", "binary_accuracy", "categorical_accuracy", "mean_squared_error"])
def test_labels_of_another_shape_are_refused(name):
    with pytest.raises(ValueError, match=rf"{name}: .*Received: y_true \(2, 3\), y_pred \(2, 4\)"):
        getattr(metrics, name)(np.zeros((2, 3)), np.zeros((2, 4)))


def test_one_hot_labels_for_a_sparse_accuracy_are_refused():
    with pytest.raises(ValueError, match="one class index a prediction"):
        metrics.sparse_categorical_accuracy(ONE_HOT, PREDICTIONS)


def test_different_numbers_of_labels_and_predictions_are_refused():
    with pytest.raises(ValueError, match="as many labels as predictions"):
        metrics.MeanMetricWrapper(lambda y_true, y_pred: 0.0, "zero").update_state([1, 2], [[1.0]])


def test_binary_threshold_outside_zero_to_one_is_refused():
    with pytest.raises(ValueError, match=r"threshold must lie between 0 and 1. Received: 1.5"):
        metrics.BinaryAccuracy(threshold=1.5)


@pytest.mark.parametrize("name", [name for name in metrics.__all__ if name.endswith(("Accuracy", "Error"))])
def test_metrics_know_on_which_side_they_are_better(name):
    assert getattr(metrics, name).direction == ("min" if name.endswith("Error") else "max")


@pytest.mark.covers("metrics.SparseTopKCategoricalAccuracy")
def test_top_k_of_class_indices_in_order():
    metric = metrics.SparseTopKCategoricalAccuracy(k=2, from_sorted_ids=True)
    metric.update_state([2, 1, 0], [[1, 0, 2], [1, 2, 3], [3, 0, 1]])
    assert float(metric.result()) == pytest.approx(2 / 3)
    assert metric.get_config()["from_sorted_ids"] is True
