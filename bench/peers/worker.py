"""One contestant on one network, in this process; prints one JSON line a measurement.

    python -m bench.peers.worker CONTESTANT NETWORK --what training prediction-1 --seconds 2 --threads 2

A contestant is the name of a module beside this file, or of one of fastcnn's backends.
"""

import argparse
import json
import resource
import statistics
import sys
from collections.abc import Iterator
from importlib import import_module

from bench.zoo import ZOO
from fastcnn.networks import NETWORKS

PEERS = ("keras", "torch", "onnxruntime", "openvino")


def contestant(name: str, network: str, threads: int) -> object:
    """The contestant with its network built."""
    described = (NETWORKS | ZOO)[network]
    if name in PEERS:
        return import_module(f"bench.peers.{name}").Contestant(described, threads)
    return import_module("bench.peers.ours").Contestant(described, threads, name)


def measurements(built: object, what: str, seconds: float) -> Iterator[dict]:
    """Fastest and median step in ms for every way in which the contestant can do it; or peak memory in MiB."""
    if what == "memory":
        for run in list(built.training().values())[:1]:
            run(0)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            yield {"mib": peak / (2**20 if sys.platform == "darwin" else 2**10)}
        return
    kind, _, size = what.partition("-")
    ways = built.training() if kind == "training" else built.prediction(int(size))
    for way, run in ways.items():
        times = [taken * 1e3 for taken in run(seconds)]
        yield {"way": way, "min": min(times), "median": statistics.median(times), "steps": len(times)}


def main() -> None:
    """Runs what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("contestant")
    parser.add_argument("network")
    parser.add_argument("--what", nargs="+", required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--threads", type=int, required=True)
    given = parser.parse_args()
    built = contestant(given.contestant, given.network, given.threads)
    about = {"who": given.contestant, "network": given.network, "params": built.params, "version": built.version}
    for what in given.what:
        for found in measurements(built, what, given.seconds):
            print(json.dumps(about | {"what": what, "threads": given.threads} | found), flush=True)


if __name__ == "__main__":
    main()
