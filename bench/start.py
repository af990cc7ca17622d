"""How soon, how large: seconds to import and to the first trained batch, peak memory, installed bytes.

    python -m bench.start

Every figure comes from fresh processes; the fastest of several counts.
"""

import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import fastcnn
from fastcnn import kernels

REPEATS = 5
PACKAGES = ("numpy", "pillow", "numba", "llvmlite", "h5py", "rich", "pygments", "markdown-it-py", "mdurl")

IMPORT = "import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"
FIRST_BATCH = """
import time, numpy
from fastcnn.networks import NETWORKS
network = NETWORKS["cats/dogs 64x64"]
network.build("{backend}").train_on_batch(*network.data())
print(time.time())
"""
MEMORY = """
import resource, sys
from fastcnn.networks import NETWORKS
network = NETWORKS["tutorial 256x256"]
model = network.build("{backend}")
for _ in range(3):
    model.train_on_batch(*network.data())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10))
"""


def run(code: str, **environment: str) -> float:
    """Runs the code in a fresh interpreter and returns the number on its last line."""
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"a measured process failed:\n{done.stderr}")
    return float(done.stdout.split()[-1])


def import_seconds(module: str) -> float:
    """Seconds that `import module` takes in a process that has imported nothing yet."""
    return min(run(IMPORT.format(module=module)) for _ in range(REPEATS))


def first_batch_seconds(backend: str) -> tuple[float, float]:
    """Seconds from process start to the first trained batch: without and with code from an earlier process."""
    code = FIRST_BATCH.format(backend=backend)
    cold, warm = [], []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as cache:
            os.chmod(cache, 0o700)
            for times in (cold, *[warm] * (REPEATS - 2)):
                start = time.time()
                times.append(run(code, FASTCNN_CACHE_DIR=cache) - start)
    return min(cold), min(warm)


def folder_bytes(folder: Path) -> int:
    """Size of a package's own files, without bytecode and without generated C code, which is not installed."""
    files = (f for f in folder.rglob("*") if f.is_file() and f.suffix not in (".pyc", ".nbi", ".nbc", ".c"))
    return sum(f.stat().st_size for f in files)


def installed_bytes(name: str) -> int:
    """Size of an installed distribution's files, bytecode left out; 0 when it is not installed."""
    try:
        files = distribution(name).files or []
    except PackageNotFoundError:
        return 0
    paths = (Path(file.locate()) for file in files if "__pycache__" not in file.parts)
    return sum(path.stat().st_size for path in paths if path.exists())


def main() -> None:
    """Prints all figures."""
    modules = ("numpy", "fastcnn", "fastcnn.models, fastcnn.layers, fastcnn.preprocessing.image")
    for module in modules:
        print(f"import {module}: {import_seconds(module):.3f} s")
    for backend, reason in fastcnn.available_backends().items():
        if reason:
            print(reason)
            continue
        cold, warm = first_batch_seconds(backend)
        memory = run(MEMORY.format(backend=backend))
        print(f"{backend}: first trained batch {cold:.2f} s cold, {warm:.2f} s warm; tutorial's step {memory:.0f} MiB")
    sizes = {name: installed_bytes(name) for name in PACKAGES}
    sizes["fastcnn"] = folder_bytes(Path(fastcnn.__file__).parent)
    if Path(fastcnn.__file__).parent not in Path(kernels.__file__).parents:
        sizes["fastcnn"] += folder_bytes(Path(kernels.__file__).parent)
    print("installed: " + ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in sizes.items() if size))
    print(f"together {sum(sizes.values()) / 1e6:.0f} MB")
    slim = sum(sizes[name] for name in ("numpy", "pillow", "fastcnn"))
    print(f"numpy, pillow and fastcnn alone {slim / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
