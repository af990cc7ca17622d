"""One picture with a grid of photos and their labels: any range of values made visible, drawn with Pillow alone."""

import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

# Sides in pixels between which photos are shown: smaller ones are enlarged by a whole number, larger ones reduced.
_SMALLEST, _LARGEST = 96, 256
_GAP, _FONT, _TEXT = 6, 12, 16
_PAPER, _INK, _FRAME = (255, 255, 255), (32, 32, 32), (200, 60, 60)
_NOT_FINITE = (255, 0, 255)
# (lowest, highest) value of photos as they are commonly kept.
_RANGES = ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0))
_FILLED = 1 / 8  # the share of such a range that photos in it cover at least
_TOLERANCE = 1e-3  # of the range: what rounding may pass its ends by


@dataclass(frozen=True)
class Tile:
    """A photo (H, W, 3) uint8, or None for one that is left out, and the text below it."""

    pixels: np.ndarray | None
    caption: str


def visible(photos: np.ndarray) -> tuple[np.ndarray, str]:
    """Returns photos (N, H, W, C) of any type and range as (N, H, W, 3) uint8, and a sentence on what was done.

    All photos get the same scale, so that brightness can be compared. Whole-number types, and values within 0..255, are
    taken as they are; 0..1 and -1..1 run from black to white. Anything else (standardised photos, say, or values that
    fill less than an eighth of those ranges) runs from the lowest to the highest value, half a percent left out at
    either end. NaN and infinite values are magenta. One channel is grey, as is the first of two; a fourth is opacity,
    shown on white; of more than four the first three count.
    """
    finite = np.isfinite(photos)
    values = np.where(finite, photos, 0).astype(np.float32)
    low, high, note = _scale(values[finite], photos.dtype)
    scaled = np.clip((values - low) * (255 / (high - low)), 0, 255)
    scaled = np.where(finite, scaled, 0)
    channels = photos.shape[3]
    colours = scaled[..., :3] if channels >= 3 else np.repeat(scaled[..., :1], 3, axis=3)
    if channels == 4:
        opacity = scaled[..., 3:] / 255
        colours = colours * opacity + 255 * (1 - opacity)
    shown = np.rint(colours).astype(np.uint8)
    bad = ~finite.all(axis=3)
    if bad.any():
        shown[bad] = _NOT_FINITE
        note += f"; magenta: {bad.sum():,} of {bad.size:,} pixels are not finite"
    if channels not in (1, 3, 4):
        note += f"; of {channels} channels the first {'is' if channels == 2 else 'three are'} shown"
    return shown, note


def _scale(values: np.ndarray, dtype: np.dtype) -> tuple[float, float, str]:
    """The values that become black and white, and a sentence that says so."""
    if not values.size:
        return 0.0, 255.0, "no finite values"
    lowest, highest = float(values.min()), float(values.max())
    found = f"values {lowest:.4g} to {highest:.4g}"
    whole = dtype.kind in "iu"
    for low, high in ((0.0, 255.0),) if whole else _RANGES:
        margin = _TOLERANCE * (high - low)
        filled = whole or highest - lowest >= _FILLED * (high - low)
        if low - margin <= lowest and highest <= high + margin and filled:
            return low, high, f"{found}, shown from {low:g} (black) to {high:g} (white)"
    low, high = (float(v) for v in np.percentile(values, (0.5, 99.5)))
    if high <= low:  # nearly all alike
        low, high = lowest, max(highest, lowest + 1)
    return low, high, f"{found}, shown from {low:.4g} (black) to {high:.4g} (white)"


def caption_of(label: Any, class_names: Sequence[str] | None = None) -> str:
    """A label in a few characters: a class number by its name, one-hot and multi-hot rows by the names they mark.

    Numbers that name no class stay numbers; labels with more axes, such as masks, have no caption.
    """
    if isinstance(label, str):
        return label
    if label is None or isinstance(label, dict | tuple) or np.ndim(label) > 1:
        return ""
    values = np.asarray(label)
    if values.dtype.kind in "US":
        return ", ".join(map(str, np.ravel(values)))
    if values.size == 1:
        return _named(values.ravel()[0].item(), class_names)
    if values.size and set(np.unique(values)) <= {0, 1} and (class_names is None or len(class_names) == values.size):
        return ", ".join(_named(int(i), class_names) for i in np.flatnonzero(values)) or "none"
    return ", ".join(f"{value:.4g}" for value in values.tolist()[:8])


