"""A look at what an iterator will give next, or at what a generator's settings do to photos: one picture."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fastcnn.data.buffers import BatchBuffers
from fastcnn.data.contact_sheet import Tile, caption_of, check_picture_name, contact_sheet, save_sheet, visible
from fastcnn.data.dataset_preview import check_grid
from fastcnn.random import stream_kept

if TYPE_CHECKING:
    from fastcnn.data.batch_job import Filled
    from fastcnn.data.pil_arrays import Image
    from fastcnn.preprocessing.batches import BatchMaker
    from fastcnn.preprocessing.iterator import Iterator


def preview(
    iterator: "Iterator", path: str | os.PathLike | None, rows: int, columns: int, class_names: Sequence[str] | None
) -> "Image":
    """Draws the photos that `iterator` gives next; see Iterator.preview."""
    check_grid(rows, columns)
    if path is not None:
        check_picture_name(path)
    first, count = iterator.batch_index * iterator.batch_size, min(rows * columns, iterator.n)
    places = [divmod(first + step, iterator.n) for step in range(count)]
    epochs = [iterator._key(number * len(iterator))[0] for number, _ in places]
    with stream_kept():
        filled = [_single(iterator._maker, epoch, place[1]) for epoch, place in zip(epochs, places, strict=True)]
    shown, note = _shown(filled, iterator.data_format)
    captions = [_caption(iterator, int(photo.indices[0]), class_names) for photo in filled]
    tiles = [Tile(pixels, text) for pixels, text in zip(shown, captions, strict=True)]
    sheet = contact_sheet([tiles[start : start + columns] for start in range(0, count, columns)], [note])
    if path is not None:
        save_sheet(sheet, path)
    return sheet


def preview_settings(iterator: "Iterator", rows: Sequence[Sequence[int]], variants: int, settings: str) -> "Image":
    """Draws rows of photos, each as it is and then in that many of the generator's variants.

    rows : positions of the photos. settings : what the bottom line calls the changes.
    """
    maker = replace(iterator._maker, shuffle=False)
    indices = [index for row in rows for index in row]
    untouched = [_single(replace(maker, generator=None), 0, index) for index in indices]
    changed = [_single(maker, epoch, index) for index in indices for epoch in range(variants)]
    plain, note = _shown(untouched, iterator.data_format)
    shown, changed_note = _shown(changed, iterator.data_format) if changed else ([], "")
    tiles: dict[int, list[Tile]] = {}
    for number, index in enumerate(indices):
        name = _caption(iterator, index, None)
        row = [Tile(pixels, name) for pixels in shown[number * variants : (number + 1) * variants]]
        tiles[index] = [Tile(plain[number], f"{name}, as it is" if variants else name), *row]
    footer = [f"first column: the photo as it is; the others: {settings}", changed_note] if changed else [note]
    return contact_sheet([[tile for index in row for tile in tiles[index]] for row in rows], footer)


def _single(maker: "BatchMaker", epoch: int, position: int) -> "Filled":
    """The photo at a position of an epoch's order, made in this thread as training will see it.

    A batch of its own serves for that: what happens to a photo depends on neither its batch nor its thread.
    """
    job = replace(maker, batch_size=1, buffers=BatchBuffers(1)).job((epoch, position))
    for part in range(job.size):
        job.run(part)
    return job.result()


def _shown(filled: "list[Filled]", data_format: str) -> tuple[list[np.ndarray | None], str]:
    """Visible pixels of each photo, None of those left out, and the sentence on their values."""
    there = [photo.x[0] for photo in filled if photo.present[0]]
    if not there:
        return [None] * len(filled), "none of the photos can be used"
    x = np.stack(there)
    pixels, note = visible(x if data_format == "channels_last" else np.moveaxis(x, 1, 3))
    found = iter(pixels)
    if left_out := len(filled) - len(there):
        note += f"; crossed out: {left_out:,} that cannot be used"
    return [next(found) if photo.present[0] else None for photo in filled], note


def _caption(iterator: Any, index: int, class_names: Sequence[str] | None) -> str:
    """The label of photo `index`; the name of its file where there is none."""
    class_indices = getattr(iterator, "class_indices", None)
    if class_indices is not None:
        names, label = class_names or list(class_indices), iterator.classes[index]
        return ", ".join(names[number] for number in label) if isinstance(label, list) else names[label]
    if not hasattr(iterator, "filenames"):
        return "" if iterator.y is None else caption_of(iterator.y[index], class_names)
    if iterator.class_mode == "multi_output":
        return ", ".join(caption_of(column[index], None) for column in iterator.labels)
    if iterator.class_mode == "raw":
        return caption_of(iterator.labels[index], class_names)
    return os.path.basename(iterator.filenames[index])
