"""Optimizer updates that adapt the rate of each weight to its gradients; like all updates, they work in place.

As in training.py: hyper is float64 and ends with `decay`, each update begins with w -= decay * w, and 1 - beta is taken
in float64. Sources of the formulas: Keras 3, and Keras 2 where epsilon stands outside the root.
"""

from fastcnn.kernels import shapes
from fastcnn.kernels.arrays import In, Out, Update
from fastcnn.kernels.contract.registry import kernel


@kernel("adaptive")
def adagrad_update(w: Update(1), dw: In(1), square: Update(1), hyper: In(1, "float64")):
    """square += dw ** 2; w -= rate * dw / (sqrt(square + inside) + outside).

    hyper = (rate, inside, outside, decay).
    """
    shapes.optimizer("adagrad_update", hyper, "rate inside outside decay", w=w, dw=dw, square=square)


@kernel("adaptive")
def adadelta_update(w: Update(1), dw: In(1), square: Update(1), steps: Update(1), hyper: In(1, "float64")):
    """square = rho * square + (1 - rho) * dw ** 2; step = dw * sqrt(steps + epsilon) / sqrt(square + epsilon);
    steps = rho * steps + (1 - rho) * step ** 2; w -= rate * step.

    hyper = (rate, rho, epsilon, decay).
    """
    shapes.optimizer("adadelta_update", hyper, "rate rho epsilon decay", w=w, dw=dw, square=square, steps=steps)


@kernel("adaptive")
def adamax_update(w: Update(1), dw: In(1), m: Update(1), largest: Update(1), hyper: In(1, "float64")):
    """m += (dw - m) * (1 - beta_1); largest = max(beta_2 * largest, |dw|); w -= rate * m / (largest + epsilon).

    hyper = (rate, beta_1, beta_2, epsilon, decay), rate = learning_rate / (1 - beta_1**t).
    """
    shapes.optimizer("adamax_update", hyper, "rate beta_1 beta_2 epsilon decay", w=w, dw=dw, m=m, largest=largest)


@kernel("adaptive")
def nadam_update(w: Update(1), dw: In(1), m: Update(1), v: Update(1), hyper: In(1, "float64")):
    """m and v as adam_update's; w -= (rate_m * m + rate_dw * dw) / (sqrt(v * growth) + epsilon).

    hyper = (rate_m, rate_dw, beta_1, beta_2, growth, epsilon, decay), growth = 1 / (1 - beta_2**t).
    """
    names = "rate_m rate_dw beta_1 beta_2 growth epsilon decay"
    shapes.optimizer("nadam_update", hyper, names, w=w, dw=dw, m=m, v=v)


@kernel("adaptive")
def ftrl_update(w: Update(1), dw: In(1), square: Update(1), linear: Update(1), hyper: In(1, "float64")):
    """new = square + dw ** 2; linear += dw + 2 * shrinkage * w - (new**power - square**power) / rate * w;
    w = (clip(linear, -l1, l1) - linear) / (new**power / rate + 2 * l2); square = new.

    hyper = (rate, power, l1, l2, shrinkage, decay), power from 0 up, l2 with beta / (2 * rate) in it.
    """
    names = "rate power l1 l2 shrinkage decay"
    shapes.optimizer("ftrl_update", hyper, names, w=w, dw=dw, square=square, linear=linear)


@kernel("adaptive")
def lion_update(w: Update(1), dw: In(1), m: Update(1), hyper: In(1, "float64")):
    """w -= rate * sign(beta_1 * m + (1 - beta_1) * dw); m = beta_2 * m + (1 - beta_2) * dw.

    hyper = (rate, beta_1, beta_2, decay).
    """
    shapes.optimizer("lion_update", hyper, "rate beta_1 beta_2 decay", w=w, dw=dw, m=m)


LAMB = "rate beta_1 beta_2 growth_1 growth_2 epsilon decay"


@kernel("adaptive")
def lamb_direction(
    w: Update(1), dw: In(1), m: Update(1), v: Update(1), y: Out(1, may_alias="dw"), hyper: In(1, "float64")
):
    """m and v as adam_update's; y = growth_1 * m / (sqrt(growth_2 * v) + epsilon). Of w, it takes only the decay.

    hyper = (rate, beta_1, beta_2, growth_1, growth_2, epsilon, decay), growth_i = 1 / (1 - beta_i**t).
    """
    shapes.optimizer("lamb_direction", hyper, LAMB, w=w, dw=dw, m=m, v=v, y=y)


@kernel("adaptive")
def lamb_update(w: Update(1), dw: In(1), w_square: In(1), dw_square: In(1), hyper: In(1, "float64")):
    """w -= rate * sqrt(w_square / dw_square) * dw, without the root where either is 0; dw is lamb_direction's y.

    w_square, dw_square (1,): sums of squares. hyper is lamb_direction's.
    """
    shapes.optimizer("lamb_update", hyper, LAMB, w=w, dw=dw)
    shapes.expect("lamb_update", "w_square", w_square, (1,))
    shapes.expect("lamb_update", "dw_square", dw_square, (1,))