def _named(number: float, class_names: Sequence[str] | None) -> str:
    if class_names is not None and number == int(number) and 0 <= number < len(class_names):
        return class_names[int(number)]
    return f"{number:.4g}"


def contact_sheet(rows: Sequence[Sequence[Tile]], footer: Sequence[str] = ()) -> "Image":
    """Draws rows of tiles with their captions, and lines of text below them.

    Text is drawn in Pillow's own font, which knows ASCII: accents are left off, other characters appear as escapes, and
    what is too long for its place is cut.
    """
    from PIL import Image, ImageDraw, ImageFont, features

    font = ImageFont.load_default(_FONT if features.check("freetype2") else None)
    sides = [side for row in rows for tile in row if tile.pixels is not None for side in tile.pixels.shape[:2]]
    factor = _factor(max(sides, default=_SMALLEST))
    pictures = [[_picture(tile, factor) for tile in row] for row in rows]
    flat = [picture for row in pictures for picture in row if picture is not None]
    width = max((p.width for p in flat), default=_SMALLEST)
    height = max((p.height for p in flat), default=_SMALLEST)
    step = width + _GAP, height + _TEXT + _GAP
    columns = max(map(len, rows), default=0)
    least = max((int(font.getlength(_ascii(line))) + 2 * _GAP for line in footer), default=0)
    size = max(columns * step[0] + _GAP, min(least, 8 * _LARGEST)), len(rows) * step[1] + _GAP + _TEXT * len(footer)
    sheet = Image.new("RGB", size, _PAPER)
    pen = ImageDraw.Draw(sheet)
    for r, row in enumerate(rows):
        for c, tile in enumerate(row):
            x, y = _GAP + c * step[0], _GAP + r * step[1]
            picture = pictures[r][c]
            if picture is None:
                pen.rectangle((x, y, x + width - 1, y + height - 1), outline=_FRAME)
                pen.line((x, y, x + width - 1, y + height - 1), _FRAME)
                pen.line((x, y + height - 1, x + width - 1, y), _FRAME)
            else:
                sheet.paste(picture, (x + (width - picture.width) // 2, y + (height - picture.height) // 2))
            pen.text((x, y + height), _cut(tile.caption, width, font), _INK, font)
    for number, line in enumerate(footer):
        place = _GAP, len(rows) * step[1] + _GAP // 2 + number * _TEXT
        pen.text(place, _cut(line, size[0] - 2 * _GAP, font), _INK, font)
    return sheet


def _factor(side: int) -> float:
    if side < _SMALLEST:
        return -(-_SMALLEST // max(side, 1))
    return min(1.0, _LARGEST / side)


def _picture(tile: Tile, factor: float) -> "Image | None":
    from PIL import Image

    if tile.pixels is None:
        return None
    picture = Image.fromarray(np.ascontiguousarray(tile.pixels))
    if factor == 1:
        return picture
    size = max(1, round(picture.width * factor)), max(1, round(picture.height * factor))
    return picture.resize(size, Image.Resampling.NEAREST if factor > 1 else Image.Resampling.BOX)


def _ascii(text: str) -> str:
    """The text in ASCII on one line."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return bare.encode("ascii", "backslashreplace").decode()


def _cut(text: str, width: int, font: Any) -> str:
    text = _ascii(text)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "..") > width:
        text = text[:-1]
    return text + ".."


def check_picture_name(path: str | os.PathLike) -> str:
    """Pillow's name of the format that the path's ending stands for.

    Raises:
        ValueError: when no format goes by that ending, or it cannot be written.
    """
    from PIL import Image

    Image.init()
    ending = os.path.splitext(os.fsdecode(path))[1].lower()
    kind = Image.registered_extensions().get(ending)
    if kind not in Image.SAVE:
        raise ValueError(f"a preview is a picture such as preview.png or preview.jpg. Received: {os.fsdecode(path)!r}")
    return kind


def save_sheet(sheet: "Image", path: str | os.PathLike) -> None:
    """Writes the picture in the format of its ending, in one step: the file is whole or as it was.

    Raises:
        ValueError: for an ending that stands for no picture. OSError: when it cannot be written.
    """
    from fastcnn.saving.atomic import atomic_write

    kind = check_picture_name(path)
    atomic_write(path, lambda file: sheet.save(file, format=kind))
