"""K's functions of Keras 1 and 2 alone: image_dim_ordering, the learning phase, sessions."""

import contextlib
import warnings
from types import ModuleType

from fastcnn import config
from fastcnn.backend.function import LearningPhase
from fastcnn.compat import table
from fastcnn.compat.tensorflow import Session

_phase = LearningPhase(0)


def image_dim_ordering() -> str:
    """ "tf" for channels last, "th" for channels first."""
    return next(name for name, data_format in table.DATA_FORMATS.items() if data_format == config.image_data_format)


def set_image_dim_ordering(dim_ordering: str) -> None:
    """Sets the image data format as Keras 1 spells it.

    Raises:
        ValueError: for anything but "tf" and "th".
    """
    if dim_ordering not in table.DATA_FORMATS:
        raise ValueError(f'dim_ordering must be "tf" or "th". Received: {dim_ordering!r}')
    config.image_data_format = table.DATA_FORMATS[dim_ordering]


def learning_phase() -> LearningPhase:
    """0 or 1, as set_learning_phase said; among the inputs of K.function, the place for either."""
    return _phase


def set_learning_phase(value: int) -> None:
    """Says what learning_phase and in_train_phase give. fit always trains and predict always predicts.

    Raises:
        ValueError: for anything but 0 and 1.
    """
    global _phase
    if value not in (0, 1):
        raise ValueError(f"set_learning_phase: expected 0 or 1. Received: {value!r}")
    if value:
        warnings.warn(
            "set_learning_phase(1): predict and evaluate go on without dropout and with the moving averages. "
            "Use model(x, training=True) to see what training sees",
            stacklevel=2,
        )
    _phase = LearningPhase(value)


def in_train_phase(x: object, alt: object, training: object = None) -> object:
    """x in training, else alt; functions are called."""
    chosen = x if (_phase if training is None else training) else alt
    return chosen() if callable(chosen) else chosen


def in_test_phase(x: object, alt: object, training: object = None) -> object:
    """x in prediction, else alt; functions are called."""
    return in_train_phase(alt, x, training)


def get_session() -> Session:
    """A session of TensorFlow 1, which has nothing to do."""
    return Session()


def set_session(session: object) -> None:
    """Nothing: there are no sessions."""


def manual_variable_initialization(value: bool) -> None:
    """Nothing: variables have values from the beginning."""


def name_scope(name: str) -> contextlib.AbstractContextManager:
    """A block that changes nothing: names of layers stay as they are."""
    return contextlib.nullcontext()


def _get_available_gpus() -> list:
    """None: that is what scripts ask tensorflow_backend for."""
    return []


def __getattr__(name: str) -> ModuleType:
    if name == "tensorflow_backend":
        from fastcnn import backend

        return backend
    raise AttributeError(name)


NAMES = (
    *("image_dim_ordering", "set_image_dim_ordering", "learning_phase", "set_learning_phase", "in_train_phase"),
    *("in_test_phase", "get_session", "set_session", "manual_variable_initialization", "name_scope"),
    *("tensorflow_backend", "_get_available_gpus"),
)
_NO_GRAPHS = "gradients of symbolic tensors are not offered"
REFUSED = {
    "gradients": f"{_NO_GRAPHS}: use fastcnn.ops.tape.differentiate on a function of arrays",
    "placeholder": "use Input(shape) instead",
    **dict.fromkeys(("conv1d", "conv2d", "conv2d_transpose", "separable_conv2d", "depthwise_conv2d"), "use a layer"),
    **dict.fromkeys(("pool2d", "conv3d", "pool3d", "resize_images", "bias_add"), "use a layer"),
    **dict.fromkeys(("rnn", "ctc_decode", "ctc_batch_cost", "map_fn", "foldl", "foldr"), "it is for sequences"),
}
