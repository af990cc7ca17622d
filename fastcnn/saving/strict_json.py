"""JSON from a file nobody vouches for: no duplicate keys, no NaN or infinity, no huge integers, bounded size and depth.

Python's own parser keeps the last of two equal keys, takes NaN, turns 1e999 into inf and recurses with the text.
"""

import json
import math
import re

MAX_DEPTH = 32
MAX_ITEMS = 1_000_000  # values in one text: bounds the memory of the parsed objects to about 100 MB
_MAX_INTEGER = 2**63 - 1

# Possessive (*+): one pass, nothing to backtrack into.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_INNERMOST_PAIR = re.compile(rb"\[\]|\{\}")


def parse_json(text: bytes, max_bytes: int, max_depth: int = MAX_DEPTH) -> object:
    """Parse one ASCII JSON text.

    text : bytes, at most `max_bytes` long, brackets nested at most `max_depth` deep
    Raises ValueError with the rule that the text breaks.
    """
    if len(text) > max_bytes:
        raise ValueError(f"is too long: {len(text):,} bytes, at most {max_bytes:,}")
    if not text.isascii():  # the writer escapes everything else
        raise ValueError("holds bytes that are not ASCII")
    if text.count(b",") + text.count(b"[") + text.count(b"{") > MAX_ITEMS:
        raise ValueError(f"holds more than {MAX_ITEMS:,} values")
    _check_depth(text, max_depth)
    try:
        return json.loads(
            text,
            object_pairs_hook=_object_without_duplicates,
            parse_constant=_refuse_constant,
            parse_int=_bounded_integer,
            parse_float=_finite_float,
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: {error}") from None
    except RecursionError:  # a caller deep in its own recursion
        raise ValueError("is nested too deeply") from None


def dump_json(value: object, max_bytes: int) -> str:
    """Write a value as the ASCII JSON text that `parse_json` reads back equal (tuples come back as lists).

    Raises ValueError naming the place of what JSON, or a limit above, does not allow.
    """
    _check_value(value, "", MAX_DEPTH)
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    if len(text) > max_bytes:
        raise ValueError(f"is too long: {len(text):,} bytes as JSON, at most {max_bytes:,}")
    if text.count(",") + text.count("[") + text.count("{") > MAX_ITEMS:
        raise ValueError(f"holds more than {MAX_ITEMS:,} values")
    return text


def _check_depth(text: bytes, max_depth: int) -> None:
    """Refuse deep nesting before the parser recurses: every pass strips exactly the innermost level of brackets."""
    brackets = _STRING.sub(b"", text).translate(None, _NOT_BRACKETS)
    for _ in range(max_depth):
        if not brackets:
            return
        brackets = _INNERMOST_PAIR.sub(b"", brackets)
    if brackets:
        raise ValueError(f"has brackets that do not match or are nested more than {max_depth} deep")


def _object_without_duplicates(pairs: list[tuple[str, object]]) -> dict:
    result = dict(pairs)
    if len(result) < len(pairs):
        seen = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise ValueError(f"has the key {_short(twice)} twice in one object")
    return result


def _refuse_constant(name: str) -> None:
    raise ValueError(f"holds {name}: numbers must be finite")


def _bounded_integer(digits: str) -> int:
    if len(digits) > 20 or abs(int(digits)) > _MAX_INTEGER:
        raise ValueError(f"holds an integer of more than 63 bits: {digits[:24]}")
    return int(digits)


def _finite_float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"holds a number too large for a float: {digits[:24]}")
    return value


def _check_value(value: object, place: str, depth_left: int) -> None:
    """Walk a value that is about to be written; `place` is the path to it, as in `.layers[3].rate`."""
    kind = type(value)
    if value is None or kind in (bool, str):
        return
    where = f"at {place}: " if place else ""
    if kind is int:
        if abs(value) > _MAX_INTEGER:
            raise ValueError(f"{where}the integer has more than 63 bits")
    elif kind is float:
        if not math.isfinite(value):
            raise ValueError(f"{where}numbers must be finite. Received: {value}; write None in its place")
    elif kind in (dict, list, tuple):
        if depth_left == 0:
            raise ValueError(f"{where}nested more than {MAX_DEPTH} deep")
        for key, item in value.items() if kind is dict else enumerate(value):
            if kind is dict and type(key) is not str:
                raise ValueError(f"{where}keys must be strings. Received: {_short(key)}")
            _check_value(item, f"{place}.{key[:60]}" if kind is dict else f"{place}[{key}]", depth_left - 1)
    else:
        raise ValueError(
            f"{where}only dict, list, tuple, str, int, float, bool and None can be saved. "
            f"Received: {_short(value)} of type {kind.__name__}; convert it, as in float(x) or x.tolist()"
        )


def _short(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= 60 else text[:57] + "..."
