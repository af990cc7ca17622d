"""Initializers that draw random numbers."""

import math
from collections.abc import Sequence

import numpy as np

from fastcnn.initializers.base import Initializer
from fastcnn.random import generator, normal, uniform

# Standard deviation of a standard normal that is cut off at +-2.
_TRUNCATED_STDDEV = 0.87962566103423978


class RandomInitializer(Initializer):
    """Base of the random ones. With an integer ``seed`` every call returns the same values, whatever ``rng`` is."""

    def __init__(self, seed: int | None = None):
        if seed is not None and not isinstance(seed, (int, np.integer)):
            raise ValueError(f"{type(self).__name__}: seed must be an integer or None. Received: {seed!r}")
        self.seed = None if seed is None else int(seed)

    def _rng(self, rng: np.random.Generator | None) -> np.random.Generator:
        if self.seed is not None:
            return np.random.Generator(np.random.SFC64(abs(self.seed)))
        return generator() if rng is None else rng


class RandomUniform(RandomInitializer):
    """Uniform in [minval, maxval)."""

    config_names = ("minval", "maxval", "seed")

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None):
        super().__init__(seed)
        self.minval, self.maxval = minval, maxval

    def __call__(self, shape, dtype="float32", rng=None):
        return uniform(self._rng(rng), shape, self.minval, self.maxval, dtype)


class RandomNormal(RandomInitializer):
    """Normal with ``mean`` and ``stddev``."""

    config_names = ("mean", "stddev", "seed")

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None):
        super().__init__(seed)
        self.mean, self.stddev = mean, stddev

    def __call__(self, shape, dtype="float32", rng=None):
        return normal(self._rng(rng), shape, self.mean, self.stddev, dtype)


class TruncatedNormal(RandomNormal):
    """Normal, redrawn where it falls more than two ``stddev`` from ``mean``."""

    def __call__(self, shape, dtype="float32", rng=None):
        return normal(self._rng(rng), shape, self.mean, self.stddev, dtype, truncated=True)


class VarianceScaling(RandomInitializer):
    """Zero mean, variance ``scale / n``, where n is ``fan_in``, ``fan_out`` or their mean ``fan_avg``.

    ``distribution``: "truncated_normal" (also "normal"), "untruncated_normal" or "uniform". ``input_axes`` and
    ``output_axes`` (both or neither) name the axes whose product is each fan. Raises ValueError on other values.
    """

    config_names = ("scale", "mode", "distribution", "seed", "input_axes", "output_axes")

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
        input_axes: Sequence[int] | None = None,
        output_axes: Sequence[int] | None = None,
    ):
        super().__init__(seed)
        distribution = "truncated_normal" if distribution.lower() == "normal" else distribution.lower()
        if scale <= 0.0:
            raise ValueError(f"{type(self).__name__}: scale must be positive. Received: {scale}")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(
                f'{type(self).__name__}: mode must be "fan_in", "fan_out" or "fan_avg". Received: {mode!r}'
            )
        if distribution not in ("truncated_normal", "untruncated_normal", "uniform"):
            known = '"truncated_normal", "untruncated_normal" or "uniform"'
            raise ValueError(f"{type(self).__name__}: distribution must be {known}. Received: {distribution!r}")
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.input_axes, self.output_axes = input_axes, output_axes

    def __call__(self, shape, dtype="float32", rng=None):
        fan_in, fan_out = compute_fans(shape, self.input_axes, self.output_axes)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, fan)
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)  # the variance of U(-limit, limit) is limit^2 / 3
            return uniform(self._rng(rng), shape, -limit, limit, dtype)
        truncated = self.distribution == "truncated_normal"
        # Cutting the tails off shrinks the spread; widen it first, so that the result has the variance asked for.
        stddev = math.sqrt(variance) / (_TRUNCATED_STDDEV if truncated else 1.0)
        return normal(self._rng(rng), shape, 0.0, stddev, dtype, truncated)


class _FixedScaling(VarianceScaling):
    """VarianceScaling with its first three arguments fixed by the class."""

    fixed: tuple[float, str, str]
    config_names = ("seed", "input_axes", "output_axes")

    def __init__(self, seed: int | None = None, input_axes=None, output_axes=None):
        super().__init__(*self.fixed, seed, input_axes, output_axes)


class GlorotUniform(_FixedScaling):
    """U(-l, l), l = sqrt(6 / (fan_in + fan_out)). Source: Glorot and Bengio 2010, eq. 16."""

    fixed = (1.0, "fan_avg", "uniform")


class GlorotNormal(_FixedScaling):
    """Truncated normal of standard deviation sqrt(2 / (fan_in + fan_out)). Source: Glorot and Bengio 2010."""

    fixed = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_FixedScaling):
    """U(-l, l), l = sqrt(6 / fan_in). Source: He et al. 2015, eq. 10."""

    fixed = (2.0, "fan_in", "uniform")


class HeNormal(_FixedScaling):
    """Truncated normal of standard deviation sqrt(2 / fan_in). Source: He et al. 2015, eq. 10."""

    fixed = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_FixedScaling):
    """U(-l, l), l = sqrt(3 / fan_in). Source: LeCun et al. 1998, eq. 16."""

    fixed = (1.0, "fan_in", "uniform")


class LecunNormal(_FixedScaling):
    """Truncated normal of standard deviation sqrt(1 / fan_in). Source: LeCun et al. 1998, eq. 16."""

    fixed = (1.0, "fan_in", "truncated_normal")


class Orthogonal(RandomInitializer):
    """Orthonormal columns (or rows, where there are fewer rows), times ``gain``; leading axes count as rows.

    Raises ValueError for shapes of fewer than two axes. Source: Saxe et al. 2014.
    """

    config_names = ("gain", "seed")

    def __init__(self, gain: float = 1.0, seed: int | None = None):
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape, dtype="float32", rng=None):
        if len(shape) < 2:
            raise ValueError(f"Orthogonal: the shape must have at least two axes. Received: shape={tuple(shape)}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(self._rng(rng).standard_normal((max(rows, columns), min(rows, columns))))
        # QR leaves each column's sign open; R's diagonal settles it, so that the draw is uniform over rotations.
        q *= np.where(np.diag(r) < 0, -1.0, 1.0)
        return (self.gain * (q.T if rows < columns else q)).reshape(shape).astype(dtype)


def compute_fans(
    shape: Sequence[int], input_axes: Sequence[int] | None = None, output_axes: Sequence[int] | None = None
) -> tuple[int, int]:
    """Return (fan_in, fan_out) of weights whose last two axes are input and output channels.

    Convolution weights (KH, KW, C, F) have fans KH*KW*C and KH*KW*F; a vector's two fans are its length.
    """
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[a] for a in input_axes), math.prod(shape[a] for a in output_axes)
    if len(shape) < 2:
        return math.prod(shape), math.prod(shape)
    receptive_field = math.prod(shape[:-2])
    return receptive_field * shape[-2], receptive_field * shape[-1]
