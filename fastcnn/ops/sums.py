"""Products and sums over axes that letters name: einsum; and what follows from it."""

import numpy as np

from fastcnn.ops.elementwise import Value, multiply, together
from fastcnn.ops.shapes import reshape
from fastcnn.ops.tape import array_of, record


def einsum(subscripts: str, *operands: object) -> Value:
    """Sums of products, "ij,jk->ik": axes of one letter are multiplied, those that the result lacks are summed.

    Raises:
        NotImplementedError: for an ellipsis, and a letter twice in one operand.
        ValueError: when there are more or fewer operands than subscripts.
    """
    operands = together(*operands)
    lefts, out = _parsed(subscripts, len(operands))
    arrays = [array_of(x) for x in operands]

    def gradient(dy: np.ndarray, i: int) -> np.ndarray:
        others = [j for j in range(len(lefts)) if j != i]
        known = set(out).union(*(lefts[j] for j in others))
        kept = "".join(letter for letter in lefts[i] if letter in known)
        terms = ",".join([out, *(lefts[j] for j in others)])
        made = np.einsum(f"{terms}->{kept}", dy, *(arrays[j] for j in others), optimize=True)
        gone = tuple(place for place, letter in enumerate(lefts[i]) if letter not in known)
        return np.expand_dims(made, gone)

    value = np.einsum(f"{','.join(lefts)}->{out}", *arrays, optimize=True)
    return record(value, *((x, lambda dy, i=i: gradient(dy, i)) for i, x in enumerate(operands)))


def _parsed(subscripts: str, count: int) -> tuple[list[str], str]:
    text = subscripts.replace(" ", "")
    left, arrow, out = text.partition("->")
    lefts = left.split(",")
    if "." in text or any(len(set(one)) != len(one) for one in lefts):
        raise NotImplementedError(
            f"einsum: expected a letter for each axis, once in an operand. Received: {subscripts!r}"
        )
    if len(lefts) != count:
        raise ValueError(f"einsum: {subscripts!r} names {len(lefts)} operands. Received: {count}")
    letters = left.replace(",", "")
    return lefts, out if arrow else "".join(sorted(c for c in set(letters) if letters.count(c) == 1))


def outer(x1: object, x2: object) -> Value:
    """Products of each element of x1 with each of x2: (n,), (m,) -> (n, m)."""
    return multiply(reshape(x1, (-1, 1)), reshape(x2, (1, -1)))
