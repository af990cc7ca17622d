"""Every backend agrees with NumPy on every kernel, case and type, and leaves its inputs alone."""

import inspect

import numpy as np
import pytest

from fastcnn.kernels import backends
from fastcnn.kernels.arrays import Out
from fastcnn.kernels.contract import KERNELS
from tests.kernels.cases import Case, all_cases, arrays, offered
from tests.kernels.unfused import UNFUSED

CASES = all_cases()
BACKENDS = [name for name, reason in backends.available().items() if reason is None]
FAST = [name for name in BACKENDS if name != "numpy"]
# A packed order is a backend's own: what comes of packed weights is compared, in each kernel's own tests.
COMPARED = sorted(name for name, k in KERNELS.items() if not ("packed" in k.arrays and k.arrays["packed"] == Out(1)))


def tolerance(dtype: str, case: Case) -> float:
    """A random walk of `terms` roundings, 16 units in the last place each; exp and log cost a few more."""
    return 16 * case.slack * {"float32": 1.2e-7, "float64": 2.2e-16}[dtype] * (1 + case.terms**0.5)


def reference(case: Case, given: list) -> list:
    """What NumPy makes of the same arguments; the optional fused kernels are spelt out in NumPy's single ones."""
    made = [None if a is None else a.copy() for a in given]
    numpy = backends.load("numpy")
    if case.kernel not in UNFUSED:
        getattr(numpy, case.kernel)(*made, **case.params)
        return made
    UNFUSED[case.kernel](dict(zip(KERNELS[case.kernel].arrays, made, strict=True)), case.params)
    return made


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kernel", COMPARED)
@pytest.mark.parametrize("name", FAST)
def test_backend_agrees_with_numpy(name, kernel, dtype):
    backend, count = backends.load(name), 0
    if not backend.offers(kernel):
        assert KERNELS[kernel].optional
        return
    for number, case in enumerate(c for c in CASES if c.kernel == kernel):
        if not offered(backend, case):
            continue
        given = arrays(case, dtype, seed=number)
        before = [None if a is None else a.copy() for a in given]
        expected = reference(case, given)
        getattr(backend, kernel)(*given, **case.params)
        for (arg, spec), got, old, want in zip(KERNELS[kernel].arrays.items(), given, before, expected, strict=True):
            if got is None or spec.direction == "work":
                continue
            if spec.direction == "in":
                np.testing.assert_array_equal(got, old, err_msg=f"{case} changed its input {arg}")
            else:
                scale = np.abs(want[np.isfinite(want)]).max(initial=1e-3) if want.dtype.kind == "f" else 1
                limit = tolerance("float32" if want.dtype == np.float32 else "float64", case)
                np.testing.assert_allclose(got, want, rtol=limit, atol=limit * scale, err_msg=f"{case}: {arg}")
        count += 1
    assert count > 0, f"no case for {kernel}"


@pytest.mark.parametrize("kernel", sorted(KERNELS))
@pytest.mark.parametrize("name", BACKENDS)
def test_backend_has_the_contracts_signature(name, kernel):
    raw = backends.load(name).raw.get(kernel)
    if raw is None:
        assert KERNELS[kernel].optional
        return
    expected = inspect.signature(KERNELS[kernel].rule).parameters.values()
    got = inspect.signature(raw).parameters.values()
    assert [(p.name, p.kind, p.default) for p in got] == [(p.name, p.kind, p.default) for p in expected]
