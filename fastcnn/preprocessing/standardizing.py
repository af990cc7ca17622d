"""The normalising half of ImageDataGenerator: what follows the random changes."""

import warnings
from dataclasses import dataclass

import numpy as np

from fastcnn.compat.calls import accepts_old_names
from fastcnn.preprocessing import statistics

_SMALL = 1e-6  # added to standard deviations, as Keras does, so that a plain photo does not divide by zero


@dataclass(frozen=True)
class Tones:
    """What `standardize` does, as the numbers that the kernel image_tones takes; offset and factor: one a channel."""

    scale: float
    center: bool
    normalise: bool
    offset: np.ndarray
    factor: np.ndarray
    only_scales: bool


class Standardizer:
    """Normalises photos by the settings of ImageDataGenerator, which is its subclass and describes them."""

    def tones(self, channels: int) -> Tones | None:
        """What `standardize` does to photos of so many channels; None when that takes more than image_tones does.

        Warns as `standardize` does.
        """
        if self.preprocessing_function or self.zca_whitening:
            return None
        center = self.featurewise_center and self._fitted("featurewise_center", self.mean)
        spread = self.featurewise_std_normalization and self._fitted("featurewise_std_normalization", self.std)
        offset = self._by_channel(self.mean if center else 0.0, channels)
        deviation = self._by_channel(self.std + _SMALL if spread else 1.0, channels)
        if offset is None or deviation is None:
            return None
        samplewise = bool(self.samplewise_center), bool(self.samplewise_std_normalization)
        plain = not (any(samplewise) or center or spread)
        return Tones(float(self.rescale or 1.0), *samplewise, offset, 1 / deviation, plain)

    def _by_channel(self, statistic: np.ndarray | float, channels: int) -> np.ndarray | None:
        """A statistic as (channels,) float32; None when it differs within a channel."""
        statistic = np.asarray(statistic, np.float32)
        along = np.ones(3, int)
        along[self.channel_axis - 1] = channels
        if statistic.size != 1 and statistic.shape not in (tuple(along), tuple(along[self.channel_axis - 1 :])):
            return None
        return np.array(np.broadcast_to(statistic.ravel(), channels))

    @property
    def _needs_fit(self) -> bool:
        return bool(self.featurewise_center or self.featurewise_std_normalization or self.zca_whitening)

    @accepts_old_names
    def standardize(self, x: np.ndarray) -> np.ndarray:
        """Normalises one photo or a batch x in place, and returns it.

        Warns when statistics of the set are wanted and `fit` has not been called.
        """
        if self.preprocessing_function:
            x = self._preprocessed(x)
        if self.rescale:
            x *= self.rescale
        if self.samplewise_center:
            x -= np.mean(x, keepdims=True)
        if self.samplewise_std_normalization:
            x /= np.std(x, keepdims=True) + _SMALL
        if self.featurewise_center and self._fitted("featurewise_center", self.mean):
            x -= self.mean
        if self.featurewise_std_normalization and self._fitted("featurewise_std_normalization", self.std):
            x /= self.std + _SMALL
        if self.zca_whitening and self._fitted("zca_whitening", self.zca_whitening_matrix):
            flat = x.reshape(-1, len(self.zca_whitening_matrix))
            x = (flat @ self.zca_whitening_matrix).reshape(x.shape)
        return x

    def _preprocessed(self, x: np.ndarray) -> np.ndarray:
        shape = x.shape
        x = np.asarray(self.preprocessing_function(x))
        if x.shape != shape:
            expected = f"preprocessing_function must return an array of the shape it got, {shape}"
            raise ValueError(f"{expected}. Received: {x.shape}")
        # What follows works in place, which integers and read-only arrays do not allow.
        return x if x.dtype.kind == "f" and x.flags.writeable else x.astype(self.dtype)

    def _fitted(self, option: str, statistic: np.ndarray | None) -> bool:
        if statistic is None:
            text = f"ImageDataGenerator: {option} is on, but `fit` has not been called; photos stay as they are"
            warnings.warn(text, stacklevel=3)
        return statistic is not None

    @accepts_old_names
    def fit(self, x: np.ndarray, augment: bool = False, rounds: int = 1, seed: int | None = None) -> None:
        """Computes the statistics that featurewise_* and zca_whitening need from sample photos x : (N, H, W, C).

        augment : use `rounds` randomly changed copies of every photo in place of the photos.

        Raises:
            ValueError: when x has not four axes.
        """
        x = np.asarray(x)
        if x.ndim != 4:
            raise ValueError(f"fit: x must have 4 axes, a batch of photos. Received shape {x.shape}")
        warn_of_channels("fit", x.shape, self.channel_axis, self.data_format)
        if not self._needs_fit:
            return
        scale = self.rescale or 1.0
        if augment:
            x, scale = self._augmented(x, scale, rounds, seed), 1.0
        axes = (0, self.row_axis, self.col_axis)
        self.mean = statistics.mean_per_channel(x, axes, scale).astype(self.dtype)
        if self.featurewise_std_normalization:
            self.std = statistics.spread_per_channel(x, axes, scale).astype(self.dtype)
        if self.zca_whitening:
            centred = (x * scale - self.mean).reshape(len(x), -1)
            self.zca_whitening_matrix = statistics.whitening_matrix(centred, self.zca_epsilon)

    def _augmented(self, x: np.ndarray, scale: float, rounds: int, seed: int | None) -> np.ndarray:
        seeds = np.random.SeedSequence(seed).generate_state(rounds * len(x)) if seed is not None else None
        copies = np.empty((rounds * len(x), *x.shape[1:]), self.dtype)
        for i in range(len(copies)):
            one = x[i % len(x)].astype(self.dtype) * np.dtype(self.dtype).type(scale)
            copies[i] = self.random_transform(one, None if seeds is None else int(seeds[i]))
        return copies


def warn_of_channels(who: str, shape: tuple[int, ...], axis: int, data_format: str) -> None:
    """Warns when an array of photos has a number of channels that looks like a mistaken axis order."""
    if shape[axis] not in (1, 3, 4):
        text = f"{who}: expected 1, 3 or 4 channels on axis {axis} ({data_format}). Received shape {shape}"
        warnings.warn(text, stacklevel=4)
