"""What all sources of batches have in common: one pass after another, and how a later process finds the place again."""

from collections.abc import Iterator

import numpy as np

Batch = tuple[np.ndarray, np.ndarray | None, np.ndarray | None]  # x, y, sample weights


def unpack(item: object) -> Batch:
    """x, (x,), (x, y) or (x, y, sample_weight) as three.

    Raises:
        ValueError: for anything else.
    """
    parts = tuple(item) if isinstance(item, (tuple, list)) else (item,)
    if not 1 <= len(parts) <= 3:
        raise ValueError(f"a batch must be x, (x, y) or (x, y, sample_weight). Received {len(parts)} parts")
    x, y, weights = (*parts, None, None)[:3]
    return np.asarray(x), None if y is None else np.asarray(y), None if weights is None else np.asarray(weights)


class Source:
    """Batches, epoch by epoch.

    steps : batches in one pass, None when unknown.
    origin : what to call the data in messages.
    endless : whether batches go on after `steps`.

    A subclass implements `_pass`. One that can say where it is overrides `state` and `restore`; the others draw all
    batches of earlier epochs again, which is exact as long as the data come out the same in every run of a script.
    """

    steps: int | None = None
    origin = "the data"
    endless = False
    samples: int | None = None
    batch_size: int | None = None

    def __init__(self) -> None:
        self._passes: list[list] = []  # [restarted before?, steps asked for] of each epoch so far
        self._restarted = False

    def sample_shape(self) -> tuple[int, ...] | None:
        """Shape of one input without the batch axis, found without consuming data; None when unknown."""
        return None

    def sample_labels(self) -> np.ndarray | None:
        """Labels as the batches will have them, found without consuming data; None when unknown."""
        return None

    def batches(self, steps: int | None, skip: int = 0) -> Iterator[Batch]:
        """The batches of one epoch: `steps` of them, or one pass; without the first `skip`."""
        self._passes.append([self._restarted, steps])
        self._restarted = False
        return self._pass(steps, skip)

    def _pass(self, steps: int | None, skip: int) -> Iterator[Batch]:
        raise NotImplementedError

    def restart(self) -> None:
        """Goes back to the beginning, where that is possible."""
        self._restarted = True

    def state(self) -> dict:
        """What `restore` needs, in a later run of the script, so that `batches` gives what it would give now."""
        return {"passes": [list(one) for one in self._passes]}

    def restore(self, state: dict) -> None:
        """Goes to where `state` was asked for."""
        for restarted, steps in state["passes"]:
            if restarted:
                self.restart()
            for _ in self.batches(steps):
                pass


def after(batches: Iterator[Batch], skip: int) -> Iterator[Batch]:
    """What is left of an epoch's batches when the first `skip` are drawn, at once, and dropped."""
    for _ in range(skip):
        next(batches, None)
    return batches
