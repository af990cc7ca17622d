"""Batches of photos from an array."""

from typing import Any

import numpy as np

from fastcnn.compat.calls import accepts_old_names
from fastcnn.data.batch_job import Filled
from fastcnn.data.photos import ArrayPhotos
from fastcnn.data.pil_arrays import checked_data_format
from fastcnn.preprocessing.iterator import Iterator
from fastcnn.preprocessing.standardizing import warn_of_channels


class NumpyArrayIterator(Iterator):
    """Batches (x, y), (x, y, weights) or x of photos x : (N, H, W, C), or (N, C, H, W), with random changes.

    x : an array, or a pair of it and a list of further arrays that are passed on unchanged; bytes stay bytes until a
        photo is used. y : (N, ...) passed on unchanged. sample_weight : (N,).
    subset : "validation" is the first share (the generator's validation_split), "training" the rest;
        ignore_class_split allows that one of them lacks a class.
    workers : threads that prepare photos; 0 for none.

    Raises:
        ValueError: when lengths differ, x has not four axes, or a subset lacks a class.
    """

    @accepts_old_names
    def __init__(
        self,
        x: Any,
        y: np.ndarray | None,
        image_data_generator: Any,
        batch_size: int = 32,
        shuffle: bool = False,
        sample_weight: np.ndarray | None = None,
        seed: int | None = None,
        data_format: str | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        ignore_class_split: bool = False,
        dtype: str | None = None,
        *,
        workers: int | None = None,
    ):
        data_format, dtype = checked_data_format(data_format), dtype or "float32"
        x, others = x if isinstance(x, tuple | list) else (x, [])
        others = [np.asarray(o) for o in (others if isinstance(others, list) else [others])]
        x, y, sample_weight = np.asarray(x), _array(y), _array(sample_weight)
        _check(x, y, sample_weight, others)
        kept = slice(None)
        if subset is not None:
            kept = _subset(subset, len(x), image_data_generator.validation_split, None if ignore_class_split else y)
        x = x[kept]
        self.x = x if x.dtype in (np.uint8, np.float32, np.dtype(dtype)) else x.astype(dtype)
        self.x_misc = [o[kept] for o in others]
        self.y = None if y is None else y[kept]
        self.sample_weight = None if sample_weight is None else sample_weight[kept]
        channel_axis = 3 if data_format == "channels_last" else 1
        warn_of_channels("NumpyArrayIterator", x.shape, channel_axis, data_format)
        saving = (save_to_dir, save_prefix, save_format)
        common = (image_data_generator, x.shape[1:], data_format, dtype, saving, workers)
        super().__init__(ArrayPhotos(self.x, channel_axis), len(x), batch_size, shuffle, seed, *common)

    def _labelled(self, filled: Filled) -> Any:
        x = [filled.x, *(o[filled.indices] for o in self.x_misc)] if self.x_misc else filled.x
        if self.y is None:
            return x
        y = self.y[filled.indices]
        return (x, y) if self.sample_weight is None else (x, y, self.sample_weight[filled.indices])


def _array(values: Any) -> np.ndarray | None:
    return None if values is None else np.asarray(values)


def _check(x: np.ndarray, y: np.ndarray | None, sample_weight: np.ndarray | None, others: list[np.ndarray]) -> None:
    if x.ndim != 4:
        raise ValueError(f"flow: x must have 4 axes, a batch of photos. Received shape {x.shape}")
    if x.size == 0:
        raise ValueError(f"flow: x must hold photos. Received shape {x.shape}")
    named = {"y": y, "sample_weight": sample_weight} | {f"x[1][{i}]": o for i, o in enumerate(others)}
    for name, values in named.items():
        if values is not None and len(values) != len(x):
            raise ValueError(f"flow: x and {name} must have the same length. Received: {len(x)} and {len(values)}")


def _subset(subset: str, total: int, share: float, y: np.ndarray | None) -> slice:
    if subset not in ("training", "validation"):
        raise ValueError(f'subset must be "training", "validation" or None. Received: {subset!r}')
    cut = int(total * share)
    if y is not None and not np.array_equal(np.unique(y[:cut]), np.unique(y[cut:])):
        text = "the training and the validation part hold different classes; shuffle x and y together first"
        raise ValueError(f"flow: {text}, or pass ignore_class_split=True")
    return slice(0, cut) if subset == "validation" else slice(cut, None)
