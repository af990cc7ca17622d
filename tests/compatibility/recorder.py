"""A pytest plugin that writes down which rows of the compatibility table the tests proved.

    FASTCNN_COVERS=found.json python -m pytest -p tests.compatibility.recorder -m covers

The file maps each row to {"passed": tests, "failed": tests}; a skipped test counts as failed. With --collect-only the
tests count as collected.
"""

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

_found: dict[str, Counter] = defaultdict(Counter)


def rows_of(item: pytest.Item) -> set[str]:
    """Rows that a test's marks name."""
    return {row for mark in item.iter_markers("covers") for row in mark.args}


def pytest_collection_finish(session: pytest.Session) -> None:
    for item in session.items:
        for row in rows_of(item):
            _found[row]["collected"] += 1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> Iterator[None]:
    report = yield
    if report.when == "call" or report.outcome != "passed":
        outcome = "passed" if report.outcome == "passed" else "failed"
        for row in rows_of(item):
            _found[row][outcome] += 1
    return report


def pytest_sessionfinish() -> None:
    Path(os.environ["FASTCNN_COVERS"]).write_text(json.dumps(_found, indent=1), encoding="utf-8")
