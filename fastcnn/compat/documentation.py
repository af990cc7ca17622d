"""The table as a document: `python -m fastcnn.compat.documentation > docs/older_spellings.md`."""

import textwrap
from collections.abc import Iterable

from fastcnn.compat import paths, table, tensorflow

_HEAD = """# Older spellings

Scripts written for Keras 1 (0.3 to 1.2), Keras 2 (2.0 to 2.3) and tf.keras run with these words. The first time that a
process uses one of them, a `fastcnn.LegacySpellingWarning` shows the present spelling at the script's own line;
`warnings.simplefilter("ignore", fastcnn.LegacySpellingWarning)` turns that off. Both spellings of one argument in the
same call are an error. This file is written by `python -m fastcnn.compat.documentation`."""

_ARGUMENTS = """## Arguments

Understood by everything that has the present argument and none of the older name."""

_WINDOWS = """## Windows by position

`Conv2D(32, 3, 3)` is a window of 3x3, as Keras 1 meant it, and not a window of 3 with stride 3, as Keras 3 reads it.
`Conv2D(32, 5, 2)` is a window of 5 with stride 2: two integers are size and stride if the second is 1 or 2 and smaller
than the first, or if `"same"` or `"valid"` follows by position. Any keyword of Keras 1 in the same call, and
`strides=`, settle it: then they are the window."""

_MODULES = """## Modules

After `fastcnn.install_as_keras()`, or under `fastcnn run script.py`, these can be imported. The same holds below
`tensorflow.keras`, `tensorflow.python.keras` and `tf_keras`; `keras_preprocessing` is `keras.preprocessing`."""


def lines() -> list[str]:
    """The whole document, line by line."""
    dropped = [
        (f"`{name}`", ", ".join(f"`{place}`" for place in where), "any" if values is table.ANY else f"`{values}`", why)
        for name, (where, values, why) in table.DROPPED.items()
    ]
    own = [(f"`{o}`", _code(n), f"only `{owner}`") for owner, t in table.OWN_ARGUMENTS.items() for o, n in t.items()]
    windows = [(f"`{layer}`", ", ".join(f"`{name}`" for name in names)) for layer, names in table.WINDOWS.items()]
    values = [(f"`{a}={old!r}`", f"`{a}={new!r}`") for a, pairs in table.VALUES.items() for old, new in pairs.items()]
    named = [
        (f"`{module}.{old}`", f"`{new}`", "yes" if names is table.NAMES else "no")
        for names in (table.NAMES, table.SYNONYMS)
        for module, pairs in names.items()
        for old, new in pairs.items()
    ]
    refused = [(f"`{module}.{name}`", why) for module, names in table.REFUSED.items() for name, why in names.items()]
    modules = [
        (f"`keras.{path}`" if path else "`keras`", ", ".join(f"`fastcnn.{m}`" if m else "`fastcnn`" for m in found))
        for path, found in paths.KERAS.items()
    ]
    absent = [(f"`keras.{path}`", why) for path, why in paths.REFUSED.items()]
    absent += [(f"`tensorflow.{name}`", why) for name, why in tensorflow.REFUSED.items()]
    return [
        *_HEAD.splitlines(),
        *_section(
            _ARGUMENTS, ("older", "present", ""), [(f"`{o}`", _code(n), "") for o, n in table.ARGUMENTS.items()] + own
        ),
        *_section("## Values", ("older", "present"), values),
        *_section(_WINDOWS, ("layer", "its window's names in Keras 1"), windows),
        *_section("## Arguments that mean nothing any more", ("argument", "of", "accepted", "because"), dropped),
        *_section("## Classes and functions", ("older", "present", "with a note"), named),
        *_section(
            "## Methods of models", ("older", "present"), [(f"`{o}`", f"`{n}`") for o, n in table.METHODS.items()]
        ),
        *_section("## Attributes", ("older", "present"), [(f"`{o}`", f"`{n}`") for o, n in table.ATTRIBUTES.items()]),
        *_section("## Refused, with these words", ("name", "what is said"), refused + absent),
        *_section(_MODULES, ("module", "looked up in"), modules),
        "",
        *textwrap.wrap(f"Below `tensorflow`: {_code(sorted(tensorflow.NAMES))}.", 120, break_long_words=False),
    ]


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _section(title: str, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    table_lines = [f"| {' | '.join(row)} |" for row in (header, ("---",) * len(header), *rows)]
    return ["", *title.splitlines(), "", *table_lines]


if __name__ == "__main__":
    print("\n".join(lines()))
