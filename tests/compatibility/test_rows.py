"""The compatibility table and the tests that prove it name the same rows."""

import pytest

from tests.compatibility import report
from tests.compatibility.notes import LIMITS, PARTLY, REFUSED
from tests.compatibility.rows import ROWS

NAMES = [row.name for row in ROWS]


@pytest.fixture(scope="module")
def collected():
    return report.run("--collect-only")


def test_marks_name_rows_of_the_table(collected):
    assert set(collected) <= set(NAMES)


def test_every_row_is_covered_by_a_test(collected):
    assert set(NAMES) <= set(collected)


def test_rows_and_notes_are_named_once():
    assert len(NAMES) == len(set(NAMES))
    assert set(PARTLY) | set(REFUSED) | set(LIMITS) <= set(NAMES)
    assert len({*PARTLY, *REFUSED, *LIMITS}) == len(PARTLY) + len(REFUSED) + len(LIMITS)


def test_document_lists_every_row():
    text = report.TARGET.read_text(encoding="utf-8")
    assert [name for name in NAMES if f"| `{name}` |" not in text] == []
    assert "unproved" not in text


def test_failures_and_skips_do_not_count_as_proofs():
    row = ROWS[0]
    assert report.status(row, {})[0] == "unproved"
    assert report.status(row, {row.name: {"passed": 3, "failed": 1}})[0] == "unproved"
    assert report.status(row, {row.name: {"passed": 3}})[0] == "works"
