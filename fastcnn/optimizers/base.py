"""What every optimizer shares: the rate, the count of steps, the slots, and how its updates enter a program."""

from collections.abc import Callable, Iterable

import numpy as np

from fastcnn.compat.calls import RenamedOptimizer
from fastcnn.engine.program import Builder, Tensor
from fastcnn.engine.variable import Variable
from fastcnn.optimizers import schedules


class Optimizer(metaclass=RenamedOptimizer):
    """Changes weights by their gradients.

    learning_rate : a positive number, or a schedule: a function of the number of steps taken.
    weight_decay : the share of each weight that a step takes away besides, times the learning rate (decoupled).

    Attributes:
        iterations: steps taken.
        slots: slot name -> one Variable for each weight, in the order of the weights.
        hyper: the scalars the update kernels read, refreshed before each step.

    Raises:
        ValueError: for arguments out of range or not honoured by this version.
    """

    slot_names: tuple[str, ...] = ()
    inverse_time_decay = 0.0

    def __init__(
        self,
        learning_rate: float | Callable[[int], float] = 0.001,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        name: str | None = None,
    ):
        kind = type(self).__name__
        clipping = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        for argument, value in clipping.items():
            if value is not None:
                raise ValueError(f"{kind}: {argument} is not supported yet; leave it out. Received: {value!r}")
        if weight_decay is not None and weight_decay < 0:
            raise ValueError(f"{kind}: weight_decay must not be negative. Received: {weight_decay!r}")
        self.name = name or kind.lower()
        self.weight_decay = weight_decay
        self.iterations = 0
        self.learning_rate = learning_rate
        self.slots: dict[str, list[Variable]] = {}
        self._slot_of: dict[Variable, dict[str, Variable]] = {}
        self.hyper = np.zeros(len(self.scalars(1.0, 1)))

    @property
    def learning_rate(self) -> float:
        """The rate of the next step; assign a number or a schedule."""
        rate = self._rate(self.iterations) if callable(self._rate) else self._rate
        return float(rate) / (1.0 + self.inverse_time_decay * self.iterations)

    @learning_rate.setter
    def learning_rate(self, rate: float | Callable[[int], float]) -> None:
        if not callable(rate):
            rate = float(rate)
            if not rate >= 0:
                raise ValueError(f"{type(self).__name__}: learning_rate must not be negative. Received: {rate!r}")
        self._rate = rate

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        """What the update kernel reads, for a learning rate and the number of the step, counted from 1."""
        raise NotImplementedError(f"{type(self).__name__} must implement scalars(rate, step)")

    def emit(self, builder: Builder, w: Tensor, dw: Tensor, hyper: Tensor, slots: dict[str, Tensor]) -> None:
        """Appends the update of one weight."""
        raise NotImplementedError(f"{type(self).__name__} must implement emit(builder, w, dw, hyper, slots)")

    def decay(self, rate: float) -> float:
        """Share of a weight that one step takes away."""
        return rate * (self.weight_decay or 0.0)

    def build(self, variables: Iterable[Variable]) -> None:
        """Makes the slots of weights that have none yet."""
        for variable in variables:
            if variable in self._slot_of:
                continue
            made = {name: Variable(self.initial(name, variable), f"{variable.name}/{name}") for name in self.slot_names}
            self._slot_of[variable] = made
            for name, slot in made.items():
                self.slots.setdefault(name, []).append(slot)

    def initial(self, slot: str, variable: Variable) -> np.ndarray:
        """First value of a slot: zeros; without memory of its own if the weight has none (see Layer.connect)."""
        if 0 in variable.value.strides:
            return variable.value
        return np.zeros_like(variable.value)

    def lower(self, builder: Builder, variable: Variable, w: Tensor, dw: Tensor) -> None:
        """Appends the update of `variable` by its gradient `dw`."""
        slots = {name: builder.variable(slot) for name, slot in self._slot_of[variable].items()}
        self.emit(builder, w, builder.view(dw, w.shape), builder.constant(self.hyper, "hyper"), slots)

    def begin_step(self) -> None:
        """Sets the scalars of the step that comes."""
        self.hyper[:] = self.scalars(self.learning_rate, self.iterations + 1)

    def end_step(self) -> None:
        """Counts a step that was taken."""
        self.iterations += 1

    @property
    def variables(self) -> list[Variable]:
        """All slots, weight by weight, in the order in which the weights came to be trained."""
        return [slot for slots in self._slot_of.values() for slot in slots.values()]

    def slots_of(self, variables: Iterable[Variable]) -> list[Variable]:
        """The slots of these weights, weight by weight; none as long as no step was prepared."""
        return [slot for variable in variables for slot in self._slot_of.get(variable, {}).values()]

    def get_config(self) -> dict:
        """Arguments that rebuild this optimizer, as plain JSON values.

        Raises:
            ValueError: for a learning-rate function without get_config.
        """
        rate = self._rate
        if callable(rate):
            if not hasattr(rate, "get_config"):
                raise ValueError(f"{type(self).__name__}: a schedule without get_config cannot be stored: {rate!r}")
            rate = {"class_name": type(rate).__name__, "config": rate.get_config()}
        config = {"name": self.name, "learning_rate": rate, "weight_decay": self.weight_decay}
        return config | ({"decay": self.inverse_time_decay} if self.inverse_time_decay else {})

    @classmethod
    def from_config(cls, config: dict) -> "Optimizer":
        """The optimizer that get_config described."""
        config = dict(config)
        rate = config.get("learning_rate")
        if isinstance(rate, dict):
            config["learning_rate"] = schedules.deserialize(rate)
        return cls(**config)
