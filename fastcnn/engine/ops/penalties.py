"""Penalties on sizes: what the loss grows by, and how that enters a gradient."""

from math import prod

from fastcnn.engine.program import Builder, Tensor


def rows(builder: Builder, x: Tensor) -> Tensor:
    """x as (samples, numbers of each), or a variable as one row: a penalty is divided by the number of rows."""
    return builder.view(x, (x.shape[0], prod(x.shape[1:])) if x.batched else (1, prod(x.shape)))


def penalty(builder: Builder, x: Tensor, l1: float, l2: float) -> Tensor:
    """(l1 * sum |x| + l2 * sum x ** 2) / rows, as (1,)."""
    y = Tensor((1,), x.dtype, "penalty", batched=False)
    builder.emit("penalty_forward", x=rows(builder, x), y=y, l1=float(l1), l2=float(l2))
    return y


def penalty_gradient(builder: Builder, x: Tensor, before: Tensor | None, l1: float, l2: float) -> Tensor:
    """The penalty's gradient plus `before`, another gradient of x; x's shape."""
    made = builder.tensor(x.shape, like=x)
    arrays = {"x": rows(builder, x), "before": None if before is None else rows(builder, before)}
    builder.emit("penalty_backward", **arrays, dx=rows(builder, made), l1=l1, l2=l2)
    return made
