"""BackupAndRestore: killed processes go on to the same bits; what is refused, kept and removed."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fastcnn import Sequential, callbacks, layers
from fastcnn.saving.header import ModelFileError
from fastcnn.saving.tree import read_tree, write_tree
from fastcnn.utils import set_random_seed

SCRIPT = Path(__file__).parent / "training_killed.py"
X = np.random.default_rng(0).standard_normal((12, 4)).astype("f4")
Y = X.sum(axis=1, keepdims=True)


def train(data: str, folder: Path, save_freq: str, kill_at: int = 0) -> tuple[int, str]:
    """Runs the script; its exit code and the line with the digest."""
    command = [sys.executable, str(SCRIPT), data, str(folder), save_freq, str(kill_at)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, "".join(done.stdout.splitlines()[-1:]) if done.returncode == 0 else ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
@pytest.mark.covers("callbacks.BackupAndRestore")
@pytest.mark.parametrize("data", ["arrays", "folder", "generator", "sequence"])
def test_killed_training_goes_on_to_the_same_weights_history_and_log(data, tmp_path):
    code, expected = train(data, tmp_path, "1")
    assert code == 0
    assert expected.startswith("digest")
    # in the first epoch before any backup, inside epochs, several times in one training, at an epoch's last step
    for save_freq, kills in (("1", [2, 3]), ("3", [1, 5]), ("epoch", [6]), ("2", [8])):
        for kill_at in kills:
            assert train(data, tmp_path, save_freq, kill_at)[0] == -signal.SIGKILL
        assert train(data, tmp_path, save_freq) == (0, expected)
        assert not (tmp_path / "backup").exists()


class Stop(callbacks.Callback):
    """Fails after some epochs."""

    def __init__(self, epoch: int):
        super().__init__()
        self.epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def fitted(folder: Path, stop: int | None = None, units: int = 1, more: list | None = None, **kwargs: object):
    set_random_seed(1)
    model = Sequential([layers.Input((4,)), layers.Dense(3), layers.Dense(units)], backend="numpy")
    model.compile("adam", "mse")
    listed = [callbacks.BackupAndRestore(folder, **kwargs), *([] if stop is None else [Stop(stop)]), *(more or [])]
    history = model.fit(X, np.repeat(Y, units, axis=1), epochs=4, verbose=0, batch_size=5, callbacks=listed)
    return model.get_weights(), history


def stopped(folder: Path, **kwargs: object) -> None:
    with pytest.raises(KeyboardInterrupt):
        fitted(folder, 2, **kwargs)


def assert_same(first: list, second: list) -> None:
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


def test_interrupted_training_keeps_its_backup_and_a_finished_one_removes_it(tmp_path):
    expected, whole = fitted(tmp_path / "other")
    assert not (tmp_path / "other").exists()
    stopped(tmp_path / "a")
    assert (tmp_path / "a" / "latest.fcnn").exists()
    weights, history = fitted(tmp_path / "a", delete_checkpoint=False)
    assert_same(weights, expected)
    assert (history.epoch, history.history) == (whole.epoch, whole.history)
    assert (tmp_path / "a" / "latest.fcnn").exists()


@pytest.mark.parametrize(
    "damage", [lambda data: data[: len(data) // 2], lambda data: data[:-9] + bytes(9), lambda _: b""]
)
def test_damaged_backup_is_refused_and_the_one_before_it_used(damage, tmp_path):
    expected, _ = fitted(tmp_path / "other")
    for double in (False, True):
        stopped(tmp_path / "a", double_checkpoint=double)
        latest = tmp_path / "a" / "latest.fcnn"
        latest.write_bytes(damage(latest.read_bytes()))
        if double:
            with pytest.warns(UserWarning, match="The backup before it is used"):
                assert_same(fitted(tmp_path / "a", double_checkpoint=True)[0], expected)
        else:
            with pytest.raises(ModelFileError, match=r"latest.fcnn"):
                fitted(tmp_path / "a")
            latest.unlink()


def test_backup_of_another_model_is_refused_before_anything_changes(tmp_path):
    stopped(tmp_path)
    with pytest.raises(ValueError, match="the backup is of another model or optimizer: expected weights of shapes"):
        fitted(tmp_path, units=2)
    assert (tmp_path / "latest.fcnn").exists()


def test_state_of_callbacks_is_found_by_class_and_lost_ones_are_named(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        fitted(tmp_path, 2, more=[callbacks.EarlyStopping("loss")])
    with pytest.warns(UserWarning, match="no callbacks to go on with the state of: EarlyStopping x 1"):
        fitted(tmp_path)


@pytest.mark.parametrize("save_freq", [0, -1, True, "batch", 1.5])
def test_wrong_save_freq_is_refused(save_freq, tmp_path):
    with pytest.raises(ValueError, match='save_freq must be "epoch" or a positive number of batches'):
        callbacks.BackupAndRestore(tmp_path, save_freq=save_freq)


def test_trees_come_back_as_they_were(tmp_path):
    tree = {"a": [1, -2.5, None, True, "x", [0.1] * 40], "b": {"c": np.arange(3, dtype="u8"), "d": float("inf")}}
    tree |= {"big": 2**200, "small": -(2**63), "empty": [], "number": np.float32(0.5), "keys": {"a/b c": {}}}
    write_tree(tmp_path / "t.fcnn", "test", tree)
    found = read_tree(tmp_path / "t.fcnn", "test")
    np.testing.assert_array_equal(found["b"].pop("c"), tree["b"].pop("c"))
    assert found == tree
    assert np.isnan(_again(tmp_path, float("nan")))
    with pytest.raises(ModelFileError, match="expected a file of kind 'other'"):
        read_tree(tmp_path / "t.fcnn", "other")


def _again(folder: Path, value: object) -> object:
    write_tree(folder / "v.fcnn", "test", value)
    return read_tree(folder / "v.fcnn", "test")
