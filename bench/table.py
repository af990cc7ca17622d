"""Turns pytest-benchmark's JSON into Markdown.

    python -m bench.table result.json [more.json ...]

The fastest run of each row is shown. With several files (runs of the same machine) the best figure of each cell and
the highest peak count.
"""

import json
import sys
from pathlib import Path

Rows = dict[tuple[str, str], dict[tuple[str, int], dict]]


def read(paths: list[Path]) -> tuple[list[dict], dict]:
    """All benchmarks of the files as extra_info with "ms" added, and the machine of the last file."""
    found, machine = [], {}
    for path in paths:
        data = json.loads(path.read_text())
        machine = data["machine_info"] | {"date": data["datetime"][:10]}
        found += [b["extra_info"] | {"ms": b["stats"]["min"] * 1e3} for b in data["benchmarks"]]
    return found, machine


def by_row(benchmarks: list[dict]) -> Rows:
    """{(kernel, shape): {(backend, threads): the fastest benchmark}}."""
    rows: Rows = {}
    for b in benchmarks:
        cells, column = rows.setdefault((b["kernel"], b["shape"]), {}), (b["backend"], b["threads"])
        if column not in cells or b["ms"] < cells[column]["ms"]:
            cells[column] = b
    return rows


def columns(rows: Rows) -> list[tuple[str, int]]:
    """(backend, threads) of all rows; NumPy, the reference, first."""
    return sorted({column for cells in rows.values() for column in cells}, key=lambda c: (c[0] != "numpy", *c))


def number(value: float) -> str:
    """Three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def cell(b: dict | None, peaks: dict[tuple[str, int], float]) -> str:
    """'12.3 ms, 101 GFLOP/s, 87 %'; without a rate, ms alone."""
    if b is None:
        return "-"
    if "photos_a_second" in b:
        return f"{number(b['photos_a_second'])} photos/s"
    if "rate" not in b:
        return f"{number(b['ms'])} ms"
    share = b["rate"] / peaks[b["unit"], b["threads"]]
    return f"{number(b['ms'])} ms, {number(b['rate'])} {b['unit']}, {share:.0%}".replace("%", " %")


def speed_up(cells: dict[tuple[str, int], dict]) -> str:
    """How many times faster than NumPy the best other backend is."""
    numpy = [b["ms"] for (name, _), b in cells.items() if name == "numpy"]
    others = [b["ms"] for (name, _), b in cells.items() if name != "numpy"]
    return f"{number(min(numpy) / min(others))}x" if numpy and others else "-"


def markdown(rows: Rows, peaks: dict[tuple[str, int], float]) -> list[str]:
    """One line a kernel and shape, one column a backend and number of threads."""
    heads = columns(rows)
    names = [f"{name}, {threads} thread{'s' * (threads > 1)}" for name, threads in heads]
    lines = [f"| what | shape | {' | '.join(names)} | best against NumPy |", "|---" * (len(heads) + 3) + "|"]
    for (kernel, shape), cells in rows.items():
        shown = " | ".join(cell(cells.get(head), peaks) for head in heads)
        lines.append(f"| {kernel} | {shape} | {shown} | {speed_up(cells)} |")
    return lines


def main(paths: list[str]) -> None:
    """Prints the machine, its peak, and the table."""
    if not paths:
        raise SystemExit("usage: python -m bench.table result.json [more.json ...]")
    benchmarks, machine = read([Path(path) for path in paths])
    peaks: dict[tuple[str, int], float] = {}
    for b in benchmarks:
        if "rate" in b:
            key = b["unit"], b["threads"]
            peaks[key] = max(peaks.get(key, 0), b["peak"])
    print(", ".join(f"{name} {value}" for name, value in machine.items()))
    if peaks:
        print("Peak: " + ", ".join(f"{number(v)} {unit} on {n} thread(s)" for (unit, n), v in sorted(peaks.items())))
    print("\n".join(["", *markdown(by_row(benchmarks), peaks)]))


if __name__ == "__main__":
    main(sys.argv[1:])
