"""What happens to a gradient until its weight has changed: collected, clipped, used; then averages and constraints."""

from collections.abc import Sequence

import numpy as np

from fastcnn import penalties, switching
from fastcnn.engine.ops.dense import add, scale
from fastcnn.engine.ops.penalties import penalty
from fastcnn.engine.program import Builder, Tensor
from fastcnn.engine.run import Runner
from fastcnn.engine.variable import Variable
from fastcnn.optimizers.base import AVERAGE, COLLECTED, Optimizer


class Updates:
    """The updates of one program.

    collecting : whether its steps only add to the gradients of a later update.
    """

    def __init__(self, builder: Builder, optimizer: Optimizer, collecting: bool = False):
        self.builder, self.optimizer, self._collecting = builder, optimizer, collecting
        self._waiting: list[tuple[Variable, Tensor]] = []  # until the norm of all gradients is known

    def add(self, variable: Variable, dw: Tensor) -> None:
        """Appends what happens to a variable's complete gradient."""
        builder, steps = self.builder, self.optimizer.gradient_accumulation_steps
        dw = builder.view(dw, variable.shape)
        if steps:
            collected = builder.variable(self.optimizer.slot(variable, COLLECTED))
            if self._collecting:
                builder.emit("add_forward", a=collected, b=dw, y=collected)
                self._end(variable)
                return
            dw = scale(builder, add(builder, collected, dw), 1.0 / steps)
        if self.optimizer.global_clipnorm is None:
            self._update(variable, self._clipped(dw))
        else:
            self._waiting.append((variable, dw))

    def finish(self) -> None:
        """Appends the updates that had to wait for all gradients."""
        if not self._waiting:
            return
        squares = [penalty(self.builder, dw, 0.0, 1.0) for _, dw in self._waiting]
        total = squares[0]
        for square in squares[1:]:
            total = add(self.builder, total, square)
        for variable, dw in self._waiting:
            self._update(variable, self._with_norm(dw, total, self.optimizer.global_clipnorm))

    def _clipped(self, dw: Tensor) -> Tensor:
        norm, value = self.optimizer.clipnorm, self.optimizer.clipvalue
        if norm is not None:
            return self._with_norm(dw, penalty(self.builder, dw, 0.0, 1.0), norm)
        if value is None:
            return dw
        y = self.builder.tensor(dw.shape, like=dw)
        self.builder.emit("clip_by_value", x=dw, y=y, limit=float(value))
        return y

    def _with_norm(self, dw: Tensor, square: Tensor, limit: float) -> Tensor:
        y = self.builder.tensor(dw.shape, like=dw)
        self.builder.emit("clip_by_norm", x=dw, square=square, y=y, limit=float(limit))
        return y

    def _update(self, variable: Variable, dw: Tensor) -> None:
        self.optimizer.lower(self.builder, variable, dw)
        self._end(variable)

    def _end(self, variable: Variable) -> None:
        if self.optimizer.use_ema:  # average -= new * average, average -= -new * w
            average = self.builder.variable(self.optimizer.slot(variable, AVERAGE))
            hyper = self.builder.constant(self.optimizer.ema_hyper, "hyper")
            self.builder.emit("sgd_update", w=average, dw=self.builder.variable(variable), hyper=hyper)
        penalties.constrain(self.builder, variable)


def apply(optimizer: Optimizer, grads: Sequence[np.ndarray], variables: Sequence[Variable]) -> None:
    """One step of `optimizer` with given gradients, on the backend in use.

    Raises:
        ValueError: when numbers or shapes differ.
    """
    expected, received = [v.shape for v in variables], [np.shape(g) for g in grads]
    if expected != received:
        raise ValueError(f"apply: expected gradients of shapes {expected}. Received: {received}")
    optimizer.build(variables)
    builder = Builder(1, variables[0].dtype.name, True)
    updates = Updates(builder, optimizer, optimizer.collects)
    for variable, gradient in zip(variables, grads, strict=True):
        updates.add(variable, builder.constant(np.ascontiguousarray(gradient, variable.dtype), "gradient"))
    updates.finish()
    optimizer.begin_step()
    Runner(builder.program, switching.get_backend()).forward(1)
    Variable.changed()
    optimizer.end_step()
