"""Batches of photos listed in a table: file names in one column, labels in others."""

import os
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from fastcnn.compat.calls import accepts_old_names
from fastcnn.data.batch_job import Filled
from fastcnn.data.image_folder import extensions_of
from fastcnn.preprocessing.file_iterator import FileIterator, reading_of, split_of

_CLASS_MODES = ("binary", "categorical", "sparse")


class DataFrameIterator(FileIterator):
    """Batches of the photos in a table: a pandas DataFrame, or anything whose `table[column]` is a sequence.

    directory : what relative names in column x_col are relative to.
    y_col : the column (or list of columns) of labels. By class_mode: "categorical" text, or a list of texts for several
        labels at once, to (batch, classes); "binary" and "sparse" text to class numbers; "raw" numbers as they are;
        "multi_output" one array per column; "input" and None need no column.
    weight_col : column of sample weights. classes : labels to use, in this order; rows with others are dropped.
    validate_filenames : drop rows whose file is missing or no photo by its name, with a warning.
    subset : "validation" is the first share of the rows, "training" the rest.

    The other arguments and the attributes are those of DirectoryIterator.

    Raises:
        TypeError: for a label or name of the wrong type. ValueError: for other arguments that are not as described.
    """

    _modes = (*_CLASS_MODES, "input", "multi_output", "raw", None)

    @accepts_old_names
    def __init__(
        self,
        dataframe: Any,
        directory: str | os.PathLike | None = None,
        image_data_generator: Any = None,
        x_col: str = "filename",
        y_col: str | Sequence[str] = "class",
        weight_col: str | None = None,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        data_format: str | None = "channels_last",
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        dtype: str | None = "float32",
        validate_filenames: bool = True,
        **options: Any,
    ):
        self._check_class_mode(class_mode)
        reading = reading_of(target_size, color_mode, interpolation, keep_aspect_ratio, options)
        self.directory, self.subset = os.fspath(directory or ""), subset
        self.split = split_of(subset, image_data_generator)
        names = self._names(dataframe, x_col)
        rows = self._valid(names, x_col, reading.formats) if validate_filenames else list(range(len(names)))
        rows = self._set_targets(dataframe, rows, class_mode, y_col, weight_col, classes)
        self.filenames = [names[row] for row in rows]
        paths = [os.path.join(self.directory, name) for name in self.filenames]
        common = (image_data_generator, batch_size, shuffle, seed, data_format, dtype)
        super().__init__(paths, reading, class_mode, *common, (save_to_dir, save_prefix, save_format), **options)
        belonging = f" belonging to {self.num_classes} classes" if class_mode in _CLASS_MODES else ""
        self._tell(f"Found {self.samples} {'' if validate_filenames else 'non-'}validated image filenames{belonging}.")

    def _names(self, table: Any, x_col: str) -> list[str]:
        names = list(table[x_col])
        if not all(isinstance(name, str) for name in names):
            raise TypeError(f"flow_from_dataframe: all values in column {x_col!r} must be text")
        return names

    def _valid(self, names: list[str], x_col: str, formats: Sequence[str]) -> list[int]:
        endings = tuple(extensions_of(formats))
        kept = [
            row
            for row, name in enumerate(names)
            if name.lower().endswith(endings) and os.path.isfile(os.path.join(self.directory, name))
        ]
        if dropped := len(names) - len(kept):
            text = f"{dropped:,} of {len(names):,} names in column {x_col!r} are no files with photos in"
            warnings.warn(f"{text} {self.directory or 'the current folder'!r}; their rows are dropped", stacklevel=4)
        return kept

    def _set_targets(
        self, table: Any, rows: list[int], mode: str | None, y_col: Any, weight_col: str | None, classes: Any
    ) -> list[int]:
        """Reads labels and weights of the rows; returns the rows that are left after classes and subset."""
        labels = {}
        if mode in _CLASS_MODES:
            labels, names = _labels(list(table[y_col]), rows, mode, y_col, classes)
            rows = list(labels)
            self.class_indices, self.num_classes = {name: i for i, name in enumerate(names)}, len(names)
        if self.split is not None:
            rows = rows[int(self.split[0] * len(rows)) : int(self.split[1] * len(rows))]
        if not rows:
            raise ValueError(
                "flow_from_dataframe: no row is left to use; look at the names, the classes and the subset"
            )

        def column(name: str) -> np.ndarray:
            values = list(table[name])
            return np.array([values[row] for row in rows])

        self._weights = column(weight_col) if weight_col else None
        if self._weights is not None and self._weights.dtype.kind not in "iuf":
            raise TypeError(f"flow_from_dataframe: column {weight_col!r} must hold numbers")
        if mode in _CLASS_MODES:
            self.classes = [self._numbers(labels[row]) for row in rows]
        elif mode == "multi_output":
            if not isinstance(y_col, list | tuple):
                raise TypeError(f'class_mode="multi_output" needs a list of columns as y_col. Received: {y_col!r}')
            self._targets = [column(name) for name in y_col]
        elif mode == "raw":
            several = isinstance(y_col, list | tuple)
            self._targets = np.stack([column(name) for name in y_col], axis=1) if several else column(y_col)
        return rows

    def _numbers(self, label: Any) -> int | list[int]:
        if isinstance(label, list | tuple):
            return [self.class_indices[name] for name in label]
        return self.class_indices[label]

    @property
    def labels(self) -> Any:
        """The label, or the raw targets, of every file."""
        return self._targets if self.class_mode in ("raw", "multi_output") else self.classes

    @property
    def sample_weight(self) -> np.ndarray | None:
        """The weight of every file, or None."""
        return self._weights

    def _targets_of(self, filled: Filled) -> Any:
        if self.class_mode == "raw":
            return self._targets[filled.indices]
        if self.class_mode == "multi_output":
            return [values[filled.indices] for values in self._targets]
        if self.class_mode != "categorical":
            return super()._targets_of(filled)
        y = np.zeros((len(filled.indices), self.num_classes), self.dtype)
        for row, index in zip(y, filled.indices, strict=True):
            row[self.classes[index]] = 1
        return y


def _labels(
    values: list, rows: list[int], class_mode: str, y_col: Any, classes: Sequence[str] | None
) -> tuple[dict[int, Any], list[str]]:
    """Returns the label(s) of every row that has a wanted one, and the names of all classes."""
    types = (str, list, tuple) if class_mode == "categorical" else str
    wrong = [values[row] for row in rows if not isinstance(values[row], types)]
    if wrong:
        expected = f'class_mode="{class_mode}" needs text in column {y_col!r}; class_mode="raw" takes numbers'
        raise TypeError(f"{expected}. Received: {wrong[0]!r}")
    labels = {row: values[row] for row in rows}
    if classes:
        classes = list(dict.fromkeys(classes))
        wanted = {row: _only(label, classes) for row, label in labels.items()}
        labels = {row: label for row, label in wanted.items() if label}
    else:
        each = (label if isinstance(label, list | tuple) else [label] for label in labels.values())
        classes = sorted({name for names in each for name in names})
    if class_mode == "binary" and len(classes) != 2:
        raise ValueError(f'class_mode="binary" needs 2 classes. Received: {len(classes)}')
    return labels, classes


def _only(label: Any, classes: list[str]) -> Any:
    if isinstance(label, list | tuple):
        return [name for name in label if name in classes]
    return label if label in classes else None
