"""Where a training step's time goes: the fastest time of every kernel call of it.

python -m bench.by_kernel [--backend NAME] [--threads N] [--network NAME] [--top 12]
"""

import argparse
import time
from collections.abc import Callable

from fastcnn import get_num_threads, set_num_threads
from fastcnn.kernels import backends
from fastcnn.networks import NETWORKS
from fastcnn.switching import default_backend

STEPS = 25
Call = tuple[str, str, float]


def recorded(name: str, function: Callable, log: list[Call]) -> Callable:
    """The kernel, with name, shapes and seconds of each call appended to the log."""

    def call(*arrays: object, **params: object) -> None:
        start = time.perf_counter()
        function(*arrays, **params)
        seconds = time.perf_counter() - start
        shapes = " ".join("x".join(map(str, a.shape)) for a in arrays if a is not None)
        log.append((name, shapes, seconds))

    return call


def profile(network: str, backend: str, steps: int = STEPS) -> tuple[float, list[Call]]:
    """Seconds of the fastest step, and its kernel calls with the fastest time of each."""
    log: list[Call] = []
    raw = backends.load(backend).raw
    plain = dict(raw)
    raw.update({name: recorded(name, function, log) for name, function in plain.items()})
    try:
        model, (x, y) = NETWORKS[network].build(backend), NETWORKS[network].data()
        best_step, best = float("inf"), []
        for _ in range(steps):
            log.clear()
            start = time.perf_counter()
            model.train_on_batch(x, y)
            best_step = min(best_step, time.perf_counter() - start)
            pairs = zip(best or log, log, strict=True)
            best = [min(pair, key=lambda call: call[2]) for pair in pairs]
    finally:
        raw.update(plain)
    return best_step, best


def main() -> None:
    """Prints the slowest calls of the chosen networks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", default=None)
    parser.add_argument("--threads", type=int, default=get_num_threads())
    parser.add_argument("--network", choices=NETWORKS, nargs="*", default=list(NETWORKS))
    parser.add_argument("--top", type=int, default=12)
    given = parser.parse_args()
    set_num_threads(given.threads)
    backend = given.backend or default_backend()
    for network in given.network:
        step, calls = profile(network, backend)
        total = sum(seconds for _, _, seconds in calls)
        print(
            f"{network}: {backend}, {given.threads} thread(s), step {step * 1e3:.1f} ms, kernels {total * 1e3:.1f} ms"
        )
        for name, shapes, seconds in sorted(calls, key=lambda call: -call[2])[: given.top]:
            print(f"{seconds * 1e3:9.2f} ms  {name}  {shapes}")


if __name__ == "__main__":
    main()
