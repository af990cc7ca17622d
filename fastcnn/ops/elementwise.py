"""Functions of each element: arithmetic, powers, trigonometry, comparisons, choices.

Types as in Keras: numbers and whole-number arrays take the type of the floats they meet, and what is being
differentiated keeps its own type.
"""

import math
import operator
from collections.abc import Callable

import numpy as np

from fastcnn.ops.tape import Traced, array_of, lift, record

Value = np.ndarray | Traced
Derivative = Callable[[np.ndarray, np.ndarray], np.ndarray]


def together(*xs: object) -> list:
    """Lifted arguments of one type: that of traced values, else of arrays; numbers and whole numbers follow."""
    lifted = [lift(x) for x in xs]
    traced = [x.dtype for x in lifted if isinstance(x, Traced)]
    arrays = [x.dtype for x in lifted if isinstance(x, np.ndarray) and x.ndim]
    floats = [dtype for dtype in traced or arrays if dtype.kind == "f"]
    if not floats:
        return lifted
    dtype = np.result_type(*floats)
    return [np.asarray(x, dtype) if isinstance(x, (np.ndarray, np.generic)) else x for x in lifted]


def single(y: np.ndarray, *xs: object) -> np.ndarray:
    """A result as Keras types it: what whole numbers make is float32, where NumPy says float64."""
    y = np.asarray(y)
    doubles = any(getattr(x, "dtype", None) == np.float64 for x in xs)
    return y.astype(np.float32) if y.dtype == np.float64 and not doubles else y


def _unary(forward: Callable, derivative: Derivative, name: str, meaning: str) -> Callable[[object], Value]:
    """A function of one argument; derivative(x, y) at x, where the function is y."""

    def function(x: object) -> Value:
        x = lift(x)
        at = array_of(x)
        y = single(forward(at), at)
        return record(y, (x, lambda dy: dy * derivative(at, y)))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{meaning}, of each element."
    return function


_erf = np.frompyfunc(math.erf, 1, 1)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(x))  # never overflows
    return np.where(x >= 0, 1, e) / (1 + e)


def _dtype(x: object) -> np.dtype:
    return np.result_type(np.asarray(x).dtype, np.float32)


negative = _unary(np.negative, lambda x, y: -1, "negative", "-x")
absolute = _unary(np.abs, lambda x, y: np.sign(x), "absolute", "The distance from 0")
square = _unary(np.square, lambda x, y: 2 * x, "square", "x * x")
sqrt = _unary(np.sqrt, lambda x, y: 0.5 / y, "sqrt", "The square root")
rsqrt = _unary(lambda x: 1 / np.sqrt(x), lambda x, y: -0.5 * y / x, "rsqrt", "1 / sqrt(x)")
reciprocal = _unary(lambda x: 1 / x, lambda x, y: -y * y, "reciprocal", "1 / x")
exp = _unary(np.exp, lambda x, y: y, "exp", "e to the power of x")
expm1 = _unary(np.expm1, lambda x, y: y + 1, "expm1", "exp(x) - 1, exact near 0")
log = _unary(np.log, lambda x, y: 1 / x, "log", "The natural logarithm")
log1p = _unary(np.log1p, lambda x, y: 1 / (1 + x), "log1p", "log(1 + x), exact near 0")
log2 = _unary(np.log2, lambda x, y: 1 / (x * math.log(2)), "log2", "The logarithm to base 2")
log10 = _unary(np.log10, lambda x, y: 1 / (x * math.log(10)), "log10", "The logarithm to base 10")
sin = _unary(np.sin, lambda x, y: np.cos(x), "sin", "The sine")
cos = _unary(np.cos, lambda x, y: -np.sin(x), "cos", "The cosine")
tan = _unary(np.tan, lambda x, y: 1 + y * y, "tan", "The tangent")
arcsin = _unary(np.arcsin, lambda x, y: 1 / np.sqrt(1 - x * x), "arcsin", "The inverse sine")
arccos = _unary(np.arccos, lambda x, y: -1 / np.sqrt(1 - x * x), "arccos", "The inverse cosine")
arctan = _unary(np.arctan, lambda x, y: 1 / (1 + x * x), "arctan", "The inverse tangent")
sinh = _unary(np.sinh, lambda x, y: np.cosh(x), "sinh", "The hyperbolic sine")
arcsinh = _unary(np.arcsinh, lambda x, y: 1 / np.sqrt(x * x + 1), "arcsinh", "The inverse hyperbolic sine")
cosh = _unary(np.cosh, lambda x, y: np.sinh(x), "cosh", "The hyperbolic cosine")
tanh = _unary(np.tanh, lambda x, y: 1 - y * y, "tanh", "The hyperbolic tangent")
sigmoid = _unary(_sigmoid, lambda x, y: y * (1 - y), "sigmoid", "1 / (1 + exp(-x))")
softplus = _unary(
    lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    lambda x, y: _sigmoid(x),
    "softplus",
    "log(1 + exp(x))",
)
erf = _unary(
    lambda x: np.asarray(_erf(x)).astype(_dtype(x)),
    lambda x, y: 2 / math.sqrt(math.pi) * np.exp(-x * x),
    "erf",
    "The Gauss error function",
)
abs = absolute


