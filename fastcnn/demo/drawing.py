"""Draws photos of skin with one mole each, in two classes, so that the demo needs no network and no data.

The classes differ by structure alone: a benign mole has a smooth, symmetric border and an even colour; a malignant
one has a ragged, asymmetric border and blotches of several colours. Skin, light, hairs, and the mole's mean colour,
area and position come from the same distributions in both, so no weighted sum of pixels tells them apart.
These are drawings for trying out software: they say nothing about real skin.
"""

import math
from pathlib import Path

import numpy as np

CLASSES = ("benign", "malignant")
_SIDES = (76, 144)  # pixels, smallest and largest
_ANGLES = 256  # points of a border
_SKIN = np.array([[0.93, 0.78, 0.70], [0.86, 0.66, 0.55], [0.72, 0.51, 0.40]])
_MOLE = np.array([0.62, 0.50, 0.47])  # mean colour of a mole, as a share of its skin's
_BLOTCHES = np.array([[0.20, 0.18, 0.16], [-0.03, 0.03, 0.07]])  # dark to light brown; red to blue-grey


def draw_folder(folder: str | Path, seed: int, training: int = 500, test: int = 150) -> int:
    """Writes `training_set` and `test_set` below `folder`: one subfolder per class with that many JPEGs in each.

    Every photo is determined by seed, class and number. Returns the number of photos.

    Raises:
        OSError: when the folder cannot be written.
    """
    from fastcnn.preprocessing.image import save_img

    for part, (name, count) in enumerate((("training_set", training), ("test_set", test))):
        for label, class_name in enumerate(CLASSES):
            target = Path(folder) / name / class_name
            target.mkdir(parents=True, exist_ok=True)
            for number in range(count):
                photo = draw_photo(label, np.random.default_rng([seed, part, label, number]))
                save_img(target / f"mole_{number + 1:04d}.jpg", photo, scale=False, quality=90)
    return (training + test) * len(CLASSES)


def draw_photo(label: int, rng: np.random.Generator) -> np.ndarray:
    """Returns one photo (H, W, 3), uint8, of skin with a mole of class `label` (0 benign, 1 malignant)."""
    height, width = rng.integers(*_SIDES, endpoint=True, size=2).tolist()
    skin = _skin(height, width, rng)
    mask, radius = _mole_mask(height, width, label, rng)
    tint = _MOLE * rng.normal(1, (0.08, 0.05, 0.05)) + _shades(mask, radius, label, rng)
    photo = skin * (1 + mask[..., None] * (tint - 1))
    for _ in range(rng.integers(0, 7)):
        photo *= _hair(height, width, rng)[..., None]
    photo *= _light(height, width, rng)[..., None]
    photo += np.float32(0.015) * rng.standard_normal(photo.shape, np.float32)  # the camera's noise
    return (np.clip(photo, 0, 1) * 255 + 0.5).astype(np.uint8)


