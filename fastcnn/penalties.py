"""How regularizers and constraints enter a program.

A penalty's value is part of the loss. The gradient of an activity's flows back like any other; that of a weight's is
added to the weight's gradient just before the update, so that nothing of its size has to be kept meanwhile.
"""

from collections.abc import Callable, Iterable

import numpy as np

from fastcnn.engine.calls import call, emit_call
from fastcnn.engine.ops.penalties import penalty, penalty_gradient
from fastcnn.engine.program import Builder, Tensor
from fastcnn.engine.variable import Variable
from fastcnn.regularizers import L1L2


class _Written:
    """The penalty of a regularizer that is a function of an array; of a batch of activities, the samples' mean."""

    name = "penalty"

    def __init__(self, regularizer: Callable, batched: bool):
        self.regularizer, self._batched = regularizer, batched

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        """y (1,) = the penalty."""
        y[0] = np.sum(np.asarray(self.regularizer(inputs[0]))) / self._rows(inputs[0])

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        """Fills the gradient of x, for dy = 1."""
        gradients[0][...] = self.gradient(inputs[0])

    def gradient(self, x: np.ndarray) -> np.ndarray | float:
        """The penalty's gradient for x."""
        from fastcnn.ops.tape import differentiate

        value, pullback = differentiate(self.regularizer, [x])
        (found,) = pullback(np.ones_like(value))
        return 0.0 if found is None else found / self._rows(x)

    def _rows(self, x: np.ndarray) -> int:
        return len(x) if self._batched else 1


def _has_kernel(regularizer: Callable) -> bool:
    """Whether it is one of this package's own, not somebody's subclass with another formula."""
    return isinstance(regularizer, L1L2) and type(regularizer).__call__ is L1L2.__call__


def _value(builder: Builder, regularizer: Callable, x: Tensor) -> Tensor:
    if _has_kernel(regularizer):
        return penalty(builder, x, regularizer.l1, regularizer.l2)
    made = Tensor((), x.dtype, batched=False)
    return call(builder, _Written(regularizer, x.batched), [x], (1,), like=made)


def add_activity(builder: Builder, regularizer: Callable | None, y: Tensor) -> None:
    """Makes the penalty of a layer's output part of the loss, if one is computed."""
    if regularizer is not None and builder.penalties is not None:
        builder.penalties.append(_value(builder, regularizer, y))


def add_weights(builder: Builder, variables: Iterable[Variable]) -> None:
    """Makes the penalties of these variables part of the loss."""
    for variable in variables:
        if variable.regularizer is not None:
            builder.penalties.append(_value(builder, variable.regularizer, builder.variable(variable)))


def added(builder: Builder, variable: Variable, dw: Tensor | None) -> Tensor | None:
    """The variable's gradient `dw` (None: there is none) plus that of its penalty, if it has one."""
    if variable.regularizer is None:
        return dw
    w = builder.variable(variable)
    if _has_kernel(variable.regularizer):
        return penalty_gradient(builder, w, dw, variable.regularizer.l1, variable.regularizer.l2)
    written, made = _Written(variable.regularizer, False), builder.tensor(w.shape, like=w)

    def function(x: np.ndarray, *arrays: np.ndarray) -> None:
        *before, dx = arrays
        np.add(before[0].reshape(x.shape) if before else 0, written.gradient(x), out=dx)

    reads = {"x": w} | ({} if dw is None else {"before": dw})
    emit_call(builder, "penalty_gradient", function, reads, {"dx": made})
    return made


def constrain(builder: Builder, variable: Variable) -> None:
    """Brings the variable's values back to what its constraint allows, if it has one."""
    if variable.constraint is None:
        return

    def function(w: np.ndarray) -> None:
        kept = np.asarray(variable.constraint(w))
        if kept.shape != w.shape:
            raise ValueError(f"the constraint of {variable.name!r} must keep shape {w.shape}. Received: {kept.shape}")
        w[...] = kept

    emit_call(builder, "constraint", function, {}, updates={"w": builder.variable(variable)})
