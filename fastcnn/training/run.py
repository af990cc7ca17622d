"""One call of fit: how far it is, and all that a later process needs to go on from there to the same weights."""

import random
import warnings
from collections import Counter
from collections.abc import Iterator

import numpy as np

from fastcnn.callbacks import BackupAndRestore, CallbackList
from fastcnn.training.source import Batch


class Run:
    """The state of one training.

    plan : what fit was asked to do (training.loop.Plan).

    Attributes:
        epoch, step: of the batch that comes next, from 0.
        finished: whether fit has come to its regular end.
        resumed: whether this run goes on from a backup.
    """

    def __init__(self, model: object, plan: object, callbacks: CallbackList):
        self.model, self.plan, self.callbacks = model, plan, callbacks
        self.epoch, self.step, self.finished = plan.initial_epoch, 0, False
        self._backups = [c for c in callbacks.callbacks if isinstance(c, BackupAndRestore)]
        self._loaded: dict | None = None
        self._data: dict = {}
        self._rest: Iterator[Batch] | None = None  # of an epoch that was begun in an earlier process

    @property
    def resumed(self) -> bool:
        """Whether this run goes on from a backup."""
        return self._loaded is not None

    def look_for_backup(self) -> None:
        """Puts everything where the last backup was made, if there is one.

        Raises:
            ValueError: when the backup is of another model.
        """
        for callback in self._backups:
            self._loaded = self._loaded or callback.load()
        if self._loaded is not None:
            self._check(self._loaded)
            self.epoch, self.step = self._loaded["epoch"], self._loaded["step"]
            self._restore_model(self._loaded)
            for name, source in self._sources():
                source.restore(self._loaded["data"][name])
            self._data = self._loaded["data"]
            if self.step:  # before the random numbers: batches may be drawn again, by them
                self._rest = self.plan.source.batches(self.plan.steps, self.step)
            self._restore_random(self._loaded)

    def restore_callbacks(self) -> None:
        """Takes back what callbacks have changed since look_for_backup, and gives them the state they had.

        Called when their on_train_begin has run, and within an epoch their on_epoch_begin too, which all happened
        before the backup.
        """
        if self._loaded is not None:
            self._restore_model(self._loaded)
            self._restore_random(self._loaded)
            self._restore_states(self._loaded)

    def begin_epoch(self) -> Iterator[Batch]:
        """The batches of the epoch, or what is left of it."""
        if self._rest is not None:
            self.restore_callbacks()
            self.model.tally.restore(self._loaded["tally"])
            batches, self._rest = self._rest, None
        else:
            self.model.tally.reset()
            self._note_data()
            batches = self.plan.source.batches(self.plan.steps)
        self._loaded = None
        return batches

    def end_epoch(self) -> None:
        """Counts the epoch as done."""
        self.epoch, self.step = self.epoch + 1, 0
        self._note_data()

    def _note_data(self) -> None:
        if self._backups:
            self._data = {name: source.state() for name, source in self._sources()}

    def state(self) -> dict:
        """Everything that decides how training goes on, as dicts, lists, numbers and arrays."""
        model, optimizer = self.model, self.model.optimizer
        rate = optimizer._rate
        return {
            "epoch": self.epoch,
            "step": self.step,
            "stop_training": bool(model.stop_training),
            "weights": [weight.numpy() for weight in model.weights],
            "slots": [slot.numpy() for slot in self._slots()],
            "steps": optimizer.steps,
            "rate": None if callable(rate) else float(rate),
            "seeds": [layer.seed for layer in _seeded(model)],
            "random": {"numpy": np.random.get_state(legacy=False), "python": list(random.getstate())},
            "data": self._data,
            "tally": model.tally.state(),
            "callbacks": [[type(c).__name__, c.get_state()] for c in self._stateful()],
        }

    def _sources(self) -> list[tuple[str, object]]:
        named = (("source", self.plan.source), ("validation", self.plan.validation))
        return [(name, source) for name, source in named if source is not None]

    def _slots(self) -> list:
        optimizer, weights = self.model.optimizer, self.model.trainable_weights
        optimizer.build(weights)
        return optimizer.slots_of(weights)

    def _stateful(self) -> list:
        return [c for c in self.callbacks.callbacks if hasattr(c, "get_state")]

    def _check(self, loaded: dict) -> None:
        """Refuses a backup of another model, before anything is changed."""
        for what, variables in (("weights", self.model.weights), ("slots", self._slots())):
            expected, found = [v.shape for v in variables], [a.shape for a in loaded[what]]
            if expected != found:
                raise ValueError(
                    f"BackupAndRestore: the backup is of another model or optimizer: expected {what} of shapes "
                    f"{expected}. Received: {found}. Give another backup_dir, or remove the files in it to begin anew"
                )

    def _restore_model(self, loaded: dict) -> None:
        model, optimizer = self.model, self.model.optimizer
        pairs = ((model.weights, loaded["weights"]), (self._slots(), loaded["slots"]))
        for variable, value in (pair for group in pairs for pair in zip(*group, strict=True)):
            variable.assign(value)
        optimizer.steps = loaded["steps"]
        if loaded["rate"] is not None:
            optimizer._rate = loaded["rate"]
        model.stop_training = loaded["stop_training"]
        layers = list(_seeded(model))
        if [layer.seed for layer in layers] != loaded["seeds"]:
            for layer, seed in zip(layers, loaded["seeds"], strict=True):
                layer.seed = seed
            model.executor.clear()

    def _restore_random(self, loaded: dict) -> None:
        np.random.set_state(loaded["random"]["numpy"])
        version, words, gauss = loaded["random"]["python"]
        random.setstate((version, tuple(words), gauss))

    def _restore_states(self, loaded: dict) -> None:
        """Finds the callbacks again by class and order: the script may have others now."""
        left = [(name, state) for name, state in loaded["callbacks"] if state]
        for callback in self._stateful():
            found = next((entry for entry in left if entry[0] == type(callback).__name__), None)
            if found is not None:
                left.remove(found)
                callback.set_state(found[1])
        if left:
            names = ", ".join(f"{name} x {count}" for name, count in Counter(name for name, _ in left).items())
            warnings.warn(f"BackupAndRestore: no callbacks to go on with the state of: {names}", stacklevel=5)


def _seeded(model: object) -> Iterator[object]:
    """All layers that draw random numbers by a seed of their own, inner ones too."""
    seen: set[int] = set()
    waiting = list(model.layers)
    while waiting:
        layer = waiting.pop(0)
        if id(layer) not in seen:
            seen.add(id(layer))
            if isinstance(getattr(layer, "seed", None), int):
                yield layer
            waiting.extend(getattr(layer, "layers", None) or list(layer.sublayers()))
