"""Photos into batches: fastcnn against Keras, TensorFlow, SciPy and OpenCV, each in a process of its own, in turns.

    python -m bench.images --peer-python PATH [--photos FOLDER] [--what augmented rescaled ...] [--backends NAME ...]
        [--seconds 5] [--rounds 3] [--json FILE] [--readme]

PATH is a Python of another environment: pip install tensorflow-cpu keras scipy opencv-python-headless pillow there.
FOLDER holds training_set and test_set with one subfolder a class; without it photos are drawn. A JSON file that exists
is added to; `--what` with nothing behind it prints its tables again.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from datetime import date
from pathlib import Path

import numpy as np

from bench.images.table import into_readme, markdown
from bench.images.worker import MODULES, PEERS, WHAT
from bench.peers.turns import installed, turn
from bench.photos import draw
from fastcnn import available_backends

ALIKE = (
    1.5  # largest mean difference of an affine result, of 255: OpenCV rounds places to 1/32 pixel, bytes to integers
)


def machine() -> str:
    """The processors and the Python, in words."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = named[0] if named else model
    return f"{os.cpu_count()} processors ({model}), {platform.system()}, Python {platform.python_version()}"


def check_equal(records: list[dict]) -> None:
    """Raises unless everybody's affine transform gives the same photo, but for rounding."""
    results = {(r["way"].partition(",")[0], r["who"], r["way"]): r["values"] for r in records if "values" in r}
    for matrix in {matrix for matrix, _, _ in results}:
        found = {key[1:]: np.array(values) for key, values in results.items() if key[0] == matrix}
        middle = np.median(list(found.values()), axis=0)
        for (who, way), values in found.items():
            if np.abs(values - middle).mean() > ALIKE:
                raise RuntimeError(f"{who}, {way}: the result differs from everybody else's")


def options(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usable = [name for name, reason in available_backends().items() if reason is None and name != "numpy"]
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter that has the peers")
    parser.add_argument("--photos", type=Path, help="training_set and test_set; without it photos are drawn")
    parser.add_argument("--what", nargs="*", choices=WHAT, default=list(WHAT), help="(%(default)s)")
    parser.add_argument("--backends", nargs="*", default=usable, help="of fastcnn (%(default)s)")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each figure, at least (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of everybody (%(default)s)")
    parser.add_argument("--json", type=Path, help="file of results; one that exists is added to")
    parser.add_argument("--readme", action="store_true", help="put the tables in README.md, too")
    return parser.parse_args(arguments)


def measure(given: argparse.Namespace, photos: Path, records: list[dict]) -> None:
    """Everybody's turns, added to `records`."""
    present = installed(given.peer_python, list(MODULES.values()))
    about = {"date": date.today().isoformat(), "machine": machine()}
    for what in given.what:
        peers = [who for who, able in PEERS.items() if MODULES[who] in present and what in able]
        for number in range(given.rounds):
            for who in (*peers, *given.backends):
                arguments = [who, what, "--photos", str(photos.absolute()), "--seconds", str(given.seconds)]
                python = given.peer_python if who in PEERS else sys.executable
                records += [about | record for record in turn(python, "bench.images.worker", arguments)]
                if given.json:
                    given.json.write_text(json.dumps(records, indent=1))
            print(f"{what}: round {number + 1} of {given.rounds} done", file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Measures and prints the tables."""
    given = options(arguments)
    records = json.loads(given.json.read_text()) if given.json and given.json.exists() else []
    if given.photos:
        measure(given, given.photos, records)
    elif given.what:
        with tempfile.TemporaryDirectory() as folder:
            for part, count in (("training_set", 1000), ("test_set", 250)):
                draw(Path(folder) / part, count)
            measure(given, Path(folder), records)
    check_equal(records)
    lines = markdown(records)
    print("\n".join(lines))
    if given.readme:
        into_readme(lines)


if __name__ == "__main__":
    main()
