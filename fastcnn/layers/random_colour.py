"""Random layers that change values and leave pixels where they are: contrast, brightness, erased boxes, ..."""

from collections.abc import Sequence

import numpy as np

from fastcnn.layers.base import Shape
from fastcnn.layers.random_images import RandomImages, Transformation, boxes, limits

Factor = float | Sequence[float]
_LUMA = np.array([0.2989, 0.587, 0.114])  # ITU-R BT.601


class RandomValues(RandomImages):
    """What the layers share that end by clipping to a range of values.

    value_range : (lowest, highest) of the images, (0, 255) or (0, 1) for instance.
    """

    def __init__(
        self, value_range: Sequence[float], seed: int | None = None, data_format: str | None = None, **kwargs: object
    ):
        super().__init__(seed, data_format, **kwargs)
        try:
            low, high = (float(value) for value in value_range)
        except (TypeError, ValueError):
            low, high = 0.0, 0.0
        if low == high:
            raise ValueError(f"{type(self).__name__}: value_range must be two numbers. Received: {value_range!r}")
        self.value_range = tuple(sorted((low, high)))

    def blend(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        """The images before they are clipped; a new array."""
        raise NotImplementedError(f"{type(self).__name__} has no blend(images, transformation)")

    def blend_gradient(self, dy: np.ndarray, transformation: Transformation) -> np.ndarray:
        """The gradient of the images, from that of `blend`'s result."""
        raise NotImplementedError(f"{type(self).__name__} has no blend_gradient(dy, transformation)")

    def change(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        blended = self.blend(images, transformation)
        return np.clip(blended, *self.value_range, out=blended)

    def change_gradient(self, images: np.ndarray, transformation: Transformation, dy: np.ndarray) -> np.ndarray:
        low, high = self.value_range
        blended = self.blend(images, transformation)
        return self.blend_gradient(dy * ((blended >= low) & (blended <= high)), transformation)


class RandomContrast(RandomValues):
    """(x - mean) * f + mean for each image and channel, clipped to value_range; f is drawn for each image.

    factor : 0.2 draws f from [0.8, 1.2]; (0.2, 0.5) from [0.8, 1.5].
    """

    def __init__(
        self, factor: Factor, value_range: Sequence[float] = (0, 255), seed: int | None = None, **kwargs: object
    ):
        super().__init__(value_range, seed, **kwargs)
        high = limits("RandomContrast", "factor", factor, 0, 1)[1]
        self.factor = tuple(float(f) for f in factor) if isinstance(factor, (tuple, list)) else (high, high)

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        return {"contrast_factor": rng.uniform(1 - self.factor[0], 1 + self.factor[1], (shape[0], 1, 1, 1))}

    def blend(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        factor = transformation["contrast_factor"].astype(images.dtype)
        lines = (images * factor).reshape(*images.shape[:2], -1)  # NumPy is slow along a last axis of 3
        lines += np.tile(((1 - factor) * _mean(images)).reshape(len(images), 1, -1), images.shape[2])
        return lines.reshape(images.shape)

    def blend_gradient(self, dy: np.ndarray, transformation: Transformation) -> np.ndarray:
        factor = transformation["contrast_factor"].astype(dy.dtype)
        return dy * factor + _mean(dy) * (1 - factor)


class RandomBrightness(RandomValues):
    """Adds one number to each image, clipped to value_range.

    factor : 0.2 adds up to 20 % of the range's width or takes as much away; (0, 0.2) only adds.
    """

    def __init__(
        self, factor: Factor, value_range: Sequence[float] = (0, 255), seed: int | None = None, **kwargs: object
    ):
        super().__init__(value_range, seed, **kwargs)
        self.factor = limits("RandomBrightness", "factor", factor, -1, 1)

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        low, high = self.value_range
        return {"rgb_delta": rng.uniform(*self.factor, (shape[0], 1, 1, 1)) * (high - low)}

    def blend(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        return images + transformation["rgb_delta"].astype(images.dtype)

    def blend_gradient(self, dy: np.ndarray, transformation: Transformation) -> np.ndarray:
        return dy


class RandomColorDegeneration(RandomValues):
    """Mixes each image with its grey version: x + f * (grey - x), clipped to value_range.

    factor : f is drawn from [-factor, factor], or between two numbers; 1 is grey, below 0 colours get stronger.
    """

    def __init__(
        self,
        factor: Factor,
        value_range: Sequence[float] = (0, 255),
        data_format: str | None = None,
        seed: int | None = None,
        **kwargs: object,
    ):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = limits("RandomColorDegeneration", "factor", factor, -1, 1)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return _three_channels(self, super().compute_output_shape(input_shape))

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        return {"factor": rng.uniform(*self.factor, (shape[0], 1, 1, 1))}

    def blend(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        return images + transformation["factor"].astype(images.dtype) * (_grey(images) - images)

    def blend_gradient(self, dy: np.ndarray, transformation: Transformation) -> np.ndarray:
        return dy + transformation["factor"].astype(dy.dtype) * (_grey_gradient(dy) - dy)


class RandomGrayscale(RandomImages):
    """Makes images grey, each with probability `factor`; the three channels stay and are equal."""

    def __init__(self, factor: float = 0.5, data_format: str | None = None, seed: int | None = None, **kwargs: object):
        super().__init__(seed, data_format, **kwargs)
        self.factor = limits("RandomGrayscale", "factor", factor, 0, 1)[1]  # a probability

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return _three_channels(self, super().compute_output_shape(input_shape))

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        return {"should_apply": rng.random((shape[0], 1, 1, 1)) < self.factor}

    def change(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        return np.where(transformation["should_apply"], _grey(images), images)

    def change_gradient(self, images: np.ndarray, transformation: Transformation, dy: np.ndarray) -> np.ndarray:
        return np.where(transformation["should_apply"], _grey_gradient(dy), dy)


class RandomInvert(RandomValues):
    """Turns images into their negatives, value_range[1] - x.

    factor : the probability; one number f draws a probability from [0, f] for each image, as Keras does.
    """

    def __init__(
        self,
        factor: Factor = 1.0,
        value_range: Sequence[float] = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: object,
    ):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = limits("RandomInvert", "factor", factor, 0, 1, lower=0)

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        return {"apply_inversion": rng.random(shape[0]) < rng.uniform(*self.factor, shape[0])}

    def change(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        chosen = transformation["apply_inversion"][:, None, None, None]
        return np.where(chosen, images.dtype.type(self.value_range[1]) - images, images)

    def change_gradient(self, images: np.ndarray, transformation: Transformation, dy: np.ndarray) -> np.ndarray:
        return np.where(transformation["apply_inversion"][:, None, None, None], -dy, dy)


class RandomErasing(RandomValues):
    """Covers a box of each image with one value, or with noise.

    factor : the probability; one number f draws a probability from [0, f] for each image, as Keras does.
    scale : (least, most) share that the box has of the image.
    fill_value : a number or one for each channel; None fills with normal noise.
    """

    def __init__(
        self,
        factor: Factor = 1.0,
        scale: Factor = (0.02, 0.33),
        fill_value: float | Sequence[float] | None = None,
        value_range: Sequence[float] = (0, 255),
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: object,
    ):
        super().__init__(value_range, seed, data_format, **kwargs)
        self.factor = limits("RandomErasing", "factor", factor, 0, 1, lower=0)
        self.scale = limits("RandomErasing", "scale", scale, 0, 1, lower=0)
        self.fill_value = fill_value if fill_value is None else np.asarray(fill_value, np.float64)

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        n, height, width, _ = shape
        sides = np.sqrt(rng.uniform(*self.scale, (2, n))) * [[height], [width]]
        starts = rng.random((2, n)) * ([[height], [width]] - sides)
        fill = (
            rng.standard_normal(shape, np.float32) * np.float32(self.value_range[1])
            if self.fill_value is None
            else self.fill_value
        )
        return {
            "apply_erasing": rng.random(n) < rng.uniform(*self.factor, n),
            "batch_masks": boxes(starts, sides, height, width),
            "fill_value": np.clip(fill, *self.value_range),
        }

    def change(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        changed, fill = images.copy(), np.broadcast_to(transformation["fill_value"], images.shape)
        for image, value, covered in zip(changed, fill, self._covered(transformation)[..., 0], strict=True):
            image[covered] = value[covered]
        return changed

    def change_gradient(self, images: np.ndarray, transformation: Transformation, dy: np.ndarray) -> np.ndarray:
        return np.where(self._covered(transformation), dy.dtype.type(0), dy)

    def _covered(self, transformation: Transformation) -> np.ndarray:
        return transformation["batch_masks"] & transformation["apply_erasing"][:, None, None, None]


def _three_channels(layer: RandomImages, input_shape: Shape) -> Shape:
    if input_shape[3] != 3:
        raise ValueError(f"{type(layer).__name__} expects images of 3 channels. Received: {input_shape}")
    return input_shape


def _mean(images: np.ndarray) -> np.ndarray:
    """(N, 1, 1, C) means over rows and columns."""
    n, height, width, channels = images.shape
    sums = images.reshape(n, height, -1).sum(axis=1).reshape(n, width, channels).sum(axis=1)
    return (sums / images.dtype.type(height * width)).reshape(n, 1, 1, channels)


def _grey(images: np.ndarray) -> np.ndarray:
    """Luma (N, H, W, 1) of red, green, blue."""
    return (images @ _LUMA.astype(images.dtype))[..., None]


def _grey_gradient(dy: np.ndarray) -> np.ndarray:
    return dy.sum(axis=3, keepdims=True) * _LUMA.astype(dy.dtype)
