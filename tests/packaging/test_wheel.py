"""The wheel: what is in it, that it works away from the source tree, and that it can be built without a compiler."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("fastcnn", "kernels", "setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "SECURITY.md")
BUILT = shutil.ignore_patterns("__pycache__", "*.so", "*.pyd", "*.c")
FIT = """
import sys
import numpy as np
import fastcnn, fastcnn.kernels
from fastcnn.layers import Conv2D, Dense, Flatten
print(fastcnn.__file__)
print(fastcnn.kernels.__file__)
print(fastcnn.available_backends()["cython"])
model = fastcnn.Sequential([Conv2D(2, 3, input_shape=(8, 8, 3)), Flatten(), Dense(1)], backend=sys.argv[1])
model.compile("adam", "mse")
model.fit(np.ones((4, 8, 8, 3), "float32"), np.ones(4, "float32"), verbose=0)
"""


def run(*command, cwd, **variables):
    """Runs a command; returns its output. Stops the test with all of it if the command fails."""
    settings = os.environ | variables
    done = subprocess.run(command, cwd=cwd, env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
    return done.stdout


def build(folder, **variables):
    """Builds a wheel from a clean copy of the sources, with the tools of this environment; returns its path."""
    tree = folder / "tree"
    tree.mkdir(parents=True)
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=BUILT)
        else:
            shutil.copy(ROOT / name, tree)
    offline = ("--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder))
    run(sys.executable, "-m", "pip", "wheel", ".", *offline, cwd=tree, **variables)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install_and_fit(wheel, folder, backend):
    """Installs a wheel into an empty folder and trains with it from elsewhere; returns the lines that FIT prints."""
    target = folder / "installed"
    run(sys.executable, "-m", "pip", "install", "--no-deps", "--no-index", "--target", target, wheel, cwd=folder)
    lines = run(sys.executable, "-c", FIT, backend, cwd=folder, PYTHONPATH=str(target)).splitlines()
    assert Path(lines[0]) == target / "fastcnn" / "__init__.py"
    assert Path(lines[1]) == target / "fastcnn" / "kernels" / "__init__.py"
    return lines


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel built with a compiler."""
    return build(tmp_path_factory.mktemp("wheel"), FASTCNN_REQUIRE_CYTHON="1")


@pytest.fixture(scope="module")
def pure_wheel(tmp_path_factory):
    """A wheel built where the C compiler does not work."""
    return build(tmp_path_factory.mktemp("pure"), FASTCNN_REQUIRE_CYTHON="0", CC="/bin/false")


def test_the_wheel_holds_the_package_and_nothing_beside_it(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names} == {"fastcnn", "fastcnn-0.1.0.dist-info"}
    assert {name.rsplit(".", 1)[-1] for name in names if name.startswith("fastcnn/")} <= {"py", "so", "pyd"}
    assert "fastcnn-0.1.0.dist-info/licenses/LICENSE" in names


def test_the_wheel_holds_every_module_of_the_tree(wheel):
    packaged = {name for name in zipfile.ZipFile(wheel).namelist() if name.endswith(".py")}
    own = {path.relative_to(ROOT).as_posix() for path in (ROOT / "fastcnn").rglob("*.py")}
    kernels = {f"fastcnn/{path.relative_to(ROOT).as_posix()}" for path in (ROOT / "kernels").rglob("*.py")}
    assert packaged == own | kernels


def test_the_wheel_holds_a_compiled_module_for_every_cython_source(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    sources = sorted(path.stem for path in (ROOT / "kernels").rglob("*.pyx"))
    compiled = sorted(Path(name).name.split(".")[0] for name in names if name.endswith((".so", ".pyd")))
    assert compiled == sources


def test_the_installed_wheel_trains_away_from_the_tree(wheel, tmp_path):
    assert install_and_fit(wheel, tmp_path, "cython")[2] == "None"


def test_without_a_compiler_the_install_succeeds_and_says_what_is_missing(pure_wheel, tmp_path):
    reason = install_and_fit(pure_wheel, tmp_path, "numpy")[2]
    assert "no C compiler" in reason


def test_the_source_distribution_holds_what_a_build_needs(tmp_path):
    tree = tmp_path / "tree"
    shutil.copytree(
        ROOT, tree, ignore=shutil.ignore_patterns(".*", "build", "*.egg-info", "__pycache__", "*.so", "*.pyd", "*.c")
    )
    code = "from setuptools.build_meta import build_sdist; print(build_sdist('out'))"
    run(sys.executable, "-c", code, cwd=tree)
    (archive,) = (tree / "out").glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.split("/", 1)[-1] for name in opened.getnames()}
    kernels = {
        path.relative_to(ROOT).as_posix() for e in ("pyx", "pxi", "h") for path in ROOT.rglob(f"kernels/**/*.{e}")
    }
    assert kernels | {"setup.py", "LICENSE", "tests/conftest.py"} <= names
    assert not [name for name in names if name.endswith((".c", ".so"))]