def _skin(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Skin (H, W, 3): a tone between the known ones, reddish patches, and fine grain."""
    tone = rng.dirichlet(np.ones(len(_SKIN))) @ _SKIN
    patches = _smooth_noise(height, width, rng.uniform(25, 60), rng)[..., None] * (0.02, 0.035, 0.03)
    return tone * (1 + patches + 0.03 * _smooth_noise(height, width, 4, rng)[..., None])


def _mole_mask(height: int, width: int, label: int, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Share of mole in each pixel (H, W), and the mole's radius in pixels, as of a disc of the same area."""
    side = min(height, width)
    radius = side * rng.uniform(0.19, 0.28)
    border = _border(label, rng)  # (_ANGLES,), relative to the radius
    # Moments of the outline: area 1 (in units of pi) and the offset that puts its centre of mass in place.
    border /= math.sqrt(np.mean(border**2))
    angles = np.arange(_ANGLES) * (2 * math.pi / _ANGLES)
    offset = 2 / 3 * radius * np.array([np.mean(border**3 * np.sin(angles)), np.mean(border**3 * np.cos(angles))])
    centre = (height, width) * rng.uniform(0.38, 0.62, 2) - offset
    y, x = np.mgrid[:height, :width] - centre[:, None, None]
    turn = np.arctan2(y, x) * (_ANGLES / (2 * math.pi)) % _ANGLES
    edge = np.interp(turn, np.arange(_ANGLES + 1), radius * np.append(border, border[0]))
    softness = side * rng.uniform(0.008, 0.016)
    return 1 / (1 + np.exp(np.clip((np.hypot(y, x) - edge) / softness, -30, 30))), radius


def _border(label: int, rng: np.random.Generator) -> np.ndarray:
    """Distance of the border from the middle by angle: an ellipse's, to which malignant adds ragged waves."""
    angles = np.arange(_ANGLES) * (2 * math.pi / _ANGLES)
    stretch = rng.uniform(0.75, 1.0)
    turned = angles + rng.uniform(0, 2 * math.pi)
    border = stretch / np.hypot(stretch * np.cos(turned), np.sin(turned))
    waves = np.arange(3, 13)
    size = rng.uniform(0.14, 0.26) if label else rng.uniform(0.0, 0.03)
    heights = rng.normal(0, 1, len(waves)) / waves**0.8
    heights *= size / np.linalg.norm(heights)
    phases = rng.uniform(0, 2 * math.pi, len(waves))
    ragged = np.cos(np.outer(angles, waves) + phases) @ heights
    return border * np.maximum(1 + ragged, 0.3)


def _shades(mask: np.ndarray, radius: float, label: int, rng: np.random.Generator) -> np.ndarray:
    """What the mole's colour adds to its mean (H, W, 3); the sum over the mole is 0."""
    size = (0.7, 1.1) if label else (0.0, 0.12)
    shades = np.zeros((*mask.shape, 3))
    for colour in _BLOTCHES:
        noise = _smooth_noise(*mask.shape, radius * rng.uniform(0.35, 0.7), rng)
        shades += rng.uniform(*size) * noise[..., None] * colour
    weights = mask / mask.sum()
    return shades - (weights[..., None] * shades).sum((0, 1))


def _hair(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """What one hair leaves of the light (H, W): a curve of second degree across the photo, one or two pixels wide."""
    start, turn, length = rng.uniform(0, 1, 2), rng.uniform(0, 2 * math.pi), rng.uniform(0.3, 1.0)
    along = length * np.array([math.sin(turn), math.cos(turn)])
    bend = rng.normal(0, 0.15) * along[::-1] * (1, -1)
    ends = np.array([start, start + along / 2 + bend, start + along]) * (height, width)
    t = np.linspace(0, 1, 2 * max(height, width))[:, None]
    y, x = ((1 - t) ** 2 * ends[0] + 2 * t * (1 - t) * ends[1] + t**2 * ends[2]).T
    hair = np.zeros((height + 2, width + 2))
    row, column = np.floor(y).astype(int), np.floor(x).astype(int)
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    row, column, down, right = row[inside], column[inside], (y - row)[inside], (x - column)[inside]
    for step_down, share_down in ((0, 1 - down), (1, down)):
        for step_right, share_right in ((0, 1 - right), (1, right)):
            np.maximum.at(hair, (row + step_down, column + step_right), share_down * share_right)
    return 1 - rng.uniform(0.3, 0.75) * np.minimum(1.6 * hair[:height, :width], 1)


def _light(height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """Brightness (H, W): stronger from one side, weaker towards the corners."""
    y, x = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)
    direction = rng.uniform(0, 2 * math.pi)
    slope = rng.uniform(0, 0.15) * (math.sin(direction) * y + math.cos(direction) * x)
    return rng.uniform(0.8, 1.08) * (1 + slope) * (1 - rng.uniform(0, 0.15) * (y**2 + x**2))


def _smooth_noise(height: int, width: int, spacing: float, rng: np.random.Generator) -> np.ndarray:
    """Noise (H, W) of mean 0 and spread about 1: random values `spacing` pixels apart, with cosines between them."""
    down, down_share = _between(height, spacing, rng)
    right, right_share = _between(width, spacing, rng)
    points = np.float32(1.4) * rng.standard_normal((down[-1] + 2, right[-1] + 2), np.float32)
    rows = points[down] + down_share[:, None] * (points[down + 1] - points[down])  # (H, points across)
    return rows[:, right] + right_share * (rows[:, right + 1] - rows[:, right])


def _between(length: int, spacing: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """For each of `length` pixels the point before it and the share of the next one, from a random start."""
    at = np.arange(length) / spacing + rng.uniform()
    before = at.astype(int)
    return before, (0.5 - 0.5 * np.cos((at - before) * math.pi)).astype(np.float32)