def _binary(forward: Callable, first: Callable, second: Callable, name: str, meaning: str) -> Callable:
    """A function of two arguments, broadcast; first(dy, a, b, y) and second(...) are the arguments' gradients."""

    def function(x1: object, x2: object) -> Value:
        x1, x2 = together(x1, x2)
        a, b = array_of(x1), array_of(x2)
        y = single(forward(a, b), a, b)
        return record(y, (x1, lambda dy: first(dy, a, b, y)), (x2, lambda dy: second(dy, a, b, y)))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{meaning}, of each pair of elements; shapes are broadcast."
    return function


def _power_by_base(dy: np.ndarray, a: np.ndarray, b: np.ndarray, y: np.ndarray) -> np.ndarray:
    less = np.where(np.equal(b, 0), 1, np.subtract(b, 1)) if np.ndim(b) else b - 1 if b != 0 else 1
    return dy * b * a**less


def _power_by_exponent(dy: np.ndarray, a: np.ndarray, b: np.ndarray, y: np.ndarray) -> np.ndarray:
    return dy * y * np.log(np.where(a > 0, a, 1))


add = _binary(np.add, lambda dy, a, b, y: dy, lambda dy, a, b, y: dy, "add", "x1 + x2")
subtract = _binary(np.subtract, lambda dy, a, b, y: dy, lambda dy, a, b, y: -dy, "subtract", "x1 - x2")
multiply = _binary(np.multiply, lambda dy, a, b, y: dy * b, lambda dy, a, b, y: dy * a, "multiply", "x1 * x2")
divide = _binary(np.true_divide, lambda dy, a, b, y: dy / b, lambda dy, a, b, y: -dy * y / b, "divide", "x1 / x2")
power = _binary(
    operator.pow,
    _power_by_base,
    _power_by_exponent,
    "power",
    "x1 to the power of x2",
)
maximum = _binary(
    np.maximum,
    lambda dy, a, b, y: np.where(np.greater_equal(a, b), dy, 0),
    lambda dy, a, b, y: np.where(np.less(a, b), dy, 0),
    "maximum",
    "The larger one (the gradient of a tie goes to x1)",
)
minimum = _binary(
    np.minimum,
    lambda dy, a, b, y: np.where(np.less_equal(a, b), dy, 0),
    lambda dy, a, b, y: np.where(np.greater(a, b), dy, 0),
    "minimum",
    "The smaller one (the gradient of a tie goes to x1)",
)
mod = _binary(
    np.mod, lambda dy, a, b, y: dy, lambda dy, a, b, y: -dy * np.floor_divide(a, b), "mod", "The remainder of x1 / x2"
)
arctan2 = _binary(
    np.arctan2,
    lambda dy, a, b, y: dy * b / (a * a + b * b),
    lambda dy, a, b, y: -dy * a / (a * a + b * b),
    "arctan2",
    "The angle of the point (x2, x1)",
)
logaddexp = _binary(
    np.logaddexp,
    lambda dy, a, b, y: dy * np.exp(a - y),
    lambda dy, a, b, y: dy * np.exp(b - y),
    "logaddexp",
    "log(exp(x1) + exp(x2))",
)
true_divide = divide


