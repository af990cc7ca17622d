"""What a prediction program need not do each time: weights in packed form, and ops that depend on variables alone.

They move to `program.constants`, write into memory of their own, and run again only after variables have changed.
"""

import numpy as np

from fastcnn.engine.program import Op, Program, Tensor
from fastcnn.engine.rewrite import replace, with_kernel
from fastcnn.kernels.backends import Backend

PACKING = {  # a product's kernel -> the kernel that packs its weights, and the parameters that both know
    "conv2d_fused_forward": ("conv2d_pack_weights", ("groups",)),
    "winograd_forward": ("winograd_pack_weights", ("tile",)),
}


def prepare(program: Program, backend: Backend) -> None:
    """Moves what depends on variables alone out of the step.

    Condition: the program changes no variable, so a change comes from outside and is noticed (Variable.changes).
    """
    if any(op.changes_variable for op in program.ops):
        return
    _pack_weights(program, backend)
    known: set[int] = set()  # ids of the roots of prepared tensors
    for op in list(program.ops):
        inputs = op.inputs.values()
        if inputs and all(t.root.value is not None or id(t.root) in known for t in inputs) and _from_variables(op):
            for tensor in op.outputs.values():
                tensor.root.value = np.empty(tensor.root.shape, tensor.dtype)
                known.add(id(tensor.root))
            replace(program, op, [])
            program.constants.append(op)


def _from_variables(op: Op) -> bool:
    """Random keys are constants by their memory only: they change from step to step."""
    return "key" not in op.args


def _pack_weights(program: Program, backend: Backend) -> None:
    for op in list(program.ops):
        kernel, shared = PACKING.get(op.kernel, ("", ()))
        if not backend.offers(kernel) or op.args["packed"] is not None:
            continue
        w, params = op.args["w"], {name: op.params[name] for name in shared}
        packed = Tensor((backend.packed_size(kernel, w.shape, **params),), w.dtype, "packed", batched=False)
        pack = Op(kernel, {"w": w, "packed": packed}, params, op.layer)
        replace(program, op, [pack, with_kernel(op, op.kernel, op.params, packed=packed)])
