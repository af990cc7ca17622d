"""Every kernel on every backend that runs here: checked against NumPy first, then timed on one thread and on all."""

from functools import lru_cache

import numpy as np
import pytest

from bench.case import Case, bind
from bench.cases import all_cases
from fastcnn.kernels import backends
from fastcnn.kernels.contract import KERNELS
from fastcnn.kernels.peak import thread_counts

USABLE = [name for name, reason in backends.available().items() if reason is None]


def runs() -> list:
    """(case, backend, threads), case by case. NumPy takes the threads that its BLAS likes, so it has one row."""
    made = []
    for case in all_cases():
        for name in USABLE:
            if backends.load(name).offers(case.kernel):
                for count in thread_counts() if name != "numpy" else thread_counts()[-1:]:
                    made.append(pytest.param(case, name, count, id=f"{case}-{name}-{count}".replace(" ", "-")))
    return made


@lru_cache(maxsize=1)
def timed_arrays(number: int) -> list[np.ndarray | None]:
    """The arrays of one case, kept while its backends take their turns; some are 264 MB."""
    return all_cases()[number].arrays()


def assert_agrees_with_numpy(case: Case, name: str) -> None:
    """Same values as NumPy within a random walk of `terms` roundings, 16 units in the last place each."""
    expected, got = case.arrays(small=True), case.arrays(small=True)
    bind(backends.load("numpy"), case, expected)()
    bind(backends.load(name), case, got)()
    limit = 16 * 1.2e-7 * (1 + case.terms**0.5)
    for (argument, spec), want, have in zip(KERNELS[case.kernel].arrays.items(), expected, got, strict=True):
        if want is not None and spec.direction in ("out", "update"):
            scale = np.abs(want).max(initial=1e-3)
            np.testing.assert_allclose(have, want, rtol=limit, atol=limit * scale, err_msg=f"{name}: {argument}")


@pytest.mark.benchmark(max_time=0.4, min_rounds=5, warmup=True, warmup_iterations=2)
@pytest.mark.parametrize(("case", "name", "thread_count"), runs(), indirect=["thread_count"])
def test_kernel(benchmark, peak, case, name, thread_count):
    if name != "numpy" and backends.load("numpy").offers(case.kernel):  # the tests alone check fused kernels
        assert_agrees_with_numpy(case, name)
    call = bind(backends.load(name), case, timed_arrays([str(c) for c in all_cases()].index(str(case))))
    benchmark.group = str(case)
    benchmark(call)
    flops, nbytes = case.cost.flops, case.cost.nbytes
    best = (peak.gflops if flops else peak.bandwidth)[thread_count]
    rate = (flops or nbytes) / benchmark.stats["min"] / 1e9
    benchmark.extra_info |= {
        "kernel": case.kernel,
        "shape": case.label,
        "backend": name,
        "threads": thread_count,
        "unit": "GFLOP/s" if flops else "GB/s",
        "rate": rate,
        "peak": best,
        "share": rate / best,
    }
