"""Learning rates as functions of the batch step, counted from 0."""

import math
from collections.abc import Sequence
from typing import Any

from fastcnn import identifiers


class LearningRateSchedule:
    """Base class: ``schedule(step) -> learning rate``."""

    config_names: tuple[str, ...] = ()

    def __call__(self, step: int) -> float:
        """Return the learning rate of batch ``step``."""
        raise NotImplementedError(f"{type(self).__name__} must implement __call__(step).")

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {name: getattr(self, name) for name in (*self.config_names, "name")}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "LearningRateSchedule":
        """Build the schedule that ``get_config`` described."""
        return cls(**config)


class _Decay(LearningRateSchedule):
    """A schedule with a first rate and a scale of steps."""

    def __init__(self, initial_learning_rate: float, decay_steps: int, name: str | None):
        self.name = type(self).__name__ if name is None else name
        if decay_steps <= 0:
            raise ValueError(f"{self.name}: decay_steps must be positive. Received: {decay_steps}")
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps


class ExponentialDecay(_Decay):
    """``initial_learning_rate * decay_rate**(step / decay_steps)``; ``staircase`` takes whole powers only."""

    config_names = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ):
        super().__init__(initial_learning_rate, decay_steps, name)
        self.decay_rate, self.staircase = decay_rate, staircase

    def __call__(self, step: int) -> float:
        power = step // self.decay_steps if self.staircase else step / self.decay_steps
        return float(self.initial_learning_rate * self.decay_rate**power)


class InverseTimeDecay(_Decay):
    """``initial_learning_rate / (1 + decay_rate * step / decay_steps)``; ``staircase`` takes whole quotients only."""

    config_names = ("initial_learning_rate", "decay_steps", "decay_rate", "staircase")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ):
        super().__init__(initial_learning_rate, decay_steps, name)
        self.decay_rate, self.staircase = decay_rate, staircase

    def __call__(self, step: int) -> float:
        quotient = step // self.decay_steps if self.staircase else step / self.decay_steps
        return float(self.initial_learning_rate / (1.0 + self.decay_rate * quotient))


class PolynomialDecay(_Decay):
    """From ``initial_learning_rate`` to ``end_learning_rate`` along ``(1 - step / decay_steps)**power``.

    With ``cycle``, ``decay_steps`` is stretched to its next multiple each time it is reached.
    """

    config_names = ("initial_learning_rate", "decay_steps", "end_learning_rate", "power", "cycle")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str | None = None,
    ):
        super().__init__(initial_learning_rate, decay_steps, name)
        self.end_learning_rate, self.power, self.cycle = end_learning_rate, power, cycle

    def __call__(self, step: int) -> float:
        steps = self.decay_steps * max(1, math.ceil(step / self.decay_steps)) if self.cycle else self.decay_steps
        remaining = 1.0 - min(step, steps) / steps
        span = self.initial_learning_rate - self.end_learning_rate
        return float(span * remaining**self.power + self.end_learning_rate)


class CosineDecay(_Decay):
    """Half a cosine over ``decay_steps``, down to ``alpha`` times where it began, after an optional warm-up.

    With a ``warmup_target`` the rate first rises on a line from ``initial_learning_rate`` to it in ``warmup_steps``,
    and falls from there. Source: Loshchilov and Hutter 2017, SGDR, eq. 5.
    """

    config_names = ("initial_learning_rate", "decay_steps", "alpha", "warmup_target", "warmup_steps")

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str | None = None,
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ):
        super().__init__(initial_learning_rate, decay_steps, name)
        self.alpha, self.warmup_target, self.warmup_steps = alpha, warmup_target, warmup_steps

    def __call__(self, step: int) -> float:
        top = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return float(top + (self.warmup_target - top) * step / self.warmup_steps)
            top, step = self.warmup_target, step - self.warmup_steps
        cosine = 0.5 * (1.0 + math.cos(math.pi * min(step, self.decay_steps) / self.decay_steps))
        return float(top * ((1.0 - self.alpha) * cosine + self.alpha))


class CosineDecayRestarts(LearningRateSchedule):
    """Half cosines one after another, each `t_mul` times as long and beginning `m_mul` times as high as the last.

    first_decay_steps : steps of the first one. alpha : where each ends, as a share of the first rate's height.
    Source: Loshchilov and Hutter 2017, SGDR.
    """

    config_names = ("initial_learning_rate", "first_decay_steps", "t_mul", "m_mul", "alpha")

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ):
        if first_decay_steps <= 0:
            raise ValueError(f"{name}: first_decay_steps must be positive. Received: {first_decay_steps}")
        self.initial_learning_rate, self.first_decay_steps = initial_learning_rate, first_decay_steps
        self.t_mul, self.m_mul, self.alpha, self.name = t_mul, m_mul, alpha, name

    def __call__(self, step: int) -> float:
        done = step / self.first_decay_steps
        if self.t_mul == 1:
            restarts = math.floor(done)
            done -= restarts
        else:
            restarts = math.floor(math.log(1 - done * (1 - self.t_mul), self.t_mul) + 1e-12)
            done = (done - (1 - self.t_mul**restarts) / (1 - self.t_mul)) / self.t_mul**restarts
        height = 0.5 * self.m_mul**restarts * (1 + math.cos(math.pi * done))
        return float(self.initial_learning_rate * ((1 - self.alpha) * height + self.alpha))


class PiecewiseConstantDecay(LearningRateSchedule):
    """``values[i]`` up to and including step ``boundaries[i]``, the last value after the last boundary.

    Raises ValueError unless there is one value more than there are boundaries, which must rise.
    """

    config_names = ("boundaries", "values")

    def __init__(self, boundaries: Sequence[int], values: Sequence[float], name: str = "PiecewiseConstant"):
        if len(values) != len(boundaries) + 1:
            sizes = f"{len(boundaries)} boundaries and {len(values)} values"
            raise ValueError(f"{name}: values must be one more than boundaries. Received: {sizes}")
        if list(boundaries) != sorted(boundaries):
            raise ValueError(f"{name}: boundaries must rise. Received: {list(boundaries)}")
        self.boundaries, self.values, self.name = list(boundaries), list(values), name

    def __call__(self, step: int) -> float:
        passed = sum(step > boundary for boundary in self.boundaries)
        return float(self.values[passed])


_CLASSES = {
    cls.__name__: cls
    for cls in (
        ExponentialDecay,
        InverseTimeDecay,
        PolynomialDecay,
        CosineDecay,
        CosineDecayRestarts,
        PiecewiseConstantDecay,
    )
}


def serialize(schedule: LearningRateSchedule) -> dict[str, Any]:
    """{"class_name": ..., "config": ...}."""
    return identifiers.description(schedule)


def deserialize(config: dict[str, Any], custom_objects: dict[str, type] | None = None) -> LearningRateSchedule:
    """Build the schedule that serialize described; custom_objects: classes of the user's own, by name.

    Raises ValueError for a class that is in neither.
    """
    return identifiers.from_description("schedule", _CLASSES, config, custom_objects)
