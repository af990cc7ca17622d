"""Intersection over union of predicted and true classes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from fastcnn.metrics.base import Metric
from fastcnn.metrics.confusion import weights_like

_EPSILON = 1e-7


class IoU(Metric):
    """Mean over ``target_class_ids`` of true positives / (true positives + false positives + false negatives).

    num_classes : labels and predictions outside 0 .. num_classes - 1 are left out, as is ignore_class.
    sparse_y_true, sparse_y_pred : class numbers; else scores or one-hot labels, of which the largest along axis counts.
    Classes that occur nowhere do not count. Raises ValueError for a target that is no class.
    """

    direction = "max"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ):
        super().__init__(name, dtype)
        wrong = [target for target in target_class_ids if not 0 <= target < num_classes]
        if wrong:
            known = f"target_class_ids must be in 0 .. {num_classes - 1}"
            raise ValueError(f"{type(self).__name__}: {known}. Received: {wrong[0]!r}")
        self.num_classes, self.target_class_ids, self.ignore_class = num_classes, list(target_class_ids), ignore_class
        self.sparse_y_true, self.sparse_y_pred, self.axis = sparse_y_true, sparse_y_pred, axis
        self.total_cm = self.add_variable((num_classes, num_classes), name="total_confusion_matrix")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add one batch: class numbers (N, ...) or scores, weights (N,), (N, ...) or None."""
        y_true = np.asarray(y_true) if self.sparse_y_true else np.argmax(y_true, axis=self.axis)
        y_pred = np.asarray(y_pred) if self.sparse_y_pred else np.argmax(y_pred, axis=self.axis)
        if y_true.size != y_pred.size:
            sizes = f"y_true {y_true.shape}, y_pred {y_pred.shape}"
            raise ValueError(f"{type(self).__name__}: expected one label a prediction. Received: {sizes}")
        weights = np.broadcast_to(weights_like(self.name, sample_weight, y_true.shape), y_true.shape).ravel()
        y_true, y_pred = (values.astype(np.int64).ravel() for values in (y_true, y_pred))
        counted = (y_true >= 0) & (y_true < self.num_classes) & (y_pred >= 0) & (y_pred < self.num_classes)
        if self.ignore_class is not None:
            counted &= y_true != self.ignore_class
        places = y_true[counted] * self.num_classes + y_pred[counted]
        added = np.bincount(places, weights[counted], minlength=self.num_classes**2)
        self.total_cm.assign_add(added.reshape(self.num_classes, self.num_classes))

    def result(self) -> float:
        """Return the mean over the target classes."""
        matrix = np.asarray(self.total_cm)
        hits = np.diag(matrix)[self.target_class_ids]
        union = (matrix.sum(axis=0) + matrix.sum(axis=1) - np.diag(matrix))[self.target_class_ids]
        occurs = union > 1e-9
        return float(np.where(occurs, hits / (union + _EPSILON), 0.0).sum() / (occurs.sum() + _EPSILON))

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        names = ("num_classes", "target_class_ids", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    def _config_without(self, *names: str) -> dict[str, Any]:
        return {name: value for name, value in IoU.get_config(self).items() if name not in names}


class BinaryIoU(IoU):
    """IoU of two classes, of which a score of at least ``threshold`` means class 1."""

    def __init__(
        self,
        target_class_ids: Sequence[int] = (0, 1),
        threshold: float = 0.5,
        name: str | None = None,
        dtype: Any = None,
    ):
        super().__init__(2, target_class_ids, name, dtype)
        self.threshold = threshold

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Add one batch: labels 0 or 1 and scores (N, ...), weights (N,), (N, ...) or None."""
        super().update_state(y_true, np.asarray(y_pred, np.float32) >= self.threshold, sample_weight)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        left_out = ("num_classes", "ignore_class", "sparse_y_true", "sparse_y_pred", "axis")
        return {**self._config_without(*left_out), "threshold": self.threshold}


class MeanIoU(IoU):
    """Mean IoU of all classes."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ):
        settings = (ignore_class, sparse_y_true, sparse_y_pred, axis)
        super().__init__(num_classes, range(num_classes), name, dtype, *settings)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return self._config_without("target_class_ids")


class OneHotIoU(IoU):
    """IoU with one-hot labels, and scores unless ``sparse_y_pred``."""

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Sequence[int],
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ):
        super().__init__(num_classes, target_class_ids, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return self._config_without("sparse_y_true")


class OneHotMeanIoU(MeanIoU):
    """Mean IoU of all classes with one-hot labels, and scores unless ``sparse_y_pred``."""

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ):
        super().__init__(num_classes, name, dtype, ignore_class, False, sparse_y_pred, axis)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return self._config_without("target_class_ids", "sparse_y_true")
