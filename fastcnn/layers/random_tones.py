"""Image layers that map values to others: fewer levels, negatives of bright parts, spread histograms, sharper edges."""

from collections.abc import Sequence

import numpy as np

from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers import arguments
from fastcnn.layers.base import Shape
from fastcnn.layers.random_colour import Factor, RandomValues
from fastcnn.layers.random_images import RandomImages, Transformation, limits

Range = Sequence[float]


class _Bytes(RandomValues):
    """With images brought to 0..255 and back; a subclass changes them there."""

    change_gradient = RandomImages.change_gradient  # none

    def change(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        low, high = (images.dtype.type(value) for value in self.value_range)
        return self.tone((images - low) * (255 / (high - low)), transformation) * ((high - low) / 255) + low

    def tone(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        """Images of values 0..255, changed."""
        raise NotImplementedError(f"{type(self).__name__} has no tone(images, transformation)")


class Solarization(_Bytes):
    """Adds a number to each image, then turns values from a threshold on into their negatives.

    addition_factor, threshold_factor : shares of the range; one number f draws from 0 to f, for each image.
    """

    def __init__(
        self,
        addition_factor: Factor = 0.0,
        threshold_factor: Factor = 0.0,
        value_range: Range = (0, 255),
        seed: int | None = None,
        **kwargs: object,
    ):
        super().__init__(value_range, seed, **kwargs)
        self.addition_factor = limits("Solarization", "addition_factor", addition_factor, 0, 1, lower=0)
        self.threshold_factor = limits("Solarization", "threshold_factor", threshold_factor, 0, 1, lower=0)

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        factors = {"additions": self.addition_factor, "thresholds": self.threshold_factor}
        return {name: 255 * rng.uniform(*factor, (shape[0], 1, 1, 1)) for name, factor in factors.items()}

    def tone(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        added, thresholds = (transformation[name].astype(images.dtype) for name in ("additions", "thresholds"))
        images = np.clip(images + added, 0, 255)
        return np.where(images < thresholds, images, 255 - images)


class RandomPosterization(_Bytes):
    """Keeps the upper bits of each value as a byte.

    factor : how many, from 1 to 8: drawn for each image from 1 to that number, or between two numbers, both included.
    """

    def __init__(
        self,
        factor: Factor,
        value_range: Range = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: object,
    ):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = tuple(int(f) for f in limits("RandomPosterization", "factor", factor, 1, 8, lower=1))

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        return {"shift_factor": 8 - rng.integers(*self.factor, shape[0], endpoint=True)}

    def tone(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        steps = (2.0 ** transformation["shift_factor"]).astype(images.dtype).reshape(-1, 1, 1, 1)
        return np.floor(np.clip(images, 0, 255) / steps) * steps


class AutoContrast(_Bytes):
    """Spreads the values of each channel of each image over the whole range; in prediction too."""

    def __init__(self, value_range: Range = (0, 255), **kwargs: object):
        super().__init__(value_range, **kwargs)

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        return {}

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return self.lower_always(builder, x)

    def tone(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        low, high = images.min(axis=(1, 2), keepdims=True), images.max(axis=(1, 2), keepdims=True)
        scale = 255 / np.where(high > low, high - low, 255)  # a channel of one value stays
        return np.clip(np.where(high > low, (images - low) * scale, images), 0, 255)


class Equalization(_Bytes):
    """Equalises the histogram of each channel of each image, in training.

    bins : how many values the histogram tells apart.
    """

    def __init__(
        self, value_range: Range = (0, 255), bins: int = 256, data_format: str | None = None, **kwargs: object
    ):
        super().__init__(value_range, data_format=data_format, **kwargs)
        self.bins = arguments.positive("Equalization", "bins", bins)

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        return {}

    def tone(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        places = np.clip(images * ((self.bins - 1) / 255), 0, self.bins - 1).astype(np.intp)
        equal = images.copy()
        for image, place in zip(equal, places, strict=True):
            for channel in range(image.shape[2]):
                counts = np.cumsum(np.bincount(place[..., channel].ravel(), minlength=self.bins))
                first = counts[np.flatnonzero(counts)[0]]
                if counts[-1] > first:  # more than one value
                    table = np.clip(np.round((counts - first) * 255 / (counts[-1] - first)), 0, 255)
                    image[..., channel] = table[place[..., channel]]
        return equal


class RandomSharpness(RandomValues):
    """Mixes each image with a blurred version of itself: x + (1 - 2 f) * (blurred - x).

    factor : f, from 0 (blurred) over 0.5 (as it is) to 1 (sharpened); one number draws from 0 to it.
    """

    def __init__(
        self,
        factor: Factor,
        value_range: Range = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: object,
    ):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = limits("RandomSharpness", "factor", factor, 0, 1, lower=0)

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        return {"factor": rng.uniform(*self.factor, shape[0])}

    def blend(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        share = (1 - 2 * transformation["factor"]).astype(images.dtype).reshape(-1, 1, 1, 1)
        return images + share * (_blurred(images) - images)

    def blend_gradient(self, dy: np.ndarray, transformation: Transformation) -> np.ndarray:
        return self.blend(dy, transformation)  # the blur's weights are symmetric


def _blurred(images: np.ndarray) -> np.ndarray:
    """Each pixel 5/13 of itself and 1/13 of each neighbour; 0 outside."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    rows = padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]
    sums = rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]
    return (sums + 4 * images) * images.dtype.type(1 / 13)
