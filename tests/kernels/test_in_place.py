"""An output may be the very same array as the input that the contract names for it: the result has the same bits."""

import numpy as np
import pytest

from fastcnn.kernels import backends
from fastcnn.kernels.contract import KERNELS
from tests.kernels.cases import all_cases, arrays, offered

BACKENDS = [name for name, reason in backends.available().items() if reason is None]
ALIASES = [
    (kernel.name, output, spec.may_alias)
    for kernel in KERNELS.values()
    for output, spec in kernel.arrays.items()
    if spec.may_alias
]
CASES = all_cases()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("kernel", "output", "source"), ALIASES)
@pytest.mark.parametrize("name", BACKENDS)
def test_an_output_may_take_its_inputs_place(name, kernel, output, source, dtype):
    backend, argument_names = backends.load(name), list(KERNELS[kernel].arrays)
    if not backend.offers(kernel):
        assert KERNELS[kernel].optional
        return
    fitting = [c for c in CASES if c.kernel == kernel and c.shapes.get(output) == c.shapes[source]]  # none that pools
    assert fitting
    for case in (c for c in fitting if offered(backend, c)):
        apart, together = (dict(zip(argument_names, arrays(case, dtype), strict=True)) for _ in range(2))
        if together[source].dtype != together[output].dtype:  # a photo of bytes
            continue
        together[output] = together[source]
        for given in (apart, together):
            getattr(backend, kernel)(*given.values(), **case.params)
        for argument in set(argument_names) - {source}:
            np.testing.assert_array_equal(together[argument], apart[argument], err_msg=f"{case}: {argument}")
