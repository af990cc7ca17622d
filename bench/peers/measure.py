"""How steps are timed, alike for everybody."""

import time
from collections.abc import Callable

WARM_UP, LEAST = 3, 5
Timed = Callable[[float], list[float]]  # seconds to spend -> seconds of each step


def repeated(call: Callable[[], object]) -> Timed:
    """Calls of `call`, one after the other, timed one by one."""

    def run(seconds: float) -> list[float]:
        for _ in range(WARM_UP):
            call()
        taken: list[float] = []
        end = time.perf_counter() + seconds
        while len(taken) < LEAST or time.perf_counter() < end:
            start = time.perf_counter()
            call()
            taken.append(time.perf_counter() - start)
        return taken

    return run
