"""CIFAR's batches for Python: serialized dictionaries, read by a machine that knows the few operations in them.

Python's own reader runs whatever a file tells it to; this one can make numbers, strings, lists, tuples, dictionaries
and arrays of bytes, and nothing else. Format: the comments of Python's Lib/pickletools.py (public), protocols 0 to 2.
"""

import struct
from collections.abc import Callable

import numpy as np

_MARK = object()
_NEWEST = 2  # protocol
_ALLOWED = {
    "numpy.core.multiarray _reconstruct": "array",
    "numpy._core.multiarray _reconstruct": "array",
    "numpy ndarray": "ndarray",
    "numpy dtype": "dtype",
}


class _Array:
    """An array that is being read: its state follows its making."""

    value: np.ndarray | None = None

    def fill(self, state: object) -> None:
        """Takes (version, shape, dtype, whether in Fortran's order, bytes)."""
        _, shape, kind, fortran, data = state
        if not isinstance(kind, _Bytes) or fortran or not isinstance(data, bytes):
            raise ValueError("expected an array of unsigned bytes")
        self.value = np.frombuffer(data, np.uint8).reshape(shape).copy()


class _Bytes:
    """The dtype of unsigned bytes; its state says nothing more."""

    def fill(self, state: object) -> None:
        """Nothing: the order of bytes does not matter for single ones."""


def read_batch(data: bytes) -> dict[str, object]:
    """The dictionary of a batch: strings, lists of numbers or strings, and an array under "data".

    Raises:
        ValueError: for anything that such a file does not hold.
    """
    try:
        found = _Machine(data).run()
    except (IndexError, TypeError, AttributeError, struct.error, KeyError) as error:
        raise ValueError(f"no batch of CIFAR, or a damaged one: {error}") from error
    if not isinstance(found, dict):
        raise ValueError("no batch of CIFAR: expected a dictionary")
    return {_text(key): value.value if isinstance(value, _Array) else value for key, value in found.items()}


def _text(key: object) -> str:
    return key.decode("latin-1") if isinstance(key, bytes) else str(key)


class _Machine:
    """A stack, numbered notes, and the operations of _OPERATIONS."""

    def __init__(self, data: bytes):
        self.data, self.at = data, 0
        self.stack: list = []
        self.notes: dict[int, object] = {}

    def run(self) -> object:
        """What is on the stack when the file says stop."""
        while True:
            code = self.take(1)
            if code == b".":
                return self.stack.pop()
            if code not in _OPERATIONS:
                raise ValueError(f"operation {code!r} does not belong in a batch of CIFAR")
            _OPERATIONS[code](self)

    def take(self, count: int) -> bytes:
        """The next bytes."""
        taken = self.data[self.at : self.at + count]
        if len(taken) < count:
            raise ValueError("the file ends too early")
        self.at += count
        return taken

    def protocol(self) -> None:
        """Checks the version of the format."""
        version = self.take(1)[0]
        if version > _NEWEST:
            raise ValueError(f"protocol {version} is none of a batch of CIFAR")

    def line(self) -> str:
        """The text up to the next end of line."""
        end = self.data.index(b"\n", self.at)
        text, self.at = self.data[self.at : end].decode("latin-1"), end + 1
        return text

    def number(self, form: str) -> int:
        """The next bytes as a number of struct's `form`."""
        return struct.unpack(f"<{form}", self.take(struct.calcsize(f"<{form}")))[0]

    def since_mark(self) -> list:
        """What lies above the last mark, which goes too."""
        start = len(self.stack) - 1
        while self.stack[start] is not _MARK:
            start -= 1
        found = self.stack[start + 1 :]
        del self.stack[start:]
        return found

    def last(self, count: int) -> tuple:
        """The topmost things, as a tuple."""
        found = tuple(self.stack[len(self.stack) - count :])
        del self.stack[len(self.stack) - count :]
        return found

    def make_global(self) -> None:
        """Names one of the three makers of arrays."""
        name = f"{self.line()} {self.line()}"
        if name not in _ALLOWED:
            raise ValueError(f"{name!r} does not belong in a batch of CIFAR")
        self.stack.append(_ALLOWED[name])

    def call(self) -> None:
        """Calls a maker."""
        maker, arguments = self.last(2)
        if maker == "array":
            self.stack.append(_Array())
        elif maker == "dtype" and arguments[0] in (b"u1", "u1"):
            self.stack.append(_Bytes())
        else:
            raise ValueError(f"{maker}{arguments!r} does not belong in a batch of CIFAR")

    def set_items(self, items: list) -> None:
        """Adds keys and values to the dictionary on top."""
        if not isinstance(self.stack[-1], dict):
            raise ValueError("expected a dictionary")
        self.stack[-1].update(zip(items[::2], items[1::2], strict=True))

    def extend(self, items: list) -> None:
        """Adds to the list on top."""
        if not isinstance(self.stack[-1], list):
            raise ValueError("expected a list")
        self.stack[-1].extend(items)

    def build(self) -> None:
        """Gives the thing below its state."""
        thing, state = self.last(2)
        thing.fill(state)
        self.stack.append(thing)


def _push(make: Callable[[_Machine], object]) -> Callable[[_Machine], None]:
    return lambda machine: machine.stack.append(make(machine))


def _note(form: str) -> Callable[[_Machine], None]:
    return lambda machine: machine.notes.update({machine.number(form): machine.stack[-1]})


_OPERATIONS: dict[bytes, Callable[[_Machine], None]] = {
    b"\x80": _Machine.protocol,
    b"(": _push(lambda m: _MARK),
    b"}": _push(lambda m: {}),
    b"]": _push(lambda m: []),
    b")": _push(lambda m: ()),
    b"N": _push(lambda m: None),
    b"\x88": _push(lambda m: True),
    b"\x89": _push(lambda m: False),
    b"J": _push(lambda m: m.number("i")),
    b"K": _push(lambda m: m.number("B")),
    b"M": _push(lambda m: m.number("H")),
    b"I": _push(lambda m: int(m.line())),
    b"U": _push(lambda m: m.take(m.number("B"))),
    b"T": _push(lambda m: m.take(m.number("I"))),
    b"X": _push(lambda m: m.take(m.number("I")).decode("utf-8")),
    b"q": _note("B"),
    b"r": _note("I"),
    b"h": _push(lambda m: m.notes[m.number("B")]),
    b"j": _push(lambda m: m.notes[m.number("I")]),
    b"\x85": _push(lambda m: m.last(1)),
    b"\x86": _push(lambda m: m.last(2)),
    b"\x87": _push(lambda m: m.last(3)),
    b"t": _push(lambda m: tuple(m.since_mark())),
    b"c": _Machine.make_global,
    b"R": _Machine.call,
    b"b": _Machine.build,
    b"a": lambda m: m.extend(list(m.last(1))),
    b"e": lambda m: m.extend(m.since_mark()),
    b"s": lambda m: m.set_items(list(m.last(2))),
    b"u": lambda m: m.set_items(m.since_mark()),
}
