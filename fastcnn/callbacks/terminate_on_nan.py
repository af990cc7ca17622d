"""Stops training whose loss is no longer a number."""

import math

from fastcnn.callbacks.base import Callback, Logs


class TerminateOnNaN(Callback):
    """Stop after the first batch whose loss is NaN or infinite; with ``raise_error`` by a RuntimeError."""

    def __init__(self, raise_error: bool = False):
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Look at the batch's loss."""
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        if self.raise_error:
            raise RuntimeError(f"TerminateOnNaN: the loss must be finite. Received: {loss} at batch {batch}")
        print(f"Batch {batch}: Invalid loss, terminating training")
        self.model.stop_training = True
