"""The rules of the house: sizes, directions of imports, what no file may contain, what importing costs."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from fastcnn.kernels import backends

ROOT = Path(__file__).parent.parent
SOURCES = sorted(
    [*(ROOT / "fastcnn").rglob("*.py"), *(ROOT / "kernels").rglob("*.py"), *(ROOT / "bench").rglob("*.py")]
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MAX_LINES, MAX_TEST_LINES, MAX_FUNCTION = 300, 400, 60


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


sources = pytest.mark.parametrize("path", SOURCES, ids=name_of)
everything = pytest.mark.parametrize("path", SOURCES + TESTS, ids=name_of)


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """Absolute names of the modules that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"relative import in line {node.lineno}"
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
    return found


def within(modules: set[str], *packages: str) -> set[str]:
    return {m for m in modules for p in packages if m == p or m.startswith(f"{p}.")}


@everything
def test_file_is_not_too_long(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= (MAX_TEST_LINES if path in TESTS else MAX_LINES)


@sources
def test_functions_are_not_too_long(path):
    for node in ast.walk(tree(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            first = node.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            docstring = first.end_lineno - first.lineno + 1 if documented else 0
            assert node.end_lineno - node.lineno + 1 - docstring <= MAX_FUNCTION, node.name


@sources
def test_imports_go_one_way(path):
    name, modules = name_of(path), imports(path)
    if not name.startswith(("kernels/", "bench/")):
        assert not within(modules, "numba", "llvmlite", "Cython", "cython")
    if not name.startswith(("fastcnn/data/", "bench/")):
        assert not within(modules, "PIL")
    if name.startswith("kernels/"):
        assert not {m for m in within(modules, "fastcnn") if not within({m}, "fastcnn.kernels") and m != "fastcnn"}
    if name.startswith("fastcnn/engine/"):
        allowed = within(modules, "fastcnn.engine", "fastcnn.kernels")
        assert within(modules, "fastcnn") == allowed
    assert not within(modules, "tests")


@sources
def test_no_backend_is_named_outside_its_folder(path):
    name = name_of(path)
    if name in ("kernels/backends.py",) or name.startswith("bench/"):  # the order of preference; tables by name
        return
    known = {b for b in backends.names() if not name.startswith(f"kernels/{b}_backend/")} - {"numpy"}
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Compare):
            texts = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
            assert not texts & (known | {"numpy"}), f"line {node.lineno} compares with a backend's name"


FORBIDDEN_MODULES = ("pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib")
# Numba itself writes its cache as pickles; that module checks who owns them before it reads, and its test tries it.
CACHE = ("kernels/numba_backend/cache.py", "tests/kernels/test_numba_cache.py")
FORBIDDEN_CALLS = ("eval", "exec", "__import__")
FORBIDDEN_FLAGS = ("shell", "allow_pickle")


@everything
def test_nothing_is_run_that_came_out_of_a_file(path):
    assert not within(imports(path), *FORBIDDEN_MODULES) - ({"pickle"} if name_of(path) in CACHE else set())
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                assert node.func.id not in FORBIDDEN_CALLS or path in TESTS, f"line {node.lineno}"
            for keyword in node.keywords:
                value = keyword.value
                is_true = isinstance(value, ast.Constant) and value.value is True
                assert not (keyword.arg in FORBIDDEN_FLAGS and is_true), f"line {node.lineno}: {keyword.arg}=True"


def is_setter(node: ast.FunctionDef) -> bool:
    """Whether the method only writes a property, which is documented where it is read."""
    return any(ast.unparse(decorator).endswith(".setter") for decorator in node.decorator_list)


def overrides(node: ast.FunctionDef, bases: set[str], documented: set[str]) -> bool:
    """Whether a method of the same name is documented in a base class somewhere in the project."""
    return bool(bases) and node.name in documented


def documented_methods() -> set[str]:
    return {
        method.name
        for path in SOURCES
        for cls in ast.walk(tree(path))
        if isinstance(cls, ast.ClassDef)
        for method in cls.body
        if isinstance(method, ast.FunctionDef) and ast.get_docstring(method)
    }


DOCUMENTED = documented_methods()
IMPLEMENTATIONS = tuple(f"kernels/{name}_backend/" for name in backends.names())


@sources
def test_modules_and_public_functions_are_documented(path):
    module, name = tree(path), name_of(path)
    assert ast.get_docstring(module), "the module says nothing about itself"
    for node in module.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            kernel = isinstance(node, ast.FunctionDef) and name.startswith(IMPLEMENTATIONS)  # the contract documents it
            test = name.startswith("bench/") and node.name.startswith("test_")
            assert kernel or test or ast.get_docstring(node), node.name
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and not method.name.startswith("_") and not is_setter(method):
                    bases = {ast.unparse(base) for base in node.bases}
                    assert ast.get_docstring(method) or overrides(method, bases, DOCUMENTED), method.name


WORDS = ("/work/", "/tmp/", "TODO", "FIXME", "XXX")


@everything
def test_no_file_names_this_machine_or_leaves_work_undone(path):
    if path.name == "test_house.py":
        return
    text = path.read_text(encoding="utf-8")
    assert [word for word in WORDS if word in text] == []


def loaded_by(code: str) -> set[str]:
    """Top-level modules that a fresh Python has loaded after running the code."""
    script = f"{code}\nimport sys; print(*sorted({{m.partition('.')[0] for m in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


HEAVY = {"numba", "llvmlite", "PIL", "h5py", "rich", "scipy", "pandas", "tensorflow", "keras", "torch", "Cython"}


def test_importing_the_package_loads_nothing_heavy():
    assert not loaded_by("import fastcnn") & HEAVY


def test_building_a_model_on_numpy_loads_no_other_backend():
    code = "import fastcnn\nfrom fastcnn import layers\nfastcnn.set_backend('numpy')\n"
    code += "model = fastcnn.Sequential([layers.Input((4,)), layers.Dense(2)])\nmodel.compile('adam', 'mse')"
    assert not loaded_by(code) & HEAVY


def test_the_rules_look_at_files():
    assert len(SOURCES) > 80
    assert len(TESTS) > 20
