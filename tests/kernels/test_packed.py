"""Weights packed beforehand give the very bits that weights packed during the call do; packing stays in its array."""

import numpy as np
import pytest

from fastcnn.kernels import backends
from fastcnn.kernels.contract import KERNELS
from tests.kernels.cases import all_cases, arrays, offered

PACKED = [
    n for n, reason in backends.available().items() if not reason and backends.load(n).offers("conv2d_pack_weights")
]
NAMES = list(KERNELS["conv2d_fused_forward"].arrays)
BORDER = 64


def packed_weights(backend: backends.Backend, w: np.ndarray, groups: int) -> np.ndarray:
    """What the backend makes of w, in the middle of an array whose borders it must leave alone."""
    size = backend.packed_size("conv2d_pack_weights", w.shape, groups=groups)
    memory = np.full(size + 2 * BORDER, 77, w.dtype)
    packed = memory[BORDER : BORDER + size]
    backend.conv2d_pack_weights(w, packed, groups=groups)
    assert (memory[:BORDER] == 77).all()
    assert (memory[BORDER + size :] == 77).all()
    return packed


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", PACKED)
def test_packed_weights_give_the_same_bits(name, dtype):
    backend = backends.load(name)
    cases = [case for case in all_cases() if case.kernel == "conv2d_fused_forward" and offered(backend, case)]
    assert cases
    for case in cases:
        plain, given = (dict(zip(NAMES, arrays(case, dtype), strict=True)) for _ in range(2))
        backend.conv2d_fused_forward(*plain.values(), **case.params)
        given["packed"] = packed_weights(backend, given["w"], case.params["groups"])
        given["w"][...] = np.nan  # they are not read again
        backend.conv2d_fused_forward(*given.values(), **case.params)
        for output in ("y", "argmax"):
            np.testing.assert_array_equal(given[output], plain[output], err_msg=f"{case}: {output}")
