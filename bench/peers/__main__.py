"""fastcnn against other frameworks: the same networks, each framework in a process of its own, in turns.

    python -m bench.peers [--peer-python PATH] [--networks NAME ...] [--zoo] [--what training prediction-1 ...]
        [--seconds 2] [--rounds 2] [--threads 2] [--json FILE]

The peers are those that PATH, a Python of another environment, has installed: pip install 'fastcnn[peers]' there.
"""

import argparse
import json
import sys
from pathlib import Path

from bench.peers.table import markdown
from bench.peers.turns import installed, turn
from bench.peers.worker import PEERS
from bench.zoo import ZOO
from fastcnn import available_backends
from fastcnn.kernels.threads import get_num_threads
from fastcnn.networks import NETWORKS

WHAT = ("training", "prediction-1", "prediction-32", "memory")
MEMORY_OF = "tutorial 256x256"  # the one whose memory matters


def measure(who: str, network: str, given: argparse.Namespace) -> list[dict]:
    """What one fresh process finds; a contestant that fails is reported and has no figures."""
    what = [w for w in given.what if w != "memory" or network == MEMORY_OF]
    records: list[dict] = []
    for part in ([w for w in what if w != "memory"], [w for w in what if w == "memory"]):  # memory: untouched process
        if not part:
            continue
        arguments = [who, network, "--what", *part, "--seconds", str(given.seconds), "--threads", str(given.threads)]
        records += turn(given.peer_python if who in PEERS else sys.executable, "bench.peers.worker", arguments)
    return records


def check_equal(records: list[dict]) -> None:
    """Raises unless every contestant's network has the same number of weights."""
    for network in {record["network"] for record in records}:
        counts = {record["who"]: record["params"] for record in records if record["network"] == network}
        if len(set(counts.values())) > 1:
            raise RuntimeError(f"{network}: the contestants' networks differ in their number of weights: {counts}")


def options(arguments: list[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    usable = [name for name, reason in available_backends().items() if reason is None and name != "numpy"]
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter that has the peers")
    parser.add_argument("--peers", nargs="*", choices=PEERS, help="only these (all that are installed)")
    parser.add_argument("--backends", nargs="*", default=usable, help="of fastcnn (%(default)s)")
    parser.add_argument("--networks", nargs="+", choices=[*NETWORKS, *ZOO], default=None, metavar="NAME")
    parser.add_argument("--zoo", action="store_true", help="networks of our own choice instead of the five")
    parser.add_argument("--what", nargs="+", default=list(WHAT), help="training, memory, prediction-N (%(default)s)")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each figure (%(default)s)")
    parser.add_argument("--rounds", type=int, default=2, help="turns of everybody (%(default)s)")
    parser.add_argument("--threads", type=int, default=get_num_threads(), help="for everybody (%(default)s)")
    parser.add_argument("--json", type=Path, help="file of results; one that exists is added to")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> None:
    """Measures and prints the tables."""
    given = options(arguments)
    present = installed(given.peer_python, PEERS)
    everybody = [*(p for p in present if given.peers is None or p in given.peers), *given.backends]
    records = json.loads(given.json.read_text()) if given.json and given.json.exists() else []
    for network in given.networks or (ZOO if given.zoo else NETWORKS):
        for number in range(given.rounds):
            for who in everybody:
                records += measure(who, network, given)
                if given.json:
                    given.json.write_text(json.dumps(records, indent=1))
            print(f"{network}: round {number + 1} of {given.rounds} done", file=sys.stderr, flush=True)
    check_equal(records)
    print("\n".join(markdown(records)))


if __name__ == "__main__":
    main()
