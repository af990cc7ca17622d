"""Activations whose gradient comes from their input x: smooth ones, and those that are seldom used."""

from fastcnn.kernels import shapes
from fastcnn.kernels.arrays import In, Out
from fastcnn.kernels.contract.registry import kernel

# name: formula of y, with the parameters alpha and beta where it has some. sigmoid(x) = 1 / (1 + exp(-x)),
# clip(x, low, high) = min(max(x, low), high), phi and Phi the density and the distribution of the standard normal.
CURVES: dict[str, str] = {
    "selu": "beta * x if x >= 0, else beta * alpha * (exp(x) - 1)",
    "celu": "x if x >= 0, else alpha * (exp(x / alpha) - 1); alpha > 0",
    "exponential": "exp(x)",
    "softplus": "log(1 + exp(x))",
    "softsign": "x / (1 + |x|)",
    "silu": "x * sigmoid(x)",
    "gelu": "x * Phi(x)",
    "gelu_tanh": "x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3)))",
    "mish": "x * tanh(log(1 + exp(x)))",
    "log_sigmoid": "log(sigmoid(x))",
    "hard_sigmoid": "clip(alpha * x + beta, 0, 1); alpha > 0",
    "hard_silu": "x * clip(alpha * x + beta, 0, 1); alpha > 0",
    "hard_tanh": "clip(x, alpha, beta)",
    "hard_shrink": "x if |x| > alpha, else 0",
    "soft_shrink": "x - alpha if x > alpha, x + alpha if x < -alpha, else 0",
    "tanh_shrink": "x - tanh(x)",
    "squareplus": "(x + sqrt(x**2 + alpha)) / 2; alpha > 0",
    "sparse_plus": "0 if x <= -1, x if x >= 1, else (x + 1)**2 / 4",
    "threshold": "x if x > alpha, else beta",
}


def _check(name: str, curve: str, **arrays: object) -> None:
    if curve not in CURVES:
        raise ValueError(f"{name}: unknown curve. Received: {curve!r}. Known: {', '.join(CURVES)}")
    shapes.same(name, **arrays)


@kernel("curves")
def curve_forward(x: In(1), y: Out(1, may_alias="x"), *, curve: str, alpha: float, beta: float):
    """y = the curve of x; CURVES has the formulas. A curve without parameters ignores alpha and beta.

    Smooth curves neither overflow nor lose their sign: silu, gelu and mish of a large negative x are -0 or a small
    negative number, softplus and log_sigmoid are accurate to the last places where they are tiny.
    """
    _check("curve_forward", curve, x=x, y=y)


@kernel("curves")
def curve_backward(x: In(1), dy: In(1), dx: Out(1, may_alias="dy"), *, curve: str, alpha: float, beta: float):
    """dx = dy * the curve's slope at x.

    At a corner: selu and celu have the slope of x > 0; hard_sigmoid and hard_silu are flat where the clip begins,
    hard_tanh is not; the shrinking ones and threshold are flat on their thresholds; sparse_plus has no corner.
    """
    _check("curve_backward", curve, x=x, dy=dy, dx=dx)
