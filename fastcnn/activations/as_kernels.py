"""Functions of fastcnn.ops applied to tensors of a program: those that kernels can do, by name.

So `activation=tf.nn.relu` and `x = ops.relu(x)` between layers cost what the layers cost that say the same. What is not
here runs as a Python function.
"""

from collections.abc import Callable
from numbers import Real

from fastcnn.activations import along_axis, elementwise
from fastcnn.activations.applied import Emitting, kernel
from fastcnn.engine.ops.dense import add, scale
from fastcnn.engine.program import Builder, Tensor


def emit_as_kernels(builder: Builder, function: Callable, x: Tensor | list[Tensor]) -> Tensor | None:
    """What the function makes of x (or a list of them), if kernels can do all of it; else None, and nothing is emitted.

    function : one that does the same each time, as it is called once for all steps.
    """
    before = len(builder.program.ops)
    given = [Emitting(builder, t) for t in x] if isinstance(x, list) else Emitting(builder, x)
    try:
        y = function(given)
    except (AttributeError, TypeError, ValueError):  # what it raises for no array, or for arguments of no kernel
        y = None
    if isinstance(y, Emitting):
        return y.tensor
    del builder.program.ops[before:]
    return None


def _scaled(x: object, factor: float, offset: float = 0.0) -> Emitting:
    if not isinstance(x, Emitting):
        raise TypeError(f"expected a tensor of the program. Received: {type(x).__name__}")
    return Emitting(x.builder, scale(x.builder, x.tensor, float(factor), float(offset)))


def _add(a: object, b: object) -> Emitting:
    if isinstance(a, Real) or isinstance(b, Real):
        return _scaled(a, 1.0, b) if isinstance(b, Real) else _scaled(b, 1.0, a)
    if a.tensor.shape != b.tensor.shape:
        raise TypeError(f"the kernel of sums takes one shape. Received: {a.tensor.shape} and {b.tensor.shape}")
    return Emitting(a.builder, add(a.builder, a.tensor, b.tensor))


def _subtract(a: object, b: object) -> Emitting:
    return _add(a, -b) if isinstance(b, Real) else _add(_scaled(b, -1.0), a)


def _multiply(a: object, b: object) -> Emitting:
    return _scaled(a, b) if isinstance(b, Real) else _scaled(b, a)


def _divide(a: object, b: object) -> Emitting:
    return _scaled(a, 1.0 / b)


def _gelu(x: object, approximate: bool = True) -> Emitting:
    return elementwise.gelu(x, approximate)


def _softmax(x: object, axis: int = -1) -> Emitting:
    return along_axis.softmax(x, axis)


KERNELS: dict[str, Callable] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "true_divide": _divide,
    "negative": lambda x: _scaled(x, -1.0),
    "relu": lambda x: elementwise.relu(x),  # without the further arguments that the activation has
    "exp": elementwise.exponential,
    "gelu": _gelu,
    "hard_sigmoid": lambda x: kernel(x, "curve", curve="hard_sigmoid", alpha=1 / 6, beta=0.5),  # in every era
    "softmax": _softmax,
    "swish": elementwise.silu,
    "hard_swish": elementwise.hard_silu,
    **{
        name: getattr(elementwise, name)
        for name in (
            *("celu", "elu", "hard_silu", "hard_tanh", "leaky_relu", "log_sigmoid", "mish", "relu6", "selu"),
            *("sigmoid", "silu", "softplus", "softsign", "tanh"),
        )
    },
}
