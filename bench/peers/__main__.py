"""fastcnn against other frameworks: the same networks, each framework in a process of its own, in turns.

    python -m bench.peers [--peer-python PATH] [--networks NAME ...] [--zoo] [--what training prediction-1 ...]
        [--seconds 2] [--rounds 2] [--threads 2] [--json FILE]

The peers are those that PATH, a Python of another environment, has installed: pip install 'fastcnn[peers]' there.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from bench.peers.table import markdown
from bench.peers.worker import PEERS
from bench.zoo import ZOO
from fastcnn import available_backends
from fastcnn.kernels.threads import get_num_threads
from fastcnn.networks import NETWORKS

ROOT = Path(__file__).parent.parent.parent
WHAT = ("training", "prediction-1", "prediction-32", "memory")
MEMORY_OF = "tutorial 256x256"  # the one whose memory matters
PROBE = "import importlib.util as u, sys; print(*[n for n in sys.argv[1:] if u.find_spec(n)])"


def installed(python: str) -> list[str]:
    """The peers that this interpreter can import."""
    done = subprocess.run([python, "-c", PROBE, *PEERS], capture_output=True, text=True, check=True, cwd="/")
    return done.stdout.split()


def measure(who: str, network: str, given: argparse.Namespace) -> list[dict]:
    """What one fresh process finds; a contestant that fails is reported and has no figures."""
    what = [w for w in given.what if w != "memory" or network == MEMORY_OF]
    records: list[dict] = []
    for part in ([w for w in what if w != "memory"], [w for w in what if w == "memory"]):  # memory: untouched process
        if not part:
            continue
        python = given.peer_python if who in PEERS else sys.executable
        command = [python, "-m", "bench.peers.worker", who, network, "--what", *part]
        command += ["--seconds", str(given.seconds), "--threads", str(given.threads)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
        if done.returncode:
            print(f"{who}, {network}: failed\n{done.stderr[-2000:]}", file=sys.stderr)
        records += [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"who"')]
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
    present = installed(given.peer_python)
    everybody = [*(p for p in present if given.peers is None or p in given.peers), *given.backends]
    records = json.loads(given.json.read_text()) if given.json and given.json.exists() else []
    for network in given.networks or (ZOO if given.zoo else NETWORKS):
        for turn in range(given.rounds):
            for who in everybody:
                records += measure(who, network, given)
                if given.json:
                    given.json.write_text(json.dumps(records, indent=1))
            print(f"{network}: round {turn + 1} of {given.rounds} done", file=sys.stderr, flush=True)
    check_equal(records)
    print("\n".join(markdown(records)))


if __name__ == "__main__":
    main()
