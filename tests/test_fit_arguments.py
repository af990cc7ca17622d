"""Rarer arguments of compile, fit, evaluate and train_on_batch."""

import numpy as np
import pytest

from fastcnn import Sequential, callbacks, layers
from fastcnn.utils import set_random_seed

RNG = np.random.default_rng(0)
X = RNG.standard_normal((20, 4)).astype("f4")
Y = RNG.integers(0, 2, 20)


def network(**kwargs: object) -> Sequential:
    set_random_seed(1)
    model = Sequential([layers.Input((4,)), layers.Dense(1, activation="sigmoid", name="out")], backend="numpy")
    model.compile("sgd", "binary_crossentropy", **{"metrics": ["accuracy"], **kwargs})
    return model


def fitted(model: Sequential | None = None, **kwargs: object) -> callbacks.History:
    return (model or network()).fit(X, Y, **{"verbose": 0, "batch_size": 8, "shuffle": False} | kwargs)


@pytest.mark.covers("Model.fit")
def test_validation_runs_at_the_epochs_asked_for():
    seen = []
    look = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch) if "val_loss" in logs else None)
    for given, epochs in ((2, [1, 3]), ([1, 4], [0, 3]), (range(3, 9), [2, 3, 4]), ({5}, [4])):
        seen.clear()
        fitted(validation_data=(X, Y), validation_freq=given, epochs=5, callbacks=[look])
        assert seen == epochs
    for wrong in (0, -1, 1.5, True, "epoch", None):
        with pytest.raises(ValueError, match="validation_freq must be a positive integer, or a list of epochs"):
            fitted(validation_data=(X, Y), validation_freq=wrong)


@pytest.mark.covers("Model.fit")
def test_validation_data_win_over_validation_split():
    seen = []
    look = callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(batch))
    history = fitted(validation_split=0.5, validation_data=(X[:4], Y[:4]), callbacks=[look])
    model = network()
    fitted(model)
    assert len(seen) == 3
    assert history.history["val_loss"] == [pytest.approx(model.evaluate(X[:4], Y[:4], verbose=0)[0])]


@pytest.mark.covers("Model.fit", "trap.13")
def test_class_weight_may_be_a_dict_list_or_array_and_nothing_else():
    expected = fitted(class_weight={0: 1.0, 1: 3.0}).history
    for given in ([1.0, 3.0], np.array([1, 3]), {0.0: 1, 1.0: 3}, {np.int64(1): 3}):
        assert fitted(class_weight=given).history == expected
    assert expected["loss"] != fitted().history["loss"]
    for wrong in ("balanced", {"cat": 1.0}, {0.5: 1.0}, {"0": 1.0}, [[None]], [-1, 1]):
        with pytest.raises(ValueError, match=r"class_weight must be \{class number: weight\}, or a list"):
            fitted(class_weight=wrong)


@pytest.mark.covers("Model.fit", "Model.train_on_batch")
def test_sample_weight_and_class_weight_together_are_refused_as_in_keras_3():
    both = {"sample_weight": np.ones(20), "class_weight": {0: 2.0}}
    for method in (network().fit, network().train_on_batch):
        with pytest.raises(ValueError, match="cannot both be given; multiply them"):
            method(X, Y, **both)


@pytest.mark.covers("Model.fit")
def test_class_weight_multiplies_the_weights_that_batches_carry():
    def batches(weights):
        yield X, Y, weights

    weights = RNG.uniform(0.5, 2, 20)
    by_class = np.where(Y, 3.0, 1.0)
    histories = [
        network().fit(batches(w), verbose=0, class_weight=c).history
        for w, c in ((weights * by_class, None), (weights, {1: 3.0}))
    ]
    assert histories[0] == histories[1]


@pytest.mark.covers("Model.compile.loss_weights")
@pytest.mark.parametrize("given", [0.25, [0.25], {"out": 0.25}, (np.float32(0.25),)])
def test_loss_weights_scale_the_loss_and_its_gradient(given):
    model, plain = network(loss_weights=given), network()
    before = plain.get_weights()
    losses = [m.train_on_batch(X, Y)[0] for m in (model, plain)]
    assert losses[0] == pytest.approx(losses[1] / 4)
    for start, one, whole in zip(before, model.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_allclose((one - start) * 4, whole - start, rtol=1e-5, atol=1e-7)


@pytest.mark.covers("Model.compile.loss_weights")
@pytest.mark.parametrize("wrong", [[1, 2], "half", {"a": 1, "b": 2}, True])
def test_loss_weights_of_several_outputs_are_refused(wrong):
    with pytest.raises(ValueError, match="loss_weights must be one number for the one output"):
        network(loss_weights=wrong)


@pytest.mark.covers("Model.train_on_batch", "Model.test_on_batch")
def test_metrics_of_single_batches_add_up_without_reset():
    model = network()
    parts = [model.test_on_batch(X[part], Y[part], return_dict=True) for part in (slice(5), slice(5, 20))]
    first = model.test_on_batch(X[:5], Y[:5], reset_metrics=False, return_dict=True)
    both = model.test_on_batch(X[5:], Y[5:], reset_metrics=False, return_dict=True)
    assert first == parts[0]
    for name, value in both.items():
        assert value == pytest.approx((5 * parts[0][name] + 15 * parts[1][name]) / 20)
    model.reset_metrics()
    assert model.test_on_batch(X[5:], Y[5:], reset_metrics=False, return_dict=True) == parts[1]
    assert model.train_on_batch(X[:5], Y[:5], return_dict=True) == parts[0]


@pytest.mark.covers("Model.evaluate")
def test_data_that_have_run_out_are_named():
    for method in ("evaluate", "predict"):
        used = iter([(X, Y)])
        model = network()
        getattr(model, method)(used, verbose=0)
        with pytest.raises(ValueError, match="no batches left"):
            getattr(model, method)(used, verbose=0)


@pytest.mark.covers("trap.3")
def test_validation_that_runs_out_gives_no_values_instead_of_zeros():
    with pytest.warns(UserWarning, match="validation_data .* ran out of batches"):
        history = fitted(validation_data=iter([(X, Y)]), epochs=2)
    assert (len(history.history["loss"]), len(history.history["val_loss"])) == (2, 1)


@pytest.mark.covers("trap.12")
def test_validation_data_of_another_shape_are_refused_before_the_first_step():
    model = network()
    with pytest.raises(ValueError, match="from validation_data"):
        fitted(model, validation_data=(X[:, :3], Y))
    assert model.optimizer.iterations == 0


@pytest.mark.covers("Model.compile")
def test_settings_of_execution_change_nothing():
    plain = fitted().history
    for given in ({"run_eagerly": True}, {"steps_per_execution": 4}, {"jit_compile": False}):
        assert fitted(network(**given)).history == plain
