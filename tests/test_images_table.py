"""The tables of bench.images: rates and ratios from seconds, results compared, and the README's part replaced whole."""

import pytest

from bench.images.__main__ import check_equal
from bench.images.table import END, START, figures, into_readme, markdown


def record(who: str, what: str, way: str, fastest: float, middle: float, **more: object) -> dict:
    about = {"version": who, "date": "2026-11-24", "machine": "2 processors"}
    return about | {"who": who, "what": what, "way": way, "min": fastest, "median": middle} | more


RECORDS = [
    record("keras", "augmented", "files", 0.01, 0.02),
    record("ours", "augmented", "files", 0.001, 0.004),
    record("ours", "augmented", "files", 0.002, 0.002),
    record("ours", "augmented", "ram", 0.0005, 0.0005),
    record("keras", "tutorial", "files", 30.0, 32.0),
    record("ours", "tutorial", "files", 6.0, 8.0),
    record("opencv", "affine", "rotation, float32 to float32", 65536 * 6e-9, 65536 * 8e-9, values=[1, 2, 3]),
    record("ours", "affine", "rotation, uint8 to float32", 65536 * 3e-9, 65536 * 4e-9, values=[1, 2, 4]),
    record("ours", "share", "cats/dogs 64x64, constant", 8.0, 9.0),
    record("ours", "share", "cats/dogs 64x64, files", 10.0, 12.0),
]


def row(start: str) -> str:
    (found,) = (line for line in markdown(RECORDS) if line.startswith(f"| {start}"))
    return found


def test_the_fastest_of_all_rounds_and_the_median_of_their_medians_count():
    assert figures(RECORDS)["augmented", "files", "ours"] == (0.001, 0.003)


def test_rates_and_ratios():
    assert row("shear, zoom, flip").endswith("| 100 (50) photos/s | 1000 (333) photos/s | 10.0 (6.7) |")
    assert row("the same, later epochs with cache='ram'").endswith(
        "| 100 (50) photos/s | 2000 (2000) photos/s | 20.0 (40.0) |"
    )
    assert row("tutorial").endswith("| 30 (32) s | 6 (8) s | 5.0 (4.0) |")
    assert row("rotation").endswith("OpenCV, float32 to float32 | 6 (8) ns | 3 (4) ns | 2.0 (2.0) |")
    assert row("cats/dogs").endswith("| 8 (9) ms | 10 (12) ms, 20 (25) % lost | - | - | - |")


def test_the_first_line_says_when_where_and_what():
    assert markdown(RECORDS)[0] == "2026-11-24; 2 processors; keras; opencv; ours"


def test_results_that_differ_are_not_compared():
    check_equal(RECORDS)
    with pytest.raises(RuntimeError, match="scipy, rotation, float32 to float32"):
        check_equal([*RECORDS, record("scipy", "affine", "rotation, float32 to float32", 1, 1, values=[9, 9, 9])])


def test_the_readmes_part_is_replaced(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{START}\nold\n{END}\nafter\n")
    into_readme(["new"], readme)
    assert readme.read_text() == f"before\n{START}\n\nnew\n{END}\nafter\n"
    into_readme(["newer"], readme)
    assert readme.read_text() == f"before\n{START}\n\nnewer\n{END}\nafter\n"
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    readme.write_text("no marks")
    with pytest.raises(ValueError, match="lacks the lines"):
        into_readme(["new"], readme)
