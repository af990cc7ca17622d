"""keras.wrappers.scikit_learn: a function that builds a model, as an estimator of scikit-learn."""

import copy
import inspect
from collections.abc import Callable

import numpy as np

from fastcnn.utils import to_categorical

_RUNS = ("fit", "predict", "evaluate")


class _Wrapper:
    """An estimator around `build_fn`, which returns a compiled model.

    build_fn : a function; None means that a subclass implements __call__.
    sk_params : arguments of build_fn, and of the model's fit (epochs, batch_size, ...), predict and evaluate.

    Attributes:
        model: the model, once fit has been called.
    """

    _estimator_type = ""

    def __init__(self, build_fn: Callable | None = None, **sk_params: object):
        self.build_fn, self.sk_params = build_fn, sk_params

    def get_params(self, deep: bool = True) -> dict[str, object]:
        """build_fn and the other arguments."""
        return {"build_fn": self.build_fn, **(copy.deepcopy(self.sk_params) if deep else self.sk_params)}

    def set_params(self, **params: object) -> "_Wrapper":
        """Changes arguments; returns the estimator."""
        self.build_fn = params.pop("build_fn", self.build_fn)
        self.sk_params.update(params)
        return self

    def fit(self, x: np.ndarray, y: np.ndarray, **kwargs: object) -> object:
        """Builds a fresh model and trains it; returns the History."""
        build = self.build_fn if self.build_fn is not None else self.__call__
        accepted = inspect.signature(build).parameters
        self.model = build(**{name: value for name, value in self.sk_params.items() if name in accepted})
        self._check(accepted)
        return self.model.fit(x, self._targets(y), **(self._arguments("fit") | kwargs))

    def _check(self, accepted: object) -> None:
        known = {name for run in _RUNS for name in self._accepted(run)} | set(accepted) | {"nb_epoch"}
        unknown = sorted(set(self.sk_params) - known)
        if unknown:
            raise ValueError(f"{type(self).__name__}: neither build_fn nor fit takes {', '.join(unknown)}")

    def _accepted(self, run: str) -> list[str]:
        return list(inspect.signature(getattr(self.model, run)).parameters)

    def _arguments(self, run: str) -> dict[str, object]:
        names = [*self._accepted(run), *(("nb_epoch",) if run == "fit" else ())]
        return {name: value for name, value in self.sk_params.items() if name in names}

    def _targets(self, y: np.ndarray) -> np.ndarray:
        return np.asarray(y)

    def __sklearn_tags__(self) -> object:
        """What scikit-learn from 1.6 on asks of estimators."""
        from sklearn.utils import Tags, TargetTags
        from sklearn.utils._tags import ClassifierTags, RegressorTags

        classifies = self._estimator_type == "classifier"
        return Tags(
            estimator_type=self._estimator_type,
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags() if classifies else None,
            regressor_tags=None if classifies else RegressorTags(),
        )


class KerasClassifier(_Wrapper):
    """A classifier; labels may be of any kind, and are numbered in order for the model."""

    _estimator_type = "classifier"

    def _targets(self, y: np.ndarray) -> np.ndarray:
        y = np.asarray(y)
        if y.ndim == 2 and y.shape[1] > 1:
            self.classes_ = np.arange(y.shape[1])
            return y
        self.classes_ = np.unique(y)
        return self._numbered(y)

    def _numbered(self, y: np.ndarray) -> np.ndarray:
        numbers = np.searchsorted(self.classes_, np.asarray(y).ravel())
        return to_categorical(numbers, len(self.classes_)) if self._loss_name() == "categorical" else numbers

    def _loss_name(self) -> str:
        name = getattr(self.model.loss, "name", getattr(self.model.loss, "__name__", self.model.loss))
        return "categorical" if name == "categorical_crossentropy" else str(name)

    def predict_proba(self, x: np.ndarray, **kwargs: object) -> np.ndarray:
        """Probabilities of the classes, (N, classes)."""
        found = self.model.predict(x, **({"verbose": 0} | self._arguments("predict") | kwargs))
        return np.hstack([1 - found, found]) if found.shape[1] == 1 else found

    def predict(self, x: np.ndarray, **kwargs: object) -> np.ndarray:
        """The likeliest class of each sample."""
        return self.classes_[self.predict_proba(x, **kwargs).argmax(axis=1)]

    def score(self, x: np.ndarray, y: np.ndarray, **kwargs: object) -> float:
        """Share of samples whose class is found."""
        y = np.asarray(y)
        truth = self.classes_[y.argmax(axis=1)] if y.ndim == 2 and y.shape[1] > 1 else y.ravel()
        return float(np.mean(self.predict(x, **kwargs) == truth))


class KerasRegressor(_Wrapper):
    """A regressor."""

    _estimator_type = "regressor"

    def predict(self, x: np.ndarray, **kwargs: object) -> np.ndarray:
        """The outputs, without an axis of length 1."""
        return np.squeeze(self.model.predict(x, **({"verbose": 0} | self._arguments("predict") | kwargs)), axis=-1)

    def score(self, x: np.ndarray, y: np.ndarray, **kwargs: object) -> float:
        """Minus the loss on these samples."""
        found = self.model.evaluate(x, y, **({"verbose": 0} | self._arguments("evaluate") | kwargs))
        return -float(found[0] if isinstance(found, list) else found)
