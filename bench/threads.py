"""Do more threads ever hurt? Training steps and predictions on 1, 2 and 4 threads, in turns.

    python -m bench.threads [--backend NAME] [--networks NAME ...] [--threads 1 2 4] [--seconds 1] [--predict N]

More threads than processors are on purpose: a machine with other work looks like that. Small networks must not become
slower with more threads.
"""

import argparse
import time
from collections.abc import Callable

from bench.zoo import ZOO
from fastcnn import get_num_threads, set_num_threads
from fastcnn.networks import NETWORKS
from fastcnn.switching import default_backend

ROUNDS = 4


def fastest(call: Callable[[], object], counts: list[int], seconds: float) -> dict[int, float]:
    """Seconds of the fastest call for each number of threads; they take turns, so that a busy spell hits all."""
    best = dict.fromkeys(counts, float("inf"))
    for _ in range(ROUNDS):
        for count in counts:
            set_num_threads(count)
            call()
            end = time.perf_counter() + seconds / ROUNDS
            while time.perf_counter() < end:
                start = time.perf_counter()
                call()
                best[count] = min(best[count], time.perf_counter() - start)
    return best


def row(name: str, backend: str, given: argparse.Namespace) -> str:
    """One line of the table: ms for each number of threads, and how it compares with the first."""
    network = (NETWORKS | ZOO)[name]
    model, (x, y) = network.build(backend), network.data(given.predict)
    call = (lambda: model.predict_on_batch(x)) if given.predict else (lambda: model.train_on_batch(x, y))
    found = fastest(call, given.threads, given.seconds)
    first = found[given.threads[0]]
    cells = [f"{seconds * 1e3:.3f} ({first / seconds:.2f}x)" for seconds in found.values()]
    return f"| {name} | {' | '.join(cells)} |"


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", default=None)
    parser.add_argument("--networks", nargs="+", choices=[*NETWORKS, *ZOO], default=list(NETWORKS), metavar="NAME")
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2, 4])
    parser.add_argument("--seconds", type=float, default=1.0, help="for each figure (%(default)s)")
    parser.add_argument("--predict", type=int, metavar="N", help="predictions of N images instead of training steps")
    given = parser.parse_args()
    backend, before = given.backend or default_backend(), get_num_threads()
    what = f"prediction of {given.predict}" if given.predict else "training step"
    print(f"{what}, {backend}, ms (times as fast as on {given.threads[0]} thread(s))\n")
    print(f"| network | {' | '.join(f'{n} thread(s)' for n in given.threads)} |\n|{'---|' * (len(given.threads) + 1)}")
    for name in given.networks:
        print(row(name, backend, given), flush=True)
    set_num_threads(before)


if __name__ == "__main__":
    main()
