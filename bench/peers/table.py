"""What the workers measured, as Markdown."""

from statistics import median

from bench.peers.worker import PEERS

TITLES = {"training": "Training step, ms", "memory": "Peak memory of training, MiB"}
Figure = tuple[float, float]  # fastest, median; memory: the same figure twice


def figures(records: list[dict]) -> dict[str, dict[str, dict[str, Figure]]]:
    """{what: {network: {who: figure}}}: of each contestant the way with the fastest step, over all rounds."""
    ways: dict[tuple, list[dict]] = {}
    for record in records:
        ways.setdefault((record["what"], record["network"], record["who"], record.get("way")), []).append(record)
    found: dict[str, dict[str, dict[str, Figure]]] = {}
    for (what, network, who, _), runs in ways.items():
        if what == "memory":
            figure = (min(r["mib"] for r in runs),) * 2
        else:
            figure = min(r["min"] for r in runs), median(r["median"] for r in runs)
        cells = found.setdefault(what, {}).setdefault(network, {})
        cells[who] = min(figure, cells.get(who, figure))
    return found


def number(value: float) -> str:
    """Three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def ratio(cells: dict[str, Figure], who: str) -> str:
    """The best peer's figure over ours: fastest steps, and medians in brackets."""
    peers = [cells[peer] for peer in PEERS if peer in cells]
    if who not in cells or not peers:
        return "-"
    fastest, middle = (min(peer[i] for peer in peers) / cells[who][i] for i in (0, 1))
    return f"{fastest:.2f}" if cells[who][0] == cells[who][1] else f"{fastest:.2f} ({middle:.2f})"


def markdown(records: list[dict]) -> list[str]:
    """A table for everything measured: peers, ours, and how many times as fast as the best peer ours are."""
    lines = ["; ".join(sorted({record["version"] for record in records}))]
    for what, networks in sorted(figures(records).items(), key=lambda item: _place(item[0])):
        everybody = {who for cells in networks.values() for who in cells}
        peers, ours = [p for p in PEERS if p in everybody], sorted(everybody - set(PEERS))
        title = TITLES.get(what) or f"Prediction of {what.partition('-')[2]} image(s), ms"
        kind = "" if what == "memory" else ": fastest (median)"
        heads = ["network", *peers, *(f"`{name}`" for name in ours), *(f"ratio `{name}`" for name in ours)]
        lines += ["", f"{title}{kind}", "", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
        for network, cells in networks.items():
            shown = [_cell(cells.get(who)) for who in (*peers, *ours)]
            lines.append(f"| {' | '.join([network, *shown, *(ratio(cells, name) for name in ours)])} |")
    return lines


def _place(what: str) -> tuple[int, int]:
    """Training, then predictions by size, then memory."""
    kind, _, size = what.partition("-")
    return ("training", "prediction", "memory").index(kind), int(size or 0)


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return "-"
    fastest, middle = figure
    return number(fastest) if fastest == middle else f"{number(fastest)} ({number(middle)})"
