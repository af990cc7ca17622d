"""Python's operators, methods and NumPy's functions on traced values and variables: the functions of this package."""

from collections.abc import Callable

import numpy as np

from fastcnn.engine.variable import Variable
from fastcnn.ops import creation, elementwise, nn, reductions, shapes
from fastcnn.ops.tape import Traced, lift

_BINARY = {
    "add": elementwise.add,
    "sub": elementwise.subtract,
    "mul": elementwise.multiply,
    "truediv": elementwise.divide,
    "floordiv": elementwise.floor_divide,
    "mod": elementwise.mod,
    "pow": elementwise.power,
    "matmul": shapes.matmul,
}
_COMPARISONS = {
    "lt": elementwise.less,
    "le": elementwise.less_equal,
    "gt": elementwise.greater,
    "ge": elementwise.greater_equal,
}
_METHODS = {
    "sum": reductions.sum,
    "mean": reductions.mean,
    "max": reductions.max,
    "min": reductions.min,
    "argmax": reductions.argmax,
    "squeeze": shapes.squeeze,
    "astype": creation.cast,
    "clip": elementwise.clip,
    "get_shape": creation.shape,
}


def _reversed(function: Callable) -> Callable:
    return lambda self, other: function(other, self)


def give_operators(cls: type) -> None:
    """Lets objects of a class that `lift` knows stand in arithmetic."""
    for name, function in _BINARY.items():
        setattr(cls, f"__{name}__", lambda self, other, function=function: function(self, other))
        setattr(cls, f"__r{name}__", _reversed(function))
    for name, function in _COMPARISONS.items():
        setattr(cls, f"__{name}__", lambda self, other, function=function: function(self, other))
    cls.__neg__ = lambda self: elementwise.negative(self)
    cls.__abs__ = lambda self: elementwise.absolute(self)
    cls.__getitem__ = shapes.get_item
    cls.__array_ufunc__, cls.__array_function__ = _ufunc, _array_function


def _ufunc(self: object, ufunc: np.ufunc, method: str, *inputs: object, **options: object) -> object:
    """NumPy's own functions of each element, and arrays' operators with a traced value on the right."""
    if any(isinstance(out, (Traced, Variable)) for out in options.get("out", ())):
        raise TypeError(f"numpy.{ufunc.__name__} cannot write into it; use variable.assign(...)")
    inputs = [lift(x) for x in inputs]
    if not any(isinstance(x, Traced) for x in inputs):  # variables where nothing is being differentiated
        return getattr(ufunc, method)(*inputs, **options)
    function = _NUMPY.get(ufunc.__name__)
    if method != "__call__" or options or function is None:
        raise TypeError(_no_gradient(f"{ufunc.__name__}{'' if method == '__call__' else f'.{method}'}"))
    return function(*inputs)


def _array_function(self: object, function: Callable, types: object, args: tuple, options: dict) -> object:
    """NumPy's other functions."""
    args, options = _lifted(args), {name: _lifted(value) for name, value in options.items()}
    if not _holds_traced([*args, *options.values()]):
        return function(*args, **options)
    found = _NUMPY.get(function.__name__)
    if found is None:
        raise TypeError(_no_gradient(function.__name__))
    return found(*args, **options)


def _lifted(argument: object) -> object:
    if isinstance(argument, (list, tuple)):
        return type(argument)([_lifted(part) for part in argument])
    return lift(argument) if isinstance(argument, Variable) else argument


def _holds_traced(argument: object) -> bool:
    if isinstance(argument, (list, tuple)):
        return any(_holds_traced(part) for part in argument)
    return isinstance(argument, Traced)


def _no_gradient(name: str) -> str:
    return f"numpy.{name} of a value that is being differentiated: its gradient is not known. Use fastcnn.ops"


def _reshape(self: Traced, *shape: object) -> Traced:
    return shapes.reshape(self, shape[0] if len(shape) == 1 else shape)


def _transpose(self: Traced, *axes: object) -> Traced:
    return shapes.transpose(self, (axes[0] if len(axes) == 1 else axes) or None)


_NUMPY = {
    name: function
    for module in (elementwise, reductions, shapes, creation, nn)
    for name, function in vars(module).items()
    if callable(function) and not name.startswith("_") and hasattr(np, name)
}
_NUMPY |= {"amax": reductions.max, "amin": reductions.min, "norm": reductions.norm}

give_operators(Traced)
give_operators(Variable)
for _name, _function in _METHODS.items():
    setattr(Traced, _name, _function)
Traced.reshape, Traced.transpose, Traced.T = _reshape, _transpose, property(shapes.transpose)
# variables are keys of dictionaries, so equality stays identity with them
Traced.__eq__ = lambda self, other: elementwise.equal(self, other)
Traced.__ne__ = lambda self, other: elementwise.not_equal(self, other)
