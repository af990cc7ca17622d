"""Saves the whole state of a training, so that the same script goes on after a crash as if nothing had happened."""

import contextlib
import os
import warnings

from fastcnn.callbacks.base import Callback, Logs

_KIND = "backup of a training"


class BackupAndRestore(Callback):
    """Write everything that decides how ``fit`` goes on into ``backup_dir``; ``fit`` of the same script goes on there.

    The weights at the end are then, bit for bit, those of a training that was never interrupted: the backup holds
    weights, optimizer, epoch and step, order of the samples, random states, running metrics and the state of the other
    callbacks. Data that cannot say where they are (Python generators, datasets that change in ``on_epoch_end`` and have
    no ``get_state`` and ``set_state``) draw the earlier batches again; they must come out the same in every run.
    A metric of one's own keeps its values in variables (``add_variable``); a callback names its own in ``state_names``.

    ``save_freq`` is "epoch", or a number of batches, counted across epochs. Files are replaced in one step.
    ``double_checkpoint`` keeps the backup before the last one too, which is used if the last one is damaged.
    ``delete_checkpoint`` removes the backups when ``fit`` has come to its end. Raises ValueError for other arguments.
    """

    comes_last = 2  # when the others have done their part of the hook
    state_names = ("_batches_since_save",)

    def __init__(
        self,
        backup_dir: str | os.PathLike,
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ):
        super().__init__()
        if not backup_dir:
            raise ValueError(f"BackupAndRestore: backup_dir must be the path of a folder. Received: {backup_dir!r}")
        number = 1 if save_freq == "epoch" else save_freq
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            expected = 'save_freq must be "epoch" or a positive number of batches'
            raise ValueError(f"BackupAndRestore: {expected}. Received: {save_freq!r}")
        self.backup_dir, self.save_freq = os.fspath(backup_dir), save_freq
        self.double_checkpoint, self.delete_checkpoint = double_checkpoint, delete_checkpoint
        self._batches_since_save = 0

    @property
    def _paths(self) -> tuple[str, str]:
        """The last backup, and the one before."""
        return tuple(os.path.join(self.backup_dir, f"{name}.fcnn") for name in ("latest", "previous"))

    def load(self) -> dict | None:
        """Return the last backup that is whole, or None if there is none.

        Raises ModelFileError if there are backups and all are damaged.
        """
        from fastcnn.saving.header import ModelFileError
        from fastcnn.saving.tree import read_tree

        errors = []
        for path in self._paths:
            if not os.path.exists(path):
                continue
            try:
                tree = read_tree(path, _KIND)
            except ModelFileError as error:
                errors.append(error)
                continue
            for error in errors:
                warnings.warn(f"BackupAndRestore: {error}. The backup before it is used", stacklevel=5)
            return tree
        if errors:
            raise errors[0]
        return None

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Save every ``save_freq`` batches."""
        if self.save_freq == "epoch":
            return
        self._batches_since_save += 1
        if self._batches_since_save >= self.save_freq:
            self._save()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Save after every epoch, unless batches are counted."""
        if self.save_freq == "epoch":
            self._save()

    def on_train_end(self, logs: Logs = None) -> None:
        """Remove the backups of a training that has come to its end."""
        if self.delete_checkpoint and self.model.training_run.finished:
            for path in self._paths:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
            with contextlib.suppress(OSError):  # other files are in it
                os.rmdir(self.backup_dir)

    def _save(self) -> None:
        from fastcnn.saving.tree import write_tree

        self._batches_since_save = 0
        latest, previous = self._paths
        os.makedirs(self.backup_dir, exist_ok=True)
        if self.double_checkpoint and os.path.exists(latest):
            os.replace(latest, previous)
        write_tree(latest, _KIND, self.model.training_run.state())