def squared_difference(x1: object, x2: object) -> Value:
    """(x1 - x2) ** 2."""
    return square(subtract(x1, x2))


def divide_no_nan(x1: object, x2: object) -> Value:
    """x1 / x2, and 0 where x2 is 0."""
    nonzero = not_equal(x2, 0)
    return where(nonzero, divide(x1, where(nonzero, x2, 1)), 0)


def nan_to_num(x: object, nan: float = 0.0) -> Value:
    """x with `nan` in the place of NaN, and the type's largest numbers in that of infinity."""
    x = lift(x)
    limits = np.finfo(np.asarray(array_of(x)).dtype)
    return where(isnan(x), nan, clip(x, limits.min, limits.max))


def clip(x: object, x_min: object, x_max: object) -> Value:
    """x, but at least x_min and at most x_max (None for no limit); the gradient is 0 outside of them."""
    x, low, high = together(x, -np.inf if x_min is None else x_min, np.inf if x_max is None else x_max)
    at, low, high = (array_of(part) for part in (x, low, high))
    if np.asarray(at).dtype.kind != "f":  # no type of whole numbers holds infinity
        low, high = (None if limit is None else bound for limit, bound in ((x_min, low), (x_max, high)))
    return record(np.clip(at, low, high), (x, lambda dy: np.where((at >= low) & (at <= high), dy, 0)))


def where(condition: object, x1: object = None, x2: object = None) -> Value | tuple[np.ndarray, ...]:
    """x1 where the condition holds, else x2; with the condition alone, the indices where it holds."""
    chosen = np.asarray(array_of(lift(condition))).astype(bool)
    if x1 is None and x2 is None:
        return np.nonzero(chosen)
    x1, x2 = together(x1, x2)
    made = np.where(chosen, array_of(x1), array_of(x2))
    return record(made, (x1, lambda dy: np.where(chosen, dy, 0)), (x2, lambda dy: np.where(chosen, 0, dy)))


def _without_gradient(function: Callable, name: str, meaning: str) -> Callable[..., np.ndarray]:
    """A function whose value moves in steps, or is no number: plain arrays come out."""

    def plain(*xs: object) -> np.ndarray:
        return function(*(array_of(x) for x in together(*xs)))

    plain.__name__ = plain.__qualname__ = name
    plain.__doc__ = f"{meaning}. No gradient passes through."
    return plain


sign = _without_gradient(np.sign, "sign", "-1, 0 or 1")
floor = _without_gradient(np.floor, "floor", "The whole number below or at x")
ceil = _without_gradient(np.ceil, "ceil", "The whole number above or at x")
floor_divide = _without_gradient(np.floor_divide, "floor_divide", "The whole part of x1 / x2")
isnan = _without_gradient(np.isnan, "isnan", "Whether x is NaN")
isinf = _without_gradient(np.isinf, "isinf", "Whether x is infinite")
isfinite = _without_gradient(np.isfinite, "isfinite", "Whether x is neither NaN nor infinite")
equal = _without_gradient(np.equal, "equal", "Whether x1 == x2")
not_equal = _without_gradient(np.not_equal, "not_equal", "Whether x1 != x2")
less = _without_gradient(np.less, "less", "Whether x1 < x2")
less_equal = _without_gradient(np.less_equal, "less_equal", "Whether x1 <= x2")
greater = _without_gradient(np.greater, "greater", "Whether x1 > x2")
greater_equal = _without_gradient(np.greater_equal, "greater_equal", "Whether x1 >= x2")
logical_and = _without_gradient(np.logical_and, "logical_and", "Whether both hold")
logical_or = _without_gradient(np.logical_or, "logical_or", "Whether one of them holds")
logical_xor = _without_gradient(np.logical_xor, "logical_xor", "Whether just one of them holds")
logical_not = _without_gradient(np.logical_not, "logical_not", "Whether x does not hold")


def round(x: object, decimals: int = 0) -> np.ndarray:
    """The nearest number of so many decimals; halves go to the even one. No gradient passes through."""
    return np.round(array_of(lift(x)), decimals)
