"""The optimizers. Defaults, formulas and the place of epsilon are Keras 3's."""

import math

from fastcnn.engine.program import Builder, Tensor
from fastcnn.optimizers.base import Optimizer


class SGD(Optimizer):
    """Gradient descent: w -= learning_rate * dw, or with momentum v = momentum * v - learning_rate * dw; w += v.

    nesterov : w += momentum * v - learning_rate * dw instead. Source: Sutskever et al. 2013.
    """

    def __init__(self, learning_rate: object = 0.01, momentum: float = 0.0, nesterov: bool = False, **kwargs: object):
        if not 0 <= momentum <= 1:
            raise ValueError(f"SGD: momentum must be in [0, 1]. Received: {momentum!r}")
        self.momentum, self.nesterov = float(momentum), bool(nesterov)
        self.slot_names = ("momentum",) if momentum else ()
        super().__init__(learning_rate, **kwargs)

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        return (rate, self.momentum, self.decay(rate)) if self.momentum else (rate, self.decay(rate))

    def emit(self, builder: Builder, w: Tensor, dw: Tensor, hyper: Tensor, slots: dict[str, Tensor]) -> None:
        if self.momentum:
            velocity = slots["momentum"]
            builder.emit("momentum_update", w=w, dw=dw, velocity=velocity, hyper=hyper, nesterov=self.nesterov)
        else:
            builder.emit("sgd_update", w=w, dw=dw, hyper=hyper)

    def get_config(self) -> dict:
        return super().get_config() | {"momentum": self.momentum, "nesterov": self.nesterov}


class RMSprop(Optimizer):
    """Divides the gradient by a running root mean square. Source: Hinton, lecture 6e; epsilon inside the root.

    rho : memory of the mean square. momentum : of the steps. centered : subtract the squared mean gradient.
    """

    def __init__(
        self,
        learning_rate: object = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        **kwargs: object,
    ):
        self.rho, self.momentum, self.epsilon = float(rho), float(momentum), float(epsilon)
        self.centered = bool(centered)
        wanted = {"square": True, "mean": centered, "velocity": momentum > 0}
        self.slot_names = tuple(name for name, used in wanted.items() if used)
        super().__init__(learning_rate, **kwargs)

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        return rate, self.rho, self.momentum, self.epsilon, self.decay(rate)

    def emit(self, builder: Builder, w: Tensor, dw: Tensor, hyper: Tensor, slots: dict[str, Tensor]) -> None:
        builder.emit("rmsprop_update", w=w, dw=dw, **slots, hyper=hyper)

    def get_config(self) -> dict:
        own = {"rho": self.rho, "momentum": self.momentum, "epsilon": self.epsilon, "centered": self.centered}
        return super().get_config() | own


class Adam(Optimizer):
    """Running means of gradient and squared gradient. Source: Kingma and Ba 2015, with "epsilon hat" of section 2.

    amsgrad : divide by the largest mean square so far. Source: Reddi et al. 2018.
    """

    def __init__(
        self,
        learning_rate: object = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: object,
    ):
        for name, value in {"beta_1": beta_1, "beta_2": beta_2}.items():
            if not 0 <= value < 1:
                raise ValueError(f"{type(self).__name__}: {name} must be in [0, 1). Received: {value!r}")
        self.beta_1, self.beta_2, self.epsilon = float(beta_1), float(beta_2), float(epsilon)
        self.amsgrad = bool(amsgrad)
        self.slot_names = ("m", "v", "vmax") if amsgrad else ("m", "v")
        super().__init__(learning_rate, **kwargs)

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        corrected = rate * math.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
        return corrected, self.beta_1, self.beta_2, self.epsilon, self.decay(rate)

    def emit(self, builder: Builder, w: Tensor, dw: Tensor, hyper: Tensor, slots: dict[str, Tensor]) -> None:
        builder.emit("adam_update", w=w, dw=dw, **slots, hyper=hyper)

    def get_config(self) -> dict:
        own = {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon, "amsgrad": self.amsgrad}
        return super().get_config() | own


class AdamW(Adam):
    """Adam with decoupled weight decay. Source: Loshchilov and Hutter 2019."""

    def __init__(self, learning_rate: object = 0.001, weight_decay: float = 0.004, **kwargs: object):
        super().__init__(learning_rate, weight_decay=weight_decay, **kwargs)
