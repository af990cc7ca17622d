"""The kernels that only training needs: losses, penalties and optimizer updates."""

from fastcnn.kernels import shapes
from fastcnn.kernels.arrays import WORK, In, Out, Update
from fastcnn.kernels.contract.registry import kernel

# --- losses: one value a sample; scale (N,) = sample weight / N is the only place that divides by N -----


@kernel("losses")
def softmax_crossentropy_forward(logits: In(2), targets: In(2), probs: Out(2, may_alias="logits"), losses: Out(1)):
    """probs = softmax(logits); losses (N,) = - sum over classes of targets * log softmax, by log-sum-exp."""
    shapes.losses("softmax_crossentropy_forward", logits, targets, losses, probs)


@kernel("losses")
def softmax_crossentropy_backward(probs: In(2), targets: In(2), scale: In(1), dlogits: Out(2, may_alias="probs")):
    """dlogits = (probs * sum(targets) - targets) * scale[n]."""
    shapes.losses("softmax_crossentropy_backward", probs, targets, scale, dlogits)


@kernel("losses")
def sigmoid_crossentropy_forward(logits: In(2), targets: In(2), probs: Out(2, may_alias="logits"), losses: Out(1)):
    """probs = sigmoid(logits); losses (N,) = mean over C of max(z, 0) - z * t + log(1 + exp(-|z|))."""
    shapes.losses("sigmoid_crossentropy_forward", logits, targets, losses, probs)


@kernel("losses")
def sigmoid_crossentropy_backward(probs: In(2), targets: In(2), scale: In(1), dlogits: Out(2, may_alias="probs")):
    """dlogits = (probs - targets) * scale[n] / C."""
    shapes.losses("sigmoid_crossentropy_backward", probs, targets, scale, dlogits)


@kernel("losses")
def categorical_crossentropy_forward(probs: In(2), targets: In(2), losses: Out(1), *, epsilon: float):
    """q = probs / sum(probs); losses (N,) = - sum of targets * log(clip(q, epsilon, 1 - epsilon))."""
    shapes.losses("categorical_crossentropy_forward", probs, targets, losses)


@kernel("losses")
def categorical_crossentropy_backward(probs: In(2), targets: In(2), scale: In(1), dprobs: Out(2), *, epsilon: float):
    """With g = -targets / q inside the clip's bounds, else 0: dprobs = (g - sum(g * q)) / sum(probs) * scale[n]."""
    shapes.losses("categorical_crossentropy_backward", probs, targets, scale, dprobs)


@kernel("losses")
def binary_crossentropy_forward(probs: In(2), targets: In(2), losses: Out(1), *, epsilon: float):
    """p = clip(probs, epsilon, 1 - epsilon); losses (N,) = mean over C of -(t * log(p) + (1 - t) * log(1 - p))."""
    shapes.losses("binary_crossentropy_forward", probs, targets, losses)


@kernel("losses")
def binary_crossentropy_backward(probs: In(2), targets: In(2), scale: In(1), dprobs: Out(2), *, epsilon: float):
    """dprobs = (p - t) / (p * (1 - p)) * scale[n] / C inside the clip's bounds, else 0."""
    shapes.losses("binary_crossentropy_backward", probs, targets, scale, dprobs)


@kernel("losses")
def mean_squared_error_forward(predictions: In(2), targets: In(2), losses: Out(1)):
    """losses (N,) = mean over C of (predictions - targets) ** 2."""
    shapes.losses("mean_squared_error_forward", predictions, targets, losses)


@kernel("losses")
def mean_squared_error_backward(predictions: In(2), targets: In(2), scale: In(1), dpredictions: Out(2)):
    """dpredictions = 2 * (predictions - targets) * scale[n] / C."""
    shapes.losses("mean_squared_error_backward", predictions, targets, scale, dpredictions)


# --- penalties of weights (one row) and of activities (one row a sample): what regularizers add to the loss -----------


