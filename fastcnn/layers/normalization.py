"""Batch normalisation."""

import numpy as np

from fastcnn.engine.ops.dense import batchnorm
from fastcnn.engine.program import Builder, Tensor
from fastcnn.engine.variable import Variable
from fastcnn.layers import arguments
from fastcnn.layers.base import Layer, Shape


class BatchNormalization(Layer):
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta for each channel (the last axis).

    In training mean and (biased) variance are the batch's, and the moving averages go moving * momentum + batch * (1 -
    momentum); in prediction, or with trainable=False, the moving averages are used.
    Weights: gamma (if scale), beta (if center), moving_mean, moving_variance, each (C,).
    Source: Ioffe and Szegedy 2015; defaults and order of weights as in Keras 3.
    """

    any_size = True

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        beta_initializer: object = "zeros",
        gamma_initializer: object = "ones",
        moving_mean_initializer: object = "zeros",
        moving_variance_initializer: object = "ones",
        beta_regularizer: object = None,
        gamma_regularizer: object = None,
        beta_constraint: object = None,
        gamma_constraint: object = None,
        **kwargs: object,
    ):
        super().__init__(**kwargs)
        arguments.unsupported(
            "BatchNormalization",
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )
        if not 0 <= momentum <= 1 or epsilon <= 0:
            raise ValueError(
                f"BatchNormalization: momentum must be in [0, 1] and epsilon positive. Received: {momentum}, {epsilon}"
            )
        self.axis, self.momentum, self.epsilon, self.center, self.scale = axis, momentum, epsilon, center, scale
        self._initializers = {
            "gamma": gamma_initializer,
            "beta": beta_initializer,
            "moving_mean": moving_mean_initializer,
            "moving_variance": moving_variance_initializer,
        }

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        axis = self.axis[0] if isinstance(self.axis, (list, tuple)) else self.axis
        if axis not in (-1, len(input_shape) - 1):
            raise ValueError(f"BatchNormalization: axis must be the last one (-1). Received: {self.axis!r}")
        return input_shape

    def build(self, input_shape: Shape) -> None:
        size = (input_shape[-1],)
        self.gamma = self.add_weight("gamma", size, self._initializers["gamma"]) if self.scale else None
        self.beta = self.add_weight("beta", size, self._initializers["beta"]) if self.center else None
        for name in ("moving_mean", "moving_variance"):
            setattr(self, name, self.add_weight(name, size, self._initializers[name], trainable=False))

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        gamma = self._tensor(builder, self.gamma, 1.0)
        beta = self._tensor(builder, self.beta, 0.0)
        moving = (builder.variable(self.moving_mean), builder.variable(self.moving_variance))
        training = builder.training and self.trainable
        return batchnorm(builder, x, gamma, beta, *moving, self.momentum, self.epsilon, training)

    def _tensor(self, builder: Builder, variable: Variable | None, otherwise: float) -> Tensor:
        if variable is not None:
            return builder.variable(variable)
        return builder.constant(np.full(self.moving_mean.shape, otherwise, self.dtype), "constant")
