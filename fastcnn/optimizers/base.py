"""What every optimizer shares: the rate, the count of steps, the slots, and what is asked of gradients and averages."""

import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from fastcnn.compat.calls import RenamedOptimizer
from fastcnn.engine.program import Builder, Tensor
from fastcnn.engine.variable import Variable
from fastcnn.optimizers import schedules
from fastcnn.optimizers.numbers import Count, Rate

AVERAGE, COLLECTED = "average", "gradient_accumulator"  # slots that any optimizer may have


class Optimizer(metaclass=RenamedOptimizer):
    """Changes weights by their gradients.

    learning_rate : a positive number, or a schedule: a function of the number of steps taken.
    weight_decay : the share of each weight that a step takes away besides, times the learning rate (decoupled).
    clipnorm, clipvalue, global_clipnorm : the largest norm of a weight's gradient, the largest element, or the largest
        norm of all gradients together; one of them.
    use_ema, ema_momentum, ema_overwrite_frequency : keep a moving average of the weights, which takes their place every
        so many steps, and at the end of fit.
    gradient_accumulation_steps : so many steps' gradients are averaged for one update.
    loss_scale_factor : accepted; it helps 16-bit gradients only, and here they have 32.

    Attributes:
        steps: steps taken, whether they updated the weights or only added to the gradients.
        slots: slot name -> one Variable for each weight, in the order of the weights.
        hyper: the scalars the update kernels read, refreshed before each step; the last one is the weights' decay.

    Raises:
        ValueError: for arguments out of range.
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
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
    ):
        self.name = name or type(self).__name__.lower()
        self.weight_decay = weight_decay
        self.clipnorm, self.clipvalue, self.global_clipnorm = clipnorm, clipvalue, global_clipnorm
        self.use_ema, self.ema_momentum = bool(use_ema), ema_momentum
        self.ema_overwrite_frequency, self.loss_scale_factor = ema_overwrite_frequency, loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self._check()
        self.steps = 0
        self.learning_rate = learning_rate
        self.slots: dict[str, list[Variable]] = {}
        self._slot_of: dict[Variable, dict[str, Variable]] = {}
        self._undecayed: tuple[set[int], str] = (set(), "")  # ids of variables, pattern of names
        size = len(self.scalars(1.0, 1))
        self.hyper, self.hyper_without_decay, self.ema_hyper = np.zeros(size), np.zeros(size), np.zeros(2)

    def _check(self) -> None:
        kind = type(self).__name__
        clipping = {name: getattr(self, name) for name in ("clipnorm", "clipvalue", "global_clipnorm")}
        given = {name: value for name, value in clipping.items() if value is not None}
        if len(given) > 1:
            raise ValueError(f"{kind}: give one of {', '.join(clipping)}. Received: {given}")
        positive = {**given, "loss_scale_factor": self.loss_scale_factor}
        for name, value in positive.items():
            if value is not None and not value > 0:
                raise ValueError(f"{kind}: {name} must be positive. Received: {value!r}")
        if self.weight_decay is not None and not self.weight_decay >= 0:
            raise ValueError(f"{kind}: weight_decay must not be negative. Received: {self.weight_decay!r}")
        if not 0 <= self.ema_momentum <= 1:
            raise ValueError(f"{kind}: ema_momentum must be in [0, 1]. Received: {self.ema_momentum!r}")
        for name, least in (("ema_overwrite_frequency", 1), ("gradient_accumulation_steps", 2)):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, (int, np.integer)) or value < least):
                raise ValueError(f"{kind}: {name} must be an integer from {least} up. Received: {value!r}")

    @property
    def learning_rate(self) -> Rate:
        """The rate of the next step, a float with numpy() and assign(); assign a number or a schedule."""
        rate = self._rate(self.steps) if callable(self._rate) else self._rate
        present = float(rate) / (1.0 + self.inverse_time_decay * self.iterations)
        return Rate(present, lambda value: setattr(self, "learning_rate", value))

    @learning_rate.setter
    def learning_rate(self, rate: float | Callable[[int], float]) -> None:
        if not callable(rate):
            rate = float(rate)
            if not rate >= 0:
                raise ValueError(f"{type(self).__name__}: learning_rate must not be negative. Received: {rate!r}")
        self._rate = rate

    @property
    def iterations(self) -> Count:
        """Updates made, an int with numpy() and assign()."""
        return Count(self.steps // (self.gradient_accumulation_steps or 1), self._set_iterations)

    @iterations.setter
    def iterations(self, value: int) -> None:
        self._set_iterations(value)

    def _set_iterations(self, value: int) -> None:
        self.steps = int(value) * (self.gradient_accumulation_steps or 1)

    @property
    def collects(self) -> bool:
        """Whether the next step only adds to the gradients of a later update."""
        wanted = self.gradient_accumulation_steps
        return wanted is not None and (self.steps + 1) % wanted != 0

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        """What the update kernel reads, for a learning rate and the number of the update, counted from 1."""
        raise NotImplementedError(f"{type(self).__name__} must implement scalars(rate, step)")

    def emit(self, builder: Builder, w: Tensor, dw: Tensor, hyper: Tensor, slots: dict[str, Tensor]) -> None:
        """Appends the update of one weight."""
        raise NotImplementedError(f"{type(self).__name__} must implement emit(builder, w, dw, hyper, slots)")

    def decay(self, rate: float) -> float:
        """Share of a weight that one step takes away."""
        return rate * (self.weight_decay or 0.0)

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Keeps weight_decay away from these variables, and from those whose name holds one of `var_names`; to be
        called before the first step.
        """
        self._undecayed = ({id(variable) for variable in var_list or ()}, "|".join(var_names or ()))

    def _decays(self, variable: Variable) -> bool:
        excluded, pattern = self._undecayed
        return id(variable) not in excluded and not (pattern and re.search(pattern, variable.name))

    def build(self, variables: Iterable[Variable]) -> None:
        """Makes the slots of weights that have none yet."""
        names = self.all_slot_names
        for variable in variables:
            if variable in self._slot_of:
                continue
            made = {name: Variable(self._first(name, variable), f"{variable.name}/{name}") for name in names}
            self._slot_of[variable] = made
            for name, slot in made.items():
                self.slots.setdefault(name, []).append(slot)

    @property
    def all_slot_names(self) -> tuple[str, ...]:
        """The slots of each weight: those that any optimizer may have, then its own."""
        average = (AVERAGE,) if self.use_ema else ()
        return average + ((COLLECTED,) if self.gradient_accumulation_steps else ()) + self.slot_names

    def _first(self, slot: str, variable: Variable) -> np.ndarray:
        """First value of a slot; without memory of its own if the weight has none (see Layer.connect)."""
        shape, value = variable.shape, 0.0
        if slot in self.slot_names:
            shape, value = self.slot_shape(slot, shape), self.initial(slot)
        if 0 in variable.value.strides:
            return np.broadcast_to(np.asarray(value, variable.dtype), shape)
        return np.full(shape, value, variable.dtype)

    def initial(self, slot: str) -> float:
        """First value of the elements of one of `slot_names`."""
        return 0.0

    def slot_shape(self, slot: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        """Shape of one of `slot_names` for a weight of `shape`."""
        return shape

    def slot(self, variable: Variable, name: str) -> Variable:
        """One slot of a weight."""
        return self._slot_of[variable][name]

    def lower(self, builder: Builder, variable: Variable, dw: Tensor) -> None:
        """Appends the update of `variable` by its gradient `dw`."""
        w = builder.variable(variable)
        slots = {name: builder.variable(self._slot_of[variable][name]) for name in self.slot_names}
        hyper = self.hyper if self._decays(variable) else self.hyper_without_decay
        self.emit(builder, w, builder.view(dw, w.shape), builder.constant(hyper, "hyper"), slots)

    def begin_step(self) -> None:
        """Sets the scalars of the step that comes."""
        self.hyper[:] = self.scalars(self.learning_rate, self.iterations + 1)
        self.hyper_without_decay[:-1] = self.hyper[:-1]
        new = 1.0 - (self.ema_momentum if self.iterations else 0.0)
        self.ema_hyper[:] = -new, new

    def end_step(self) -> None:
        """Counts a step that was taken; ends what goes on over several."""
        every, collects = self.ema_overwrite_frequency, self.collects
        if self.use_ema and every and (self.iterations + 1) % every == 0:
            self.finalize_variable_values(self._slot_of)
            for variable in (v for v in self._slot_of if v.constraint is not None):
                variable.assign(variable.constraint(variable.value))
        self.steps += 1
        if not collects:
            for slot in self.slots.get(COLLECTED, ()):
                slot.value[...] = 0

    def finalize_variable_values(self, var_list: Iterable[Variable]) -> None:
        """With use_ema, puts the averages in the place of these weights, as far as they have been trained."""
        if not self.use_ema:
            return
        for variable in var_list:
            if variable in self._slot_of:
                variable.assign(self.slot(variable, AVERAGE).value)

    def apply(self, grads: Sequence[np.ndarray], trainable_variables: Sequence[Variable] | None = None) -> None:
        """One step with given gradients, each of its variable's shape; without variables, of those known."""
        from fastcnn.optimizers.updates import apply

        apply(self, grads, list(self._slot_of) if trainable_variables is None else trainable_variables)

    def apply_gradients(self, grads_and_vars: Iterable[tuple[np.ndarray, Variable]]) -> Count:
        """One step with (gradient, variable) pairs; the number of updates made."""
        self.apply(*zip(*grads_and_vars, strict=True))
        return self.iterations

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
            rate = schedules.serialize(rate)
        names = ("weight_decay", "clipnorm", "global_clipnorm", "clipvalue", "use_ema", "ema_momentum")
        names += ("ema_overwrite_frequency", "loss_scale_factor", "gradient_accumulation_steps")
        config = {"name": self.name, "learning_rate": rate} | {name: getattr(self, name) for name in names}
        return config | ({"decay": self.inverse_time_decay} if self.inverse_time_decay else {})

    @classmethod
    def from_config(cls, config: dict, custom_objects: dict | None = None) -> "Optimizer":
        """The optimizer that get_config described; custom_objects: schedules of the user's own, by class name."""
        config = dict(config)
        rate = config.get("learning_rate")
        if isinstance(rate, dict):
            config["learning_rate"] = schedules.deserialize(rate, custom_objects)
        return cls(**config)