@kernel("penalties")
def penalty_forward(x: In(2), y: Out(1), work: WORK, *, l1: float, l2: float):
    """y (1,) = (l1 * sum |x| + l2 * sum x ** 2) / rows of x."""
    shapes.expect("penalty_forward", "y", y, (1,))


@kernel("penalties")
def penalty_backward(x: In(2), before: In(2).or_none(), dx: Out(2, may_alias="before"), *, l1: float, l2: float):
    """dx = before + (l1 * sign(x) + 2 * l2 * x) / rows of x; before, a gradient from elsewhere, is 0 if None."""
    shapes.same("penalty_backward", x=x, before=before, dx=dx)


# --- clipping of gradients -------------------------------------------------------------------------------------------


@kernel("clipping")
def clip_by_value(x: In(1), y: Out(1, may_alias="x"), *, limit: float):
    """y = min(max(x, -limit), limit)."""
    shapes.same("clip_by_value", x=x, y=y)


@kernel("clipping")
def clip_by_norm(x: In(1), square: In(1), y: Out(1, may_alias="x"), *, limit: float):
    """y = x * limit / max(norm, limit); square (1,) = norm ** 2, of x or of all gradients together."""
    shapes.same("clip_by_norm", x=x, y=y)
    shapes.expect("clip_by_norm", "square", square, (1,))


# --- optimizers: hyper is float64, so that the engine can change a rate between steps, program untouched -----
# 1 - rho and 1 - beta are taken in float64: in float32, 1 - 0.999 is off by 1e-5 of itself.
# `decay` is learning_rate * weight_decay; each update begins with w -= decay * w (decoupled weight decay).
# Sources of the formulas: Keras 3 (keras.optimizers), whose epsilon placement differs from the papers'.


@kernel("optimizers")
def sgd_update(w: Update(1), dw: In(1), hyper: In(1, "float64")):
    """w -= learning_rate * dw. hyper = (learning_rate, decay)."""
    shapes.optimizer("sgd_update", hyper, "learning_rate decay", w=w, dw=dw)


@kernel("optimizers")
def momentum_update(w: Update(1), dw: In(1), velocity: Update(1), hyper: In(1, "float64"), *, nesterov: bool):
    """v = momentum * v - learning_rate * dw; w += v, or w += momentum * v - learning_rate * dw with nesterov."""
    shapes.optimizer("momentum_update", hyper, "learning_rate momentum decay", w=w, dw=dw, velocity=velocity)


@kernel("optimizers")
def rmsprop_update(
    w: Update(1),
    dw: In(1),
    square: Update(1),
    mean: Update(1).or_none(),
    velocity: Update(1).or_none(),
    hyper: In(1, "float64"),
):
    """square = rho * square + (1 - rho) * dw**2; step = learning_rate * dw / sqrt(square + epsilon); w -= step.

    With mean (centered): mean = rho * mean + (1 - rho) * dw, and square - mean**2 takes square's place under the root.
    With velocity: velocity = momentum * velocity + step; w -= velocity.
    hyper = (learning_rate, rho, momentum, epsilon, decay).
    """
    names = "learning_rate rho momentum epsilon decay"
    shapes.optimizer("rmsprop_update", hyper, names, w=w, dw=dw, square=square, mean=mean, velocity=velocity)


@kernel("optimizers")
def adam_update(
    w: Update(1), dw: In(1), m: Update(1), v: Update(1), vmax: Update(1).or_none(), hyper: In(1, "float64")
):
    """m += (dw - m) * (1 - beta_1); v += (dw**2 - v) * (1 - beta_2); w -= rate * m / (sqrt(v) + epsilon).

    With vmax (amsgrad): vmax = max(vmax, v) takes v's place under the root.
    hyper = (rate, beta_1, beta_2, epsilon, decay), rate = learning_rate * sqrt(1 - beta_2**t) / (1 - beta_1**t).
    """
    shapes.optimizer("adam_update", hyper, "rate beta_1 beta_2 epsilon decay", w=w, dw=dw, m=m, v=v, vmax=vmax)
