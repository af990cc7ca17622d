"""Values that remember how they were computed, and the gradients that follow from it.

A function of `fastcnn.ops` given plain arrays returns plain arrays. Given a `Traced` value it returns a `Traced` one
that also knows its parents and how a gradient passes to each of them; `differentiate` walks back along them.
"""

import itertools
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar

import numpy as np

from fastcnn.engine.variable import Variable

Gradient = Callable[[np.ndarray], np.ndarray]
Pullback = Callable[[np.ndarray], list[np.ndarray | None]]

_numbers = itertools.count()
_leaves: ContextVar[dict[int, "Traced"] | None] = ContextVar("leaves", default=None)  # id of a variable -> its leaf


class Traced:
    """An array inside a computation that is being differentiated. Python's operators, indexing and NumPy's functions
    work on it as on an array; it cannot be written into.

    value : the array.
    edges : (parent, gradient) pairs; gradient(dy) is the parent's share, of a shape that dy may have been broadcast to.
    logits : ("sigmoid" or "softmax", value) of which this is the activation, where a crossentropy may start from that.
    """

    __slots__ = ("edges", "logits", "number", "value")

    def __init__(self, value: np.ndarray, edges: Sequence[tuple["Traced", Gradient]] = ()):
        self.value, self.edges, self.logits = value, edges, None
        self.number = next(_numbers)  # parents have smaller ones

    @property
    def shape(self) -> tuple[int, ...]:
        """Axes of the array."""
        return self.value.shape

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self.value.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.value.size

    @property
    def dtype(self) -> np.dtype:
        """Type of the elements."""
        return self.value.dtype

    def numpy(self) -> np.ndarray:
        """A copy of the array; no gradient passes through it."""
        return self.value.copy()

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        raise TypeError(
            "a value that is being differentiated cannot become a plain array: its gradient would be lost. "
            "Use the function of fastcnn.ops (or K), or x.numpy() where no gradient is wanted"
        )

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterable["Traced"]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __repr__(self) -> str:
        return f"<Traced shape={self.shape}, dtype={self.dtype}>"


def lift(x: object) -> object:
    """What functions of this package compute with: a Traced value, a plain array or a Python number.

    Variables become leaves of the computation that is being differentiated, or else plain arrays; a list that holds
    traced values or variables is stacked.
    """
    if isinstance(x, (Traced, np.ndarray, np.generic, int, float)):
        return x
    if isinstance(x, Variable):
        leaf = (_leaves.get() or {}).get(id(x))
        return np.asarray(x) if leaf is None else leaf
    if isinstance(x, (list, tuple)) and any(isinstance(part, (Traced, Variable, list, tuple)) for part in x):
        return _stacked([lift(part) for part in x])
    return np.asarray(x)


def _stacked(parts: list) -> object:
    if not any(isinstance(part, Traced) for part in parts):
        return np.asarray(parts)
    return record(
        np.stack([np.asarray(array_of(part)) for part in parts]),
        *((part, lambda dy, i=i: dy[i]) for i, part in enumerate(parts)),
    )


def array_of(x: object) -> object:
    """The array (or Python number) of a lifted value."""
    return x.value if isinstance(x, Traced) else x


def record(value: np.ndarray, *edges: tuple[object, Gradient]) -> np.ndarray | Traced:
    """The result of a function: traced when one of its parents is, else `value` itself.

    edges : (parent, gradient) for every argument that may have a gradient; plain arguments are passed over.
    """
    traced = [(parent, gradient) for parent, gradient in edges if isinstance(parent, Traced)]
    return Traced(np.asarray(value), traced) if traced else value


def differentiate(
    function: Callable, inputs: Sequence[np.ndarray], variables: Sequence[Variable] = ()
) -> tuple[np.ndarray, Pullback]:
    """Calls function(*inputs) and says how gradients come back from its value.

    Arrays of integers or booleans are handed over as they are and have no gradient. Invalid operations (the logarithm
    of 0) give inf or NaN as in compiled code, without a warning.

    Returns:
        value : the function's value.
        pullback : pullback(dy), dy of the value's shape, gives the gradients of sum(value * dy): one for each input,
            then one for each variable, each of its shape and type; None where the value does not depend on it.
            They may share memory with dy and each other.
    """
    leaves = [Traced(np.asarray(x)) for x in inputs]
    given = [leaf if leaf.dtype.kind == "f" else leaf.value for leaf in leaves]
    of_variables = [Traced(np.asarray(variable)) for variable in variables]
    token = _leaves.set({id(v): leaf for v, leaf in zip(variables, of_variables, strict=True)})
    try:
        with np.errstate(all="ignore"):
            result = lift(function(*given))
    finally:
        _leaves.reset(token)

    def pullback(dy: np.ndarray) -> list[np.ndarray | None]:
        gradients = _walk_back(result, dy) if isinstance(result, Traced) else {}
        return [gradients.get(leaf.number) for leaf in (*leaves, *of_variables)]

    return np.asarray(array_of(result)), pullback


def _walk_back(result: Traced, dy: np.ndarray) -> dict[int, np.ndarray]:
    """Gradients by number of the leaf."""
    gradients = {result.number: _shaped(np.asarray(dy), result)}
    with np.errstate(all="ignore"):
        for node in _behind(result):
            if node.edges:
                dy = gradients.pop(node.number)
                for parent, gradient in node.edges:
                    share = _shaped(gradient(dy), parent)
                    before = gradients.get(parent.number)
                    gradients[parent.number] = share if before is None else before + share
    return gradients


def _behind(result: Traced) -> list[Traced]:
    """All values that the result was computed from, itself included, the latest first."""
    found, open_ends = {result.number: result}, [result]
    while open_ends:
        for parent, _ in open_ends.pop().edges:
            if parent.number not in found:
                found[parent.number] = parent
                open_ends.append(parent)
    return [found[number] for number in sorted(found, reverse=True)]


def _shaped(gradient: np.ndarray, parent: Traced) -> np.ndarray:
    """A gradient in its parent's type and shape: what had been broadcast is summed up or repeated."""
    extra = gradient.ndim - parent.ndim
    stretched = [i for i in range(gradient.ndim) if i < extra or (gradient.shape[i] != 1 == parent.shape[i - extra])]
    if stretched:
        gradient = gradient.sum(axis=tuple(stretched), keepdims=True)
        gradient = gradient.reshape(gradient.shape[max(extra, 0) :])
    if gradient.shape != parent.shape:
        gradient = np.broadcast_to(gradient, parent.shape)
    return gradient.astype(parent.dtype, copy=False)
