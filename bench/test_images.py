"""Photos a second into float32 batches: flow_from_directory with and without random changes.

From files: every photo is read and decoded. From memory: later epochs with cache="ram", which keeps decoded photos.
"""

import pytest

from bench.photos import folder
from fastcnn import use_backend
from fastcnn.kernels import backends
from fastcnn.preprocessing.image import ImageDataGenerator

USABLE = [name for name, reason in backends.available().items() if reason is None]
CHANGES = {
    "rescale": {},
    "shear zoom flip": {"shear_range": 0.2, "zoom_range": 0.2, "horizontal_flip": True},
}
SOURCES = {"files": {}, "memory": {"cache": "ram"}}
LEAST = 640  # photos a round: the two batches made ahead of it are then few


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """A folder of photos, drawn once."""
    return folder(tmp_path_factory.mktemp("photos"))


@pytest.mark.parametrize("side", [256, 64])
@pytest.mark.parametrize("changes", CHANGES)
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("backend", USABLE)
def test_photos_a_second(benchmark, photos, backend, source, changes, side):
    with use_backend(backend):
        generator = ImageDataGenerator(rescale=1 / 255, **CHANGES[changes])
        options = {"class_mode": "binary", "batch_size": 32, "seed": 1, **SOURCES[source]}
        batches = generator.flow_from_directory(photos, (side, side), **options)
        count = -(-LEAST // batches.n) * len(batches)

        def read() -> int:
            return sum(len(next(batches)[0]) for _ in range(count))

        seen = read()
        benchmark.pedantic(read, rounds=1 if backend == "numpy" else 3)
        batches.close()
    benchmark.group = f"{changes} {side}x{side} from {source}"
    benchmark.extra_info |= {
        "kernel": f"photos from {source}",
        "shape": f"{side}x{side} {changes}",
        "backend": backend,
        "threads": batches.workers,
        "photos_a_second": seen / benchmark.stats["min"],
    }
