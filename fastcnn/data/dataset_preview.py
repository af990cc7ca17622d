"""A look at a dataset of photos: one picture of what an iteration gives first."""

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from fastcnn.data.contact_sheet import Tile, caption_of, check_picture_name, contact_sheet, save_sheet, visible

if TYPE_CHECKING:
    from PIL.Image import Image


def check_grid(rows: int, columns: int) -> None:
    """Raises ValueError unless the grid has a place for at least one photo."""
    for name, value in (("rows", rows), ("columns", columns)):
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"preview: {name} must be a positive integer. Received: {value!r}")


def preview_elements(
    elements: Iterator,
    path: str | os.PathLike | None,
    rows: int,
    columns: int,
    class_names: Sequence[str] | None,
    data_format: str | None,
) -> "Image":
    """Draws the first rows * columns photos of `elements`: photos x or batches of them, alone or first in a tuple.

    Raises:
        ValueError: when the elements are not photos.
    """
    check_grid(rows, columns)
    if path is not None:
        check_picture_name(path)
    photos: list[np.ndarray] = []
    captions: list[str] = []
    for element in elements:
        x, y = (element[0], element[1] if len(element) > 1 else None) if isinstance(element, tuple) else (element, None)
        x = np.asarray(x)
        if x.ndim == 3:
            x, y = x[np.newaxis], [y]
        if x.ndim != 4:
            expected = "expected photos (height, width, channels) or batches of them, alone or as the first of a tuple"
            raise ValueError(f"preview: {expected}. Received: {_described(x)}")
        left = rows * columns - len(photos)
        photos += list(np.array(_channels_last(x, data_format)[:left]))
        captions += [caption_of(label, class_names) for label in _labels(y, min(len(x), left))]
        if len(photos) == rows * columns:
            break
    if not photos:
        raise ValueError("preview: the dataset gave no photos")
    shown, note = _visible_of(photos)
    tiles = [Tile(pixels, caption) for pixels, caption in zip(shown, captions, strict=True)]
    sheet = contact_sheet([tiles[start : start + columns] for start in range(0, len(tiles), columns)], [note])
    if path is not None:
        save_sheet(sheet, path)
    return sheet


def _labels(y: Any, count: int) -> list:
    """One label a photo; none where labels are in several arrays."""
    if y is None or isinstance(y, dict | tuple):
        return [None] * count
    return list(y)[:count]


def _visible_of(photos: list[np.ndarray]) -> tuple[list[np.ndarray], str]:
    """`visible` of photos that may differ in size: all on one scale."""
    if len({photo.shape for photo in photos}) == 1:
        shown, note = visible(np.stack(photos))
        return list(shown), note
    channels = photos[0].shape[2]
    flat = np.concatenate([photo.reshape(-1, channels) for photo in photos])[np.newaxis, np.newaxis]
    shown, note = visible(flat)
    ends = np.cumsum([photo.shape[0] * photo.shape[1] for photo in photos])[:-1]
    parts = np.split(shown[0, 0], ends)
    return [part.reshape(*photo.shape[:2], 3) for part, photo in zip(parts, photos, strict=True)], note


def _channels_last(x: np.ndarray, data_format: str | None) -> np.ndarray:
    """Photos with their channels last; without a word on it, channels are the axis that is as short as they are."""
    if data_format is None:
        first = x.shape[3] not in (1, 3, 4) and x.shape[1] in (1, 3, 4)
    else:
        first = data_format == "channels_first"
    return np.moveaxis(x, 1, 3) if first else x


def _described(x: np.ndarray) -> str:
    return f"an array of shape {x.shape}" if x.dtype.kind in "biuf" else f"values of type {x.dtype}"
