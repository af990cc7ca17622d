"""A training step and a prediction of the five networks, on every backend that runs here."""

import pytest

from fastcnn.kernels import backends
from fastcnn.kernels.peak import thread_counts
from fastcnn.networks import NETWORKS

USABLE = [name for name, reason in backends.available().items() if reason is None]
SMALL = ("cats/dogs 64x64", "mnist_cnn")  # NumPy needs seconds for the others
COUNTS = {backend: thread_counts() if backend != "numpy" else thread_counts()[-1:] for backend in USABLE}
RUNS = [(n, b, count) for n in NETWORKS for b in USABLE if b != "numpy" or n in SMALL for count in COUNTS[b]]


def note(benchmark, what: str, network: str, backend: str, thread_count: int) -> None:
    """What the table needs to know."""
    benchmark.group = f"{what} {network}"
    benchmark.extra_info |= {"kernel": what, "shape": network, "backend": backend, "threads": thread_count}


@pytest.mark.benchmark(max_time=1.5, min_rounds=5, warmup=True, warmup_iterations=2)
@pytest.mark.parametrize(("network", "backend", "thread_count"), RUNS, indirect=["thread_count"])
def test_training_step(benchmark, network, backend, thread_count):
    model, (x, y) = NETWORKS[network].build(backend), NETWORKS[network].data()
    note(benchmark, f"training step, batch {len(x)}", network, backend, thread_count)
    benchmark(model.train_on_batch, x, y)


@pytest.mark.benchmark(max_time=1.0, min_rounds=5, warmup=True, warmup_iterations=2)
@pytest.mark.parametrize("size", [1, 32])
@pytest.mark.parametrize(("network", "backend", "thread_count"), RUNS, indirect=["thread_count"])
def test_prediction(benchmark, network, backend, size, thread_count):
    model, (x, _) = NETWORKS[network].build(backend), NETWORKS[network].data(size)
    note(benchmark, f"prediction, batch {size}", network, backend, thread_count)
    benchmark(model.predict_on_batch, x)
