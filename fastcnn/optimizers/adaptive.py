"""Optimizers that adapt the rate of each weight to its gradients. Defaults and formulas are Keras 3's."""

from fastcnn.engine.ops.penalties import penalty
from fastcnn.engine.program import Builder, Tensor
from fastcnn.optimizers.base import Optimizer
from fastcnn.optimizers.methods import OneKernel, check_betas


class Adagrad(OneKernel):
    """Divides the gradient by the root of the sum of its squares. Source: Duchi et al. 2011.

    epsilon_inside_root : sqrt(sum + epsilon) as in Keras 3, or as in Keras 2 sqrt(sum) + epsilon.
    """

    kernel, slot_names = "adagrad_update", ("square",)
    own = ("initial_accumulator_value", "epsilon", "epsilon_inside_root")

    def __init__(
        self,
        learning_rate: object = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        epsilon_inside_root: bool = True,
        **kwargs: object,
    ):
        self.initial_accumulator_value, self.epsilon = float(initial_accumulator_value), float(epsilon)
        self.epsilon_inside_root = bool(epsilon_inside_root)
        super().__init__(learning_rate, **kwargs)

    def initial(self, slot: str) -> float:
        return self.initial_accumulator_value if slot == "square" else 0.0

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        inside = self.epsilon if self.epsilon_inside_root else 0.0
        return rate, inside, self.epsilon - inside, self.decay(rate)


class Adadelta(OneKernel):
    """Steps as large as the running root mean square of earlier steps. Source: Zeiler 2012."""

    kernel, slot_names, own = "adadelta_update", ("square", "steps"), ("rho", "epsilon")

    def __init__(self, learning_rate: object = 0.001, rho: float = 0.95, epsilon: float = 1e-7, **kwargs: object):
        self.rho, self.epsilon = float(rho), float(epsilon)
        super().__init__(learning_rate, **kwargs)

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        return rate, self.rho, self.epsilon, self.decay(rate)


class Adamax(OneKernel):
    """Adam with the largest gradient, fading, in place of the mean square. Source: Kingma and Ba 2015, section 7."""

    kernel, slot_names, own = "adamax_update", ("m", "largest"), ("beta_1", "beta_2", "epsilon")

    def __init__(
        self,
        learning_rate: object = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: object,
    ):
        check_betas(self, beta_1=beta_1, beta_2=beta_2)
        self.beta_1, self.beta_2, self.epsilon = float(beta_1), float(beta_2), float(epsilon)
        super().__init__(learning_rate, **kwargs)

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        return rate / (1 - self.beta_1**step), self.beta_1, self.beta_2, self.epsilon, self.decay(rate)


class Nadam(OneKernel):
    """Adam with Nesterov's momentum, whose share grows as 1 - 0.96**(t * schedule_decay) / 2. Source: Dozat 2016.

    schedule_decay : how fast it grows; 1 in Keras 3, 0.004 in Keras 2.
    """

    kernel, slot_names, own = "nadam_update", ("m", "v"), ("beta_1", "beta_2", "epsilon", "schedule_decay")

    def __init__(
        self,
        learning_rate: object = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        schedule_decay: float = 1.0,
        **kwargs: object,
    ):
        check_betas(self, beta_1=beta_1, beta_2=beta_2)
        self.beta_1, self.beta_2, self.epsilon = float(beta_1), float(beta_2), float(epsilon)
        self.schedule_decay = float(schedule_decay)
        self._product = (0, 1.0)  # number of a step, product of the momenta up to it
        super().__init__(learning_rate, **kwargs)

    def _momentum(self, step: int) -> float:
        return self.beta_1 * (1 - 0.5 * 0.96 ** (step * self.schedule_decay))

    def _product_at(self, step: int) -> float:
        known, product = self._product if self._product[0] <= step else (0, 1.0)
        for number in range(known + 1, step + 1):
            product *= self._momentum(number)
        self._product = (step, product)
        return product

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        now, following, product = self._momentum(step), self._momentum(step + 1), self._product_at(step)
        rate_m, rate_dw = rate * following / (1 - product * following), rate * (1 - now) / (1 - product)
        growth = 1 / (1 - self.beta_2**step)
        return rate_m, rate_dw, self.beta_1, self.beta_2, growth, self.epsilon, self.decay(rate)


