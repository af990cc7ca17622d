"""Writes docs/keras_compatibility.md from tests that ran: `python -m tests.compatibility.report`.

A row works when every test that covers it passed. Rows that work in part or are refused say so in notes.py, and are
covered by tests all the same: of the part that works, or of the message.
"""

import json
import os
import subprocess
import sys
import tempfile
from itertools import groupby
from pathlib import Path

import fastcnn
from tests.compatibility.notes import LIMITS, PARTLY, REFUSED
from tests.compatibility.rows import ROWS, Row

ROOT = Path(__file__).parent.parent.parent
TARGET = ROOT / "docs" / "keras_compatibility.md"


def run(*options: str) -> dict[str, dict[str, int]]:
    """Runs (or with --collect-only collects) the tests that cover rows; what the recorder wrote."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "found.json"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.compatibility.recorder", "-m", "covers", *options]
        environment = os.environ | {"FASTCNN_COVERS": str(file), "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        if not file.exists():
            raise RuntimeError(f"the tests did not run:\n{done.stdout}{done.stderr}")
        return json.loads(file.read_text(encoding="utf-8"))


def status(row: Row, found: dict[str, dict[str, int]]) -> tuple[str, str]:
    """What the table says of a row, and why."""
    counts = found.get(row.name, {})
    passed, failed = counts.get("passed", 0), counts.get("failed", 0)
    if failed or not passed:
        return "unproved", f"{failed} of its tests failed" if failed else "no test"
    tests = f"{passed} test{'s' * (passed > 1)}"
    if row.name in REFUSED:
        return "refused", f"{REFUSED[row.name]} ({tests})"
    if row.name in PARTLY:
        return "partly", f"{PARTLY[row.name]} ({tests})"
    return "works", f"{tests}; {LIMITS[row.name]}" if row.name in LIMITS else tests


def share(rows: list[Row], found: dict[str, dict[str, int]]) -> str:
    """How many of the rows work."""
    works = sum(status(row, found)[0] == "works" for row in rows)
    return f"{works} of {len(rows)} ({works / len(rows):.1%})"


def lines(found: dict[str, dict[str, int]]) -> list[str]:
    """The document."""
    by_tier = {tier: [row for row in ROWS if row.tier in tier] for tier in ("A", "B", "AB", "C", "L")}
    made = [
        "# What of Keras works",
        "",
        f"Made by `python -m tests.compatibility.report` with fastcnn {fastcnn.__version__}, from the outcomes of the",
        "tests that cover each row; names are Keras's public paths. Tiers: A in any tutorial of image classification, "
        "B common,",
        "C rare, L spellings of earlier versions.",
        "",
        f"Works: of tier A {share(by_tier['A'], found)}, tier B {share(by_tier['B'], found)}, "
        f"A and B together {share(by_tier['AB'], found)}, tier C {share(by_tier['C'], found)}, "
        f"earlier spellings {share(by_tier['L'], found)}.",
    ]
    for section, rows in groupby(ROWS, key=lambda row: row.section):
        made += ["", f"## {section}", "", "| tier | name | | proof |", "|---|---|---|---|"]
        for row in rows:
            word, why = status(row, found)
            made.append(f"| {row.tier} | `{row.name}` | {word} | {why} |")
    return made


def main() -> None:
    """Runs the tests and writes the document."""
    TARGET.parent.mkdir(exist_ok=True)
    found = run()
    TARGET.write_text("\n".join(lines(found)) + "\n", encoding="utf-8")
    unproved = [row.name for row in ROWS if status(row, found)[0] == "unproved"]
    print(f"{TARGET.relative_to(ROOT)} written; not proved: {', '.join(unproved) or 'none'}")


if __name__ == "__main__":
    main()
