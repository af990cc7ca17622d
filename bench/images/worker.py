"""One contestant on one kind of work, in this process; prints one JSON line a measurement.

    python -m bench.images.worker CONTESTANT WHAT --photos FOLDER --seconds 5

A contestant is the name of a module beside this file, or of one of fastcnn's backends.
"""

import argparse
import contextlib
import json
import os
import statistics
from importlib import import_module
from pathlib import Path

import numpy as np

PEERS = {"keras": ("augmented", "rescaled", "dataset", "tutorial"), "scipy": ("affine",), "opencv": ("affine",)}
MODULES = {"keras": "keras", "scipy": "scipy", "opencv": "cv2"}  # what each of them imports
WHAT = ("augmented", "rescaled", "dataset", "affine", "tutorial", "share")


def contestant(name: str, photos: Path) -> object:
    """The contestant, ready to be measured."""
    if name in PEERS:
        return import_module(f"bench.images.{name}").Contestant(photos)
    return import_module("bench.images.ours").Contestant(photos, name)


def read_all(photos: Path) -> None:
    """Brings the files into the system's memory, so that nobody waits for the disk."""
    for path in photos.rglob("*"):
        if path.is_file():
            path.read_bytes()


def main() -> None:
    """Runs what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contestant")
    parser.add_argument("what", choices=WHAT)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    given = parser.parse_args()
    read_all(given.photos)
    records = []
    with open(os.devnull, "w", encoding="utf-8") as nowhere, contextlib.redirect_stdout(nowhere):
        made = contestant(given.contestant, given.photos)
        for way, taken in getattr(made, given.what)(given.seconds):
            record = {"who": given.contestant, "what": given.what, "way": way, "version": made.version}
            record |= {"min": min(taken), "median": statistics.median(taken), "repeats": len(taken)}
            if given.what == "affine":  # what came out, to be compared: every 37th value
                record["values"] = np.asarray(made.result, np.float64).ravel()[::37].round(3).tolist()
            records.append(record)
    for record in records:
        print(json.dumps(record), flush=True)


if __name__ == "__main__":
    main()
