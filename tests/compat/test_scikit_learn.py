"""Models as estimators, the way keras.wrappers.scikit_learn had them."""

import numpy as np
import pytest

from fastcnn import Sequential, layers
from fastcnn.compat.scikit_learn import KerasClassifier, KerasRegressor
from fastcnn.utils import set_random_seed

X = np.random.default_rng(1).standard_normal((60, 4)).astype("f4")
WORDS = np.where(X[:, 0] > 0, "cat", "ape")


def classifier(units=8, outputs=1, loss="binary_crossentropy", optimizer="adam"):
    set_random_seed(1)
    last = "sigmoid" if outputs == 1 else "softmax"
    model = Sequential(
        [layers.Dense(units, activation="relu", input_shape=(4,)), layers.Dense(outputs, activation=last)]
    )
    model.compile(optimizer, loss, metrics=["accuracy"])
    return model


@pytest.mark.covers("legacy.paths.keras.wrappers.scikit_learn")
@pytest.mark.parametrize(
    "options",
    [{}, {"outputs": 2, "loss": "categorical_crossentropy"}, {"outputs": 2, "loss": "sparse_categorical_crossentropy"}],
)
def test_a_classifier_learns_words(options):
    estimator = KerasClassifier(build_fn=classifier, epochs=150, batch_size=10, verbose=0, **options)
    history = estimator.fit(X, WORDS)
    assert len(history.epoch) == 150
    assert set(estimator.predict(X)) == {"ape", "cat"}
    assert estimator.score(X, WORDS) > 0.9
    found = estimator.predict_proba(X)
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=1e-5)
    assert found.shape == (60, 2)


def test_a_regressor_scores_by_its_loss():
    def build():
        set_random_seed(1)
        model = Sequential([layers.Dense(1, input_shape=(4,))])
        model.compile("sgd", "mse")
        return model

    estimator = KerasRegressor(build_fn=build, nb_epoch=30, verbose=0)
    estimator.fit(X, X[:, 0])
    assert estimator.predict(X).shape == (60,)
    assert estimator.score(X, X[:, 0]) == pytest.approx(-np.mean((estimator.predict(X) - X[:, 0]) ** 2), rel=1e-4)


def test_arguments_can_be_read_and_changed_as_grid_searches_do():
    estimator = KerasClassifier(build_fn=classifier, epochs=2, units=4)
    assert estimator.get_params() == {"build_fn": classifier, "epochs": 2, "units": 4}
    assert estimator.set_params(epochs=1, units=6) is estimator
    copied = type(estimator)(**estimator.get_params())
    copied.fit(X, WORDS, verbose=0)
    assert copied.model.layers[0].units == 6
    assert len(copied.model.history.epoch) == 1


def test_an_unknown_argument_is_refused():
    with pytest.raises(ValueError, match="neither build_fn nor fit takes unitz"):
        KerasClassifier(build_fn=classifier, unitz=4).fit(X, WORDS)
