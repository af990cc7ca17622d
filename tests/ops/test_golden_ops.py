"""Values, shapes and types of functions against Keras's own, recorded in golden/ops.npz."""

import numpy as np
import pytest

import fastcnn
from fastcnn import backend, ops
from tests.helpers import from_json, golden

FILE = golden("ops")
CASES = from_json(FILE, "cases")
COUNTED = ("argmax", "argmin", "argsort", "count_nonzero")  # int64 here as in NumPy, int32 in Keras


def covered(number: int):
    module, name, args, kwargs = CASES[number]
    marks = [pytest.mark.covers(f"backend.{name}")] if module == "backend" else []
    return pytest.param(number, id=f"{module}.{name}-{args}-{kwargs}", marks=marks)


@pytest.mark.parametrize("number", [covered(number) for number in range(len(CASES))])
def test_the_value_is_kerass(number):
    module, name, args, kwargs = CASES[number]
    given = [FILE[a] if isinstance(a, str) and a in FILE else a for a in args]
    found = np.asarray(getattr({"ops": ops, "backend": backend}[module], name)(*given, **kwargs))
    expected = FILE[f"result/{number}"]
    assert found.shape == expected.shape
    assert found.dtype == expected.dtype or name in COUNTED
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_modules_are_found_by_name():
    assert (fastcnn.ops, fastcnn.backend) == (ops, backend)