class Ftrl(OneKernel):
    """Follow the regularised leader: weights that stay small become exactly 0. Source: McMahan et al. 2013."""

    kernel, slot_names = "ftrl_update", ("square", "linear")
    own = ("learning_rate_power", "initial_accumulator_value", "l1_regularization_strength")
    own += ("l2_regularization_strength", "l2_shrinkage_regularization_strength", "beta")

    def __init__(
        self,
        learning_rate: object = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 0.0,
        **kwargs: object,
    ):
        if learning_rate_power > 0:
            raise ValueError(f"Ftrl: learning_rate_power must be 0 or less. Received: {learning_rate_power!r}")
        strengths = {
            "initial_accumulator_value": initial_accumulator_value,
            "l1_regularization_strength": l1_regularization_strength,
            "l2_regularization_strength": l2_regularization_strength,
            "l2_shrinkage_regularization_strength": l2_shrinkage_regularization_strength,
        }
        for name, value in strengths.items():
            if value < 0:
                raise ValueError(f"Ftrl: {name} must not be negative. Received: {value!r}")
            setattr(self, name, float(value))
        self.learning_rate_power, self.beta = float(learning_rate_power), float(beta)
        super().__init__(learning_rate, **kwargs)

    def initial(self, slot: str) -> float:
        return self.initial_accumulator_value if slot == "square" else 0.0

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        l1, l2 = self.l1_regularization_strength, self.l2_regularization_strength
        l2 += self.beta / (2 * rate) if self.beta else 0.0
        return rate, -self.learning_rate_power, l1, l2, self.l2_shrinkage_regularization_strength, self.decay(rate)


class Lion(OneKernel):
    """Steps of one size in the direction of a running mean gradient's sign. Source: Chen et al. 2023."""

    kernel, slot_names, own = "lion_update", ("m",), ("beta_1", "beta_2")

    def __init__(self, learning_rate: object = 0.001, beta_1: float = 0.9, beta_2: float = 0.99, **kwargs: object):
        if not 0 < beta_1 <= 1:
            raise ValueError(f"Lion: beta_1 must be in (0, 1]. Received: {beta_1!r}")
        self.beta_1, self.beta_2 = float(beta_1), float(beta_2)
        super().__init__(learning_rate, **kwargs)

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        return rate, self.beta_1, self.beta_2, self.decay(rate)


class Lamb(Optimizer):
    """Adam whose step has the norm of the weights, for large batches. Source: You et al. 2020."""

    slot_names = ("m", "v")

    def __init__(
        self,
        learning_rate: object = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        **kwargs: object,
    ):
        check_betas(self, beta_1=beta_1, beta_2=beta_2)
        self.beta_1, self.beta_2, self.epsilon = float(beta_1), float(beta_2), float(epsilon)
        super().__init__(learning_rate, **kwargs)

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        growth = (1 / (1 - self.beta_1**step), 1 / (1 - self.beta_2**step))
        return rate, self.beta_1, self.beta_2, *growth, self.epsilon, self.decay(rate)

    def emit(self, builder: Builder, w: Tensor, dw: Tensor, hyper: Tensor, slots: dict[str, Tensor]) -> None:
        step = builder.tensor(w.shape, like=w)
        builder.emit("lamb_direction", w=w, dw=dw, **slots, y=step, hyper=hyper)
        squares = {"w_square": penalty(builder, w, 0.0, 1.0), "dw_square": penalty(builder, step, 0.0, 1.0)}
        builder.emit("lamb_update", w=w, dw=step, **squares, hyper=hyper)

    def get_config(self) -> dict:
        return super().get_config() | {"beta_1": self.beta_1, "beta_2": self.beta_2, "epsilon": self.epsilon}
