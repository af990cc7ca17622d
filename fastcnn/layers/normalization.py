"""Batch normalisation."""

from collections.abc import Sequence

import numpy as np

from fastcnn.engine.ops.dense import batchnorm
from fastcnn.engine.program import Builder, Tensor
from fastcnn.engine.variable import Variable
from fastcnn.layers import arguments, layout
from fastcnn.layers.base import Layer, Shape
from fastcnn.layers.moments import axes_of


class BatchNormalization(Layer):
    """gamma * (x - mean) / sqrt(variance + epsilon) + beta for each channel.

    axis : the channels: -1 (the last), 1 with channels_first, or another one; a list of one axis is that axis.

    In training mean and (biased) variance are the batch's, and the moving averages go moving * momentum + batch * (1 -
    momentum); in prediction, or with trainable=False, the moving averages are used.
    Weights: gamma (if scale), beta (if center), moving_mean, moving_variance, each (C,).
    The moving variance follows the biased one, as in Keras 3, under every profile (Keras 1 and 2 multiply it by about
    n / (n - 1)). renorm and synchronized are refused.
    Source: Ioffe and Szegedy 2015; defaults and order of weights as in Keras 3.
    """

    any_size = True

    def __init__(
        self,
        axis: int | Sequence[int] = -1,
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
        renorm: bool = False,
        renorm_clipping: object = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **kwargs: object,
    ):
        super().__init__(**kwargs)
        arguments.keep_controls(
            self,
            beta_regularizer=beta_regularizer,
            gamma_regularizer=gamma_regularizer,
            beta_constraint=beta_constraint,
            gamma_constraint=gamma_constraint,
        )
        if not 0 <= momentum <= 1 or epsilon <= 0:
            raise ValueError(
                f"BatchNormalization: momentum must be in [0, 1] and epsilon positive. Received: {momentum}, {epsilon}"
            )
        if renorm or synchronized:
            raise ValueError("BatchNormalization: renorm and synchronized are not offered; leave them out")
        axes = list(axis) if isinstance(axis, (list, tuple)) else [axis]
        if len(axes) != 1:
            raise ValueError(f"BatchNormalization: axis must be one axis. Received: {axis!r}")
        axis = axes[0]
        self.data_format = layout.FIRST if axis == 1 else None
        self.axis, self.momentum, self.epsilon, self.center, self.scale = axis, momentum, epsilon, center, scale
        self._initializers = {
            "gamma": gamma_initializer,
            "beta": beta_initializer,
            "moving_mean": moving_mean_initializer,
            "moving_variance": moving_variance_initializer,
        }

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        self._axis(len(input_shape))
        return input_shape

    def _axis(self, rank: int) -> int:
        """The channels' axis among those that the layer sees: channels_first have been moved to the end."""
        return rank - 1 if self.data_format == layout.FIRST else axes_of("BatchNormalization", self.axis, rank)[0]

    def build(self, input_shape: Shape) -> None:
        axis = self._axis(len(input_shape))
        self.any_size, size = axis == len(input_shape) - 1, (input_shape[axis],)
        gamma, beta = self._controls("gamma"), self._controls("beta")
        first = self._initializers
        self.gamma = self.add_weight(size, first["gamma"], name="gamma", **gamma) if self.scale else None
        self.beta = self.add_weight(size, first["beta"], name="beta", **beta) if self.center else None
        for name in ("moving_mean", "moving_variance"):
            setattr(self, name, self.add_weight(size, self._initializers[name], trainable=False, name=name))

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        gamma = self._tensor(builder, self.gamma, 1.0)
        beta = self._tensor(builder, self.beta, 0.0)
        moving = (builder.variable(self.moving_mean), builder.variable(self.moving_variance))
        training = builder.training and self.trainable
        axis, last = self._axis(len(x.shape)), len(x.shape) - 1
        x = layout.move_axis(builder, x, axis, last)
        y = batchnorm(builder, x, gamma, beta, *moving, self.momentum, self.epsilon, training)
        return layout.move_axis(builder, y, last, axis)

    def _tensor(self, builder: Builder, variable: Variable | None, otherwise: float) -> Tensor:
        if variable is not None:
            return builder.variable(variable)
        return builder.constant(np.full(self.moving_mean.shape, otherwise, self.dtype), "constant")
