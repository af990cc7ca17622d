"""A short trial of a long script: FASTCNN_MAX_EPOCHS and FASTCNN_MAX_STEPS cap every training and evaluation."""

import os

from fastcnn.training.source import Source


def limit(name: str) -> int | None:
    """The environment variable FASTCNN_MAX_<name>, None when it is not set.

    Raises:
        ValueError: unless it is a positive whole number.
    """
    text = os.environ.get(f"FASTCNN_MAX_{name}")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise ValueError(f"FASTCNN_MAX_{name} must be a positive whole number. Received: {text!r}")
    return int(text)


def capped_epochs(epochs: int, initial_epoch: int) -> int:
    """The epoch to stop before; says so when that is less than was asked for."""
    most = limit("EPOCHS")
    if most is None or epochs - initial_epoch <= most:
        return epochs
    print(f"FASTCNN_MAX_EPOCHS={most}: {most} of {epochs - initial_epoch} epochs")
    return initial_epoch + most


def capped_steps(steps: int | None, source: Source | None) -> int | None:
    """The steps of one round over `source`; says so when that is less than was asked for."""
    most, wanted = limit("STEPS"), steps
    if source is not None and steps is None:
        wanted = source.steps
    if most is None or source is None or (wanted is not None and wanted <= most):
        return steps
    print(f"FASTCNN_MAX_STEPS={most}: {most} of {wanted or 'all'} steps with {source.origin}")
    return most
