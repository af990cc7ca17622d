"""What the workers measured, as Markdown, and in the README between its two marks."""

import os
from pathlib import Path
from statistics import median

from bench.images.work import MATRICES, SMALL, TUTORIAL
from bench.images.worker import PEERS
from bench.peers.table import number
from bench.peers.turns import ROOT

Figure = tuple[float, float]  # fastest, median
Cells = dict[tuple[str, str, str], Figure]  # of (what, way, who)

START, END = "<!-- photos: python -m bench.images --readme -->", "<!-- end of photos -->"
NAMES = {"keras": "Keras, TensorFlow", "scipy": "SciPy", "opencv": "OpenCV"}
SHOWN = {"files": "from files", "ram": "cache='ram', later epochs", "disk": "cache='disk', later epochs"}
# (what, our way, peer, peer's way, name of the row, unit)
ROWS = [
    ("augmented", "files", "keras", "files", "shear, zoom, flip: first epoch, against ImageDataGenerator", "photos/s"),
    ("augmented", "ram", "keras", "files", "the same, later epochs with cache='ram'", "photos/s"),
    ("augmented", "disk", "keras", "files", "the same, later epochs with cache='disk'", "photos/s"),
    ("rescaled", "files", "keras", "files", "rescale alone: first epoch, against ImageDataGenerator", "photos/s"),
    ("dataset", "files", "keras", "files", "image_dataset_from_directory, bilinear, against TensorFlow's", "photos/s"),
    ("tutorial", "files", "keras", "files", "tutorial, an epoch of training and validation", "s"),
    ("tutorial", "ram", "keras", "files", "the same with cache='ram'", "s"),
]
AFFINE = [("scipy", "float32 to float32")]
AFFINE += [("opencv", way) for way in ("uint8 to uint8", "uint8 to uint8 to float32", "float32 to float32")]


def figures(records: list[dict]) -> Cells:
    """The fastest repeat over all rounds, and the median of the rounds' medians."""
    found: dict[tuple[str, str, str], list[dict]] = {}
    for record in records:
        found.setdefault((record["what"], record["way"], record["who"]), []).append(record)
    return {key: (min(r["min"] for r in runs), median(r["median"] for r in runs)) for key, runs in found.items()}


def shown(figure: Figure | None, unit: str) -> str:
    """'123 (120) photos/s' of seconds a photo, or seconds, ms and ns as they are: fastest, median in brackets."""
    if figure is None:
        return "-"
    best, middle = (1 / v for v in figure) if unit == "photos/s" else figure
    return f"{number(best)} ({number(middle)}) {unit}"


def ratio(ours: Figure | None, peer: Figure | None) -> str:
    """How many times as fast ours is."""
    if ours is None or peer is None:
        return "-"
    return f"{peer[0] / ours[0]:.1f} ({peer[1] / ours[1]:.1f})"


def markdown(records: list[dict]) -> list[str]:
    """The tables: against peers, the affine kernel, and what the pipeline takes from training."""
    cells = figures(records)
    ours = sorted({who for _, _, who in cells} - set(PEERS))
    return [_about(records), "", *_against(cells, ours), *_affine(cells, ours), *_share(cells, ours)]


def _about(records: list[dict]) -> str:
    versions = sorted({record["version"] for record in records})
    days = sorted({record["date"] for record in records if "date" in record})
    machines = sorted({record["machine"] for record in records if "machine" in record})
    return "; ".join([" to ".join(dict.fromkeys((days[0], days[-1]))) if days else "", *machines, *versions]).strip(
        "; "
    )


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _head(first: str, peers: list[str], ours: list[str]) -> list[str]:
    heads = [first, *peers, *(f"`{name}`" for name in ours), *(f"ratio `{name}`" for name in ours)]
    return [_line(*heads), "|---" * len(heads) + "|"]


def _against(cells: Cells, ours: list[str]) -> list[str]:
    lines = []
    for what, way, peer, peers_way, name, unit in ROWS:
        theirs = cells.get((what, peers_way, peer))
        own = [cells.get((what, way, who)) for who in ours]
        if any(own):
            row = [name, shown(theirs, unit), *(shown(f, unit) for f in own), *(ratio(f, theirs) for f in own)]
            lines.append(_line(*row))
    return [*_head("256x256, batches of 32", [NAMES["keras"]], ours), *lines, ""] if lines else []


def _affine(cells: Cells, ours: list[str]) -> list[str]:
    lines = []
    for matrix in MATRICES:
        own = [_a_pixel(cells.get(("affine", f"{matrix}, uint8 to float32", who))) for who in ours]
        for peer, way in AFFINE:
            theirs = _a_pixel(cells.get(("affine", f"{matrix}, {way}", peer)))
            if theirs and any(own):
                own_cells = [*(shown(f, "ns") for f in own), *(ratio(f, theirs) for f in own)]
                lines.append(_line(f"{matrix}, against {NAMES[peer]}, {way}", shown(theirs, "ns"), *own_cells))
    title = "affine kernel, a pixel of 3 channels, bilinear, one thread; ours uint8 to float32"
    return [*_head(title, ["peer"], ours), *lines, ""] if lines else []


def _a_pixel(figure: Figure | None) -> Figure | None:
    """Nanoseconds a pixel, from seconds a photo."""
    return figure and tuple(value * 1e9 / 256**2 for value in figure)


def _share(cells: Cells, ours: list[str]) -> list[str]:
    lines = []
    for network in (TUTORIAL, SMALL):
        for who in ours:
            ways = ("constant", "files", "ram", "files alone", "ram alone")
            constant, files, ram, *alone = (cells.get(("share", f"{network}, {way}", who)) for way in ways)
            if constant:
                fed = [_lost(figure, constant) for figure in (files, ram)]
                lines.append(
                    _line(f"{network}, `{who}`", shown(constant, "ms"), *fed, *(shown(f, "ms") for f in alone))
                )
    heads = ["training step", "one batch again and again", "fed from files", "fed with cache='ram'"]
    heads += ["a batch from files, no training", "a batch from cache='ram', no training"]
    return [_line(*heads), "|---" * len(heads) + "|", *lines, ""] if lines else []


def _lost(fed: Figure | None, constant: Figure) -> str:
    """The step's time, and its share that is lost compared with a batch that is there already."""
    if fed is None:
        return "-"
    best, middle = (1 - c / f for c, f in zip(constant, fed, strict=True))
    return f"{shown(fed, 'ms')}, {best * 100:.0f} ({middle * 100:.0f}) % lost"


def into_readme(lines: list[str], readme: Path = ROOT / "README.md") -> None:
    """Replaces what stands between the README's marks.

    Raises:
        ValueError: when the marks are not there.
    """
    text = readme.read_text(encoding="utf-8")
    before, start, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"{readme.name} lacks the lines {START} and {END}")
    whole = "\n".join([before + START, "", *lines, END]) + after
    temporary = readme.with_suffix(".new")
    temporary.write_text(whole, encoding="utf-8")
    os.replace(temporary, readme)
