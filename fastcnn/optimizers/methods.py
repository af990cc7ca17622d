"""The optimizers that scripts use most. Defaults, formulas and the place of epsilon are Keras 3's."""

import math

from fastcnn.engine.program import Builder, Tensor
from fastcnn.optimizers.base import Optimizer

# Arguments that Keras 3 does not have: at the value that means its own formula they stay out of what Keras shall read.
_OF_KERAS3 = (("epsilon_inside_root", True), ("schedule_decay", 1.0))


class OneKernel(Optimizer):
    """An optimizer whose update is one kernel over the weights and all slots.

    own : names of its own arguments, kept as attributes.
    """

    kernel = ""
    own: tuple[str, ...] = ()

    def emit(self, builder: Builder, w: Tensor, dw: Tensor, hyper: Tensor, slots: dict[str, Tensor]) -> None:
        builder.emit(self.kernel, w=w, dw=dw, **slots, hyper=hyper)

    def get_config(self) -> dict:
        own = {name: getattr(self, name) for name in self.own}
        return super().get_config() | {name: v for name, v in own.items() if (name, v) not in _OF_KERAS3}


def check_betas(optimizer: Optimizer, **betas: float) -> None:
    """Raises ValueError unless each is in [0, 1)."""
    for name, value in betas.items():
        if not 0 <= value < 1:
            raise ValueError(f"{type(optimizer).__name__}: {name} must be in [0, 1). Received: {value!r}")


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


class RMSprop(OneKernel):
    """Divides the gradient by a running root mean square. Source: Hinton, lecture 6e.

    rho : memory of the mean square. momentum : of the steps. centered : subtract the squared mean gradient.
    epsilon_inside_root : sqrt(mean square + epsilon) as in Keras 3, or as in Keras 2 sqrt(mean square) + epsilon,
        which is Adam without memory of the gradient, and known without momentum and centered alone.
    """

    own = ("rho", "momentum", "epsilon", "centered", "epsilon_inside_root")

    def __init__(
        self,
        learning_rate: object = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        epsilon_inside_root: bool = True,
        **kwargs: object,
    ):
        self.rho, self.momentum, self.epsilon = float(rho), float(momentum), float(epsilon)
        self.centered, self.epsilon_inside_root = bool(centered), bool(epsilon_inside_root)
        wanted = {"square": True, "mean": centered, "velocity": momentum > 0}
        self.kernel, self.slot_names = "rmsprop_update", tuple(name for name, used in wanted.items() if used)
        if not self.epsilon_inside_root:
            if centered or momentum:
                raise ValueError("RMSprop: epsilon_inside_root=False takes neither momentum nor centered")
            self.kernel, self.slot_names = "adam_update", ("m", "v")
        super().__init__(learning_rate, **kwargs)

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        if not self.epsilon_inside_root:
            return rate, 0.0, self.rho, self.epsilon, self.decay(rate)
        return rate, self.rho, self.momentum, self.epsilon, self.decay(rate)


class Adam(OneKernel):
    """Running means of gradient and squared gradient. Source: Kingma and Ba 2015, with "epsilon hat" of section 2.

    amsgrad : divide by the largest mean square so far. Source: Reddi et al. 2018.
    """

    kernel, own = "adam_update", ("beta_1", "beta_2", "epsilon", "amsgrad")

    def __init__(
        self,
        learning_rate: object = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: object,
    ):
        check_betas(self, beta_1=beta_1, beta_2=beta_2)
        self.beta_1, self.beta_2, self.epsilon = float(beta_1), float(beta_2), float(epsilon)
        self.amsgrad = bool(amsgrad)
        self.slot_names = ("m", "v", "vmax") if amsgrad else ("m", "v")
        super().__init__(learning_rate, **kwargs)

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        corrected = rate * math.sqrt(1 - self.beta_2**step) / (1 - self.beta_1**step)
        return corrected, self.beta_1, self.beta_2, self.epsilon, self.decay(rate)


class AdamW(Adam):
    """Adam with decoupled weight decay. Source: Loshchilov and Hutter 2019."""

    def __init__(
        self,
        learning_rate: object = 0.001,
        weight_decay: float | None = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        **kwargs: object,
    ):
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **kwargs)
