"""Arguments and places of save, save_weights and load_weights that tf.keras had and that the file's name says today."""

from pathlib import Path

_FORMATS = {"h5": ".h5", "keras": ".keras", "hdf5": ".h5"}
# Argument -> the values that mean what is done anyway.
_MEANINGLESS = {"zipped": (None, True), "max_shard_size": (None,), "options": (None,), "signatures": (None,)}


def format_asked(method: str, older: dict[str, object]) -> str | None:
    """The ending whose format `save_format` asks for; None where the name decides.

    Raises:
        TypeError: for an argument that there never was.
        ValueError: for a value that asks for what is not written here.
    """
    asked = None
    for name, value in older.items():
        if name == "save_format":
            if value is not None and value not in _FORMATS:
                raise ValueError(
                    f'{method}: save_format must be "h5" or "keras"; TensorFlow\'s own formats are not written here. '
                    f"Received: {value!r}"
                )
            asked = _FORMATS.get(value)
        elif name not in _MEANINGLESS:
            raise TypeError(f"{method}: unexpected argument {name!r}")
        elif value not in _MEANINGLESS[name]:
            raise ValueError(f"{method}: {name} is not supported; leave it out. Received: {value!r}")
    return asked


def latest_checkpoint(checkpoint_dir: str | Path, latest_filename: str | None = None) -> str | None:
    """The youngest file of a folder to which checkpoints are saved; None for an empty or a missing one."""
    folder = Path(checkpoint_dir)
    files = [path for path in folder.iterdir() if path.is_file() and path.name[0] != "."] if folder.is_dir() else []
    return str(max(files, key=lambda path: (path.stat().st_mtime_ns, path.name))) if files else None
