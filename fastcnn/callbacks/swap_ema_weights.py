"""Puts the optimizer's moving averages in the place of the weights while these are looked at."""

from typing import Any

from fastcnn.callbacks.base import Callback, Logs


class SwapEMAWeights(Callback):
    """Evaluate and predict with the averages that an optimizer with ``use_ema=True`` keeps; train with the weights.

    ``swap_on_epoch`` swaps at the end of every epoch already, so that other callbacks save the averages. Raises
    ValueError when the optimizer keeps no averages.
    """

    comes_last = 1  # when it is known whether training stops
    state_names = ("_swapped",)

    def __init__(self, swap_on_epoch: bool = False):
        super().__init__()
        self.swap_on_epoch, self._swapped = swap_on_epoch, False

    def _pairs(self) -> list[tuple[Any, Any]]:
        """Return the weights with averages, each with its average."""
        optimizer = self.model.optimizer
        if not getattr(optimizer, "use_ema", False):
            raise ValueError("SwapEMAWeights: the optimizer keeps no averages; make it with use_ema=True")
        trained = [weight for weight in self.model.trainable_weights if optimizer.slots_of([weight])]
        return [(weight, optimizer.slot(weight, "average")) for weight in trained]

    def _swap(self, swapped: bool) -> None:
        if swapped != self._swapped:
            for weight, average in self._pairs():
                value = weight.numpy()
                weight.assign(average.value)
                average.assign(value)
            self._swapped = swapped

    def on_train_begin(self, logs: Logs = None) -> None:
        """Refuse an optimizer without averages before any training."""
        self._pairs()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Train with the weights."""
        self._swap(False)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Let the averages stand for the weights, if asked to."""
        if self.swap_on_epoch:
            self._swap(True)
            if epoch == self.params["epochs"] - 1 or self.model.stop_training:
                # fit ends by putting the averages in the weights' place, where they are already
                for weight, average in self._pairs():
                    average.assign(weight.value)
                self._swapped = False

    def on_test_begin(self, logs: Logs = None) -> None:
        """Evaluate the averages."""
        self._swap(True)

    def on_test_end(self, logs: Logs = None) -> None:
        """Go back to the weights."""
        self._swap(False)

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Predict with the averages."""
        self._swap(True)

    def on_predict_end(self, logs: Logs = None) -> None:
        """Go back to the weights."""
        self._swap(False)
