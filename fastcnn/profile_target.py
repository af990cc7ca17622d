"""What `fastcnn profile` was pointed at: a network's name, a model file, or a script that trains."""

import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from fastcnn.networks import NETWORKS
from fastcnn.training.sources import make_source
from fastcnn.training.trainer import Trainer

Target = tuple[object, np.ndarray, np.ndarray | None]  # model, x, y (None when the model cannot be trained)


class _Reached(BaseException):
    """Ends a script at its first training; no `except Exception` of its own stops it."""

    def __init__(self, model: object, x: np.ndarray, y: np.ndarray):
        super().__init__()
        self.target = model, x, y


def resolve(name: str, batch_size: int | None = None) -> Target:
    """The model with one batch for it.

    name : of one of `networks.NETWORKS`; or the path of a model file, which gets random data; or of a script, which
        runs up to its first fit, fit_generator or train_on_batch and lends that call's model and first batch.

    Raises:
        ValueError: for anything else, and for a script that trains nothing.
        OSError: when there is no such file.
    """
    if name in NETWORKS:
        network = NETWORKS[name]
        return network.build(), *network.data(batch_size)
    if name.endswith(".py"):
        model, x, y = _from_script(Path(name))
        rows = np.arange(batch_size or len(x)) % len(x)
        return model, x[rows], np.asarray(y)[rows]
    if name.endswith(".fcnn"):
        return _from_file(name, batch_size or 32)
    raise ValueError(f"expected a model file (.fcnn), a script (.py) or one of {', '.join(NETWORKS)}. Received: {name}")


def _from_file(name: str, size: int) -> Target:
    from fastcnn.models import load_model
    from fastcnn.profiling import labels_for

    model = load_model(name)
    x = np.random.default_rng(1).random((size, *model.input_shape[1:]), np.float32)
    return model, x, None if model.loss_function is None else labels_for(model, size)


def _from_script(path: Path) -> Target:
    if not path.is_file():
        raise FileNotFoundError(f"there is no script {path}")
    try:
        with _intercepted(), _as_main(path):
            runpy.run_path(str(path), run_name="__main__")
    except _Reached as reached:
        return reached.target
    raise ValueError(f"{path} ended without training: expected a call of fit, fit_generator or train_on_batch")


@contextmanager
def _as_main(path: Path) -> Iterator[None]:
    """Arguments and import path as Python gives them to a script."""
    before = sys.argv, sys.path
    sys.argv, sys.path = [str(path)], [str(path.parent), *sys.path]
    try:
        yield
    finally:
        sys.argv, sys.path = before


@contextmanager
def _intercepted() -> Iterator[None]:
    """Training, for as long as the block lasts, hands over its model and first batch instead."""
    fit, train_on_batch = Trainer.fit, Trainer.train_on_batch

    def first_batch(
        model: Trainer, x: object, y: object = None, batch_size: int | None = None, *_: object, **__
    ) -> None:
        model._require_compiled("fit")
        source = make_source(x, y, batch_size=batch_size)
        model.ensure_built(source.sample_shape())
        images, labels, _ = next(iter(source.batches(1)))
        raise _Reached(model, np.asarray(images), labels)

    def whole_batch(model: Trainer, x: np.ndarray, y: np.ndarray, *_: object, **more: object):
        first_batch(model, x, y, len(x))

    Trainer.fit, Trainer.train_on_batch = first_batch, whole_batch
    try:
        yield
    finally:
        Trainer.fit, Trainer.train_on_batch = fit, train_on_batch
