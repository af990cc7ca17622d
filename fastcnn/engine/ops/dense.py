"""Dense product, bias, sums, batch normalisation, dropout."""

from fastcnn.engine.program import Builder, Tensor


def dense(builder: Builder, x: Tensor, w: Tensor) -> Tensor:
    """x (..., I) @ w (I, U) -> (..., U)."""
    y = builder.tensor((*x.shape[:-1], w.shape[1]))
    builder.emit("dense_forward", x=x, w=w, y=y)
    return y


def bias(builder: Builder, x: Tensor, b: Tensor) -> Tensor:
    """x (..., C) + b (C,)."""
    y = builder.tensor(x.shape)
    builder.emit("bias_forward", x=x, b=b, y=y)
    return y


def add(builder: Builder, a: Tensor, b: Tensor) -> Tensor:
    """a + b, shapes equal."""
    y = builder.tensor(a.shape, like=a)
    builder.emit("add_forward", a=a, b=b, y=y)
    return y


def scale(builder: Builder, x: Tensor, factor: float, offset: float = 0.0) -> Tensor:
    """x * factor + offset."""
    y = builder.tensor(x.shape, like=x)
    builder.emit("scale_forward", x=x, y=y, scale=float(factor), offset=float(offset))
    return y


def dropout(builder: Builder, x: Tensor, seed: int, rate: float) -> Tensor:
    """x with a share `rate` of its elements set to 0 and the rest divided by 1 - rate."""
    y = builder.tensor(x.shape)
    builder.emit("dropout_forward", x=x, y=y, key=builder.key(seed), rate=float(rate))
    return y


def batchnorm(
    builder: Builder,
    x: Tensor,
    gamma: Tensor,
    beta: Tensor,
    moving_mean: Tensor,
    moving_variance: Tensor,
    momentum: float,
    epsilon: float,
    training: bool,
) -> Tensor:
    """x (..., C) normalised by the batch (training, which also moves the averages) or by the moving averages."""
    mean, variance = moving_mean, moving_variance
    if training:
        mean, variance = (builder.tensor((x.shape[-1],), like=gamma) for _ in range(2))
        builder.emit("batchnorm_statistics", x=x, mean=mean, variance=variance)
        moving = {"moving_mean": moving_mean, "moving_variance": moving_variance}
        builder.emit("batchnorm_update", **moving, mean=mean, variance=variance, momentum=float(momentum))
    y = builder.tensor(x.shape)
    scaling = {"mean": mean, "variance": variance, "gamma": gamma, "beta": beta}
    builder.emit("batchnorm_normalize", x=x, **scaling, y=y, epsilon=float(epsilon))
    return y
