"""Losses: by name, as objects, as functions of (y_true, y_pred), or of the user's own.

model.compile(loss="categorical_crossentropy")
model.compile(loss=losses.Huber(delta=2.0))
model.compile(loss=lambda y_true, y_pred: ops.mean(ops.abs(y_true - y_pred), axis=-1))
"""

# ruff: noqa: F401
from fastcnn.compat.losses import OLDER_NAMES as _OLDER_NAMES
from fastcnn.compat.losses import Reduction
from fastcnn.losses.base import Loss
from fastcnn.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from fastcnn.losses.functions import (
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_hinge,
    cosine_similarity,
    dice,
    hinge,
    huber,
    kl_divergence,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
    poisson,
    sparse_categorical_crossentropy,
    squared_hinge,
    tversky,
)
from fastcnn.losses.lookup import FUNCTIONS as _FUNCTIONS
from fastcnn.losses.lookup import NOT_OFFERED as _NOT_OFFERED
from fastcnn.losses.lookup import deserialize, get, make, serialize
from fastcnn.losses.written import (
    BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalHinge,
    CosineSimilarity,
    Dice,
    Hinge,
    Huber,
    KLDivergence,
    LogCosh,
    LossFunctionWrapper,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError,
    Poisson,
    SquaredHinge,
    Tversky,
    from_functions,
)


def __getattr__(name: str) -> object:
    if name in _OLDER_NAMES:
        return _FUNCTIONS[_OLDER_NAMES[name]]
    reason = _NOT_OFFERED.get(name.lower())
    raise AttributeError(f"module 'fastcnn.losses' has no attribute {name!r}{f': {reason}' if reason else ''}")
