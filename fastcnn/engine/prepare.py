"""What a step need not do: ops that depend on variables alone, and a constant scaling of its input.

The former move to `program.constants`, write into memory of their own, and run again only after variables have changed;
among them are those that pack a prediction's weights. The latter is done where the batch is copied into the program.
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


def scale_into_input(program: Program, backend: Backend) -> None:
    """A first scale_forward (Rescaling) -> `scaling` of the input, applied while the batch is copied in.

    Condition: nothing else reads the input, and its gradient is not wanted.
    """
    for name, x in list(program.inputs.items()):
        readers = program.uses(x)
        if len(readers) != 1 or readers[0].kernel != "scale_forward" or x.trainable or program.is_output(x):
            continue
        scaled, params = readers[0].args["y"], readers[0].params
        if readers[0].args["x"] is x and scaled.base is None and not program.is_output(scaled):
            replace(program, readers[0], [])
            scaled.is_input, scaled.scaling = True, (params["scale"], params["offset"])
            program.inputs[name] = scaled


def _from_variables(op: Op) -> bool:
    """Random keys are constants by their memory only: they change from step to step."""
    return "key" not in op.args


def _pack_weights(program: Program, backend: Backend) -> None:
    for op in [op for op in program.ops if op.kernel in PACKING]:
        kernel, shared = PACKING[op.kernel]
        if not backend.offers(kernel):
            continue
        w, params = op.args["w"], {name: op.params[name] for name in shared}
        packed = Tensor((backend.packed_size(kernel, w.shape, **params),), w.dtype, "packed", batched=False)
        pack = Op(kernel, {"w": w, "packed": packed}, params, op.layer)
        replace(program, op, [pack, with_kernel(op, op.kernel, op.params, packed=packed)])
