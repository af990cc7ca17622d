"""What every benchmark shares: the machine's peak, the backends, and what is recorded about a run."""

import platform
from collections.abc import Iterator
from importlib.metadata import version

import pytest

from fastcnn.kernels import peak as probe
from fastcnn.kernels import threads


@pytest.fixture(scope="session")
def peak() -> probe.Peak:
    """The machine's own rates, measured once, in this run."""
    return probe.measure()


@pytest.fixture
def thread_count(request: pytest.FixtureRequest) -> Iterator[int]:
    """Sets the number of threads for one test (parametrize indirectly)."""
    before = threads.get_num_threads()
    threads.set_num_threads(request.param)
    yield request.param
    threads.set_num_threads(before)


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict) -> None:
    """Keeps what explains a figure, and drops the machine's name."""
    cpu = machine_info.get("cpu", {}).get("brand_raw", platform.processor())
    kept = {"python": platform.python_version(), "system": platform.system(), "cpu": cpu}
    kept |= {name: version(name) for name in ("numpy", "numba", "fastcnn")}
    kept["processors"] = probe.thread_counts()[-1]
    machine_info.clear()
    machine_info.update(kept)
