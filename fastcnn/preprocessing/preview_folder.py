"""Photos of a folder in one picture, with variants by the settings of an ImageDataGenerator given as text."""

import ast
import inspect
import os
from numbers import Real
from typing import Any

import numpy as np

from fastcnn.data.contact_sheet import check_picture_name, save_sheet
from fastcnn.data.image_error import shown
from fastcnn.preprocessing.generator import ImageDataGenerator
from fastcnn.preprocessing.preview import preview_settings
from fastcnn.spelling import suggestion

_SETTINGS = {name: p.default for name, p in inspect.signature(ImageDataGenerator).parameters.items()}
# What a line of text cannot give, or what concerns no single photo.
_ELSEWHERE = {
    "featurewise_center": "needs the statistics of a set",
    "featurewise_std_normalization": "needs the statistics of a set",
    "zca_whitening": "needs the statistics of a set",
    "zca_epsilon": "needs the statistics of a set",
    "preprocessing_function": "is a function",
    "data_format": "changes no pixel",
    "dtype": "changes no pixel",
    "validation_split": "changes no pixel",
}


def preview_folder(
    folder: str | os.PathLike,
    augment: str,
    output: str | os.PathLike,
    image_size: int,
    seed: int,
    rows: int,
    columns: int,
) -> str:
    """Writes a picture of photos out of every class of a folder; returns a sentence on it.

    augment : settings as `parse_settings` reads them. With any, each row is one photo: untouched, then columns - 1
        variants. Without, every place is another photo.

    Raises:
        FileNotFoundError, ValueError: for a folder, setting or file ending that does not serve.
    """
    settings = parse_settings(augment)
    check_picture_name(output)
    options = {"class_mode": "sparse", "shuffle": False, "seed": seed, "interpolation": "bilinear", "workers": 0}
    kept = {"on_error": "skip", "max_skipped": 1.0}  # a look at a folder shows what can be shown
    generator = ImageDataGenerator(**settings)
    batches = generator.flow_from_directory(folder, (image_size, image_size), **options, **kept)
    chosen = _spread(np.asarray(batches.classes), rows if settings else rows * columns, seed)
    if settings:
        sheet = preview_settings(batches, [[index] for index in chosen], columns - 1, augment.strip())
    else:
        sheet = preview_settings(batches, [chosen[at : at + columns] for at in range(0, len(chosen), columns)], 0, "")
    save_sheet(sheet, output)
    left_out = "".join(f"\nleft out: {shown(path)}: {reason}" for path, reason in batches.skipped)
    variants = f", {columns - 1} variants of each" if settings else ""
    return f"{shown(output)}: {len(chosen)} photos{variants}{left_out}"


def _spread(labels: np.ndarray, count: int, seed: int) -> list[int]:
    """Positions of `count` photos, drawn from all classes in turn."""
    rng = np.random.default_rng(seed)
    waiting = [rng.permutation(np.flatnonzero(labels == label)).tolist() for label in np.unique(labels)]
    found: list[int] = []
    while len(found) < count and any(waiting):
        found += [places.pop() for places in waiting if places]
    return found[:count]


def parse_settings(text: str) -> dict[str, Any]:
    """Reads "rotation_range=20,zoom_range=(0.8,1.1),fill_mode=reflect" as arguments of ImageDataGenerator.

    Values are numbers, fractions such as 1/255, True and False, words, and lists of numbers.

    Raises:
        ValueError: for what cannot be read, an unknown setting (with the name that was probably meant), or a value of
            another kind than the setting takes.
    """
    example = 'expected settings such as "rotation_range=20,horizontal_flip=True"'
    try:
        call = ast.parse(f"dict({text.strip()})", mode="eval").body
    except SyntaxError:
        call = None
    if not isinstance(call, ast.Call) or call.args or any(word.arg is None for word in call.keywords):
        raise ValueError(f"augment: {example}. Received: {text!r}")
    names = [word.arg for word in call.keywords]
    if len(set(names)) < len(names):
        raise ValueError(f"augment: every setting may be given once. Received: {text!r}")
    return {word.arg: _checked(word.arg, word.value) for word in call.keywords}


def _checked(name: str, node: ast.expr) -> Any:
    if name not in _SETTINGS:
        known = [known for known in _SETTINGS if known not in _ELSEWHERE]
        hint = suggestion(name, known) or f"; settings are {', '.join(known)}"
        raise ValueError(f"augment: there is no setting {name!r}{hint}")
    if name in _ELSEWHERE:
        raise ValueError(f"augment: {name} {_ELSEWHERE[name]}: look at it in Python, with iterator.preview('look.png')")
    value, default = _value(node), _SETTINGS[name]
    kind, expected = _KINDS["text" if isinstance(default, str) else "switch" if isinstance(default, bool) else "number"]
    if not kind(value):
        raise ValueError(f"augment: {name} must be {expected}. Received: {ast.unparse(node)}")
    return value


def _value(node: ast.expr) -> Any:
    """The literal, word or fraction that a piece of text is; None for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
        above, below = _value(node.left), _value(node.right)
        return above / below if _is_number(above) and _is_number(below) and below else None
    try:
        return ast.literal_eval(node)
    except ValueError:
        return None


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool) and np.isfinite(value)


def _is_numbers(value: Any) -> bool:
    return _is_number(value) or (isinstance(value, list | tuple) and len(value) > 0 and all(map(_is_number, value)))


_KINDS = {
    "text": (lambda value: isinstance(value, str), "a word"),
    "switch": (lambda value: isinstance(value, bool), "True or False"),
    "number": (_is_numbers, "a number or a list of numbers"),
}
