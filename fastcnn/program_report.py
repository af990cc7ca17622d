"""The kernels that a model's steps run, with what each costs: summary(fused=True)."""

from dataclasses import dataclass

from fastcnn.engine.calls import CallOp
from fastcnn.engine.program import Op, Program
from fastcnn.kernels.costs import Cost, cost
from fastcnn.reports import table


@dataclass(frozen=True)
class OpRow:
    """One op of a program as people read it.

    detail : what sets this call apart: window, tile, pooling, activation.
    output : shape of what it writes.
    """

    kernel: str
    layer: str
    detail: str
    output: tuple[int, ...]
    cost: Cost


def op_rows(program: Program) -> list[OpRow]:
    """The ops in running order, at the program's largest batch."""
    return [_row(op) for op in program.ops]


def _row(op: Op) -> OpRow:
    arrays = op.spec.arrays
    given = {n: t for n, t in op.args.items() if t is not None and arrays[n].direction != "work"}
    shapes = {name: arrays[name].canonical_shape(t.shape) for name, t in given.items()}
    itemsize = next(t.dtype.itemsize for n, t in given.items() if arrays[n].dtype == "real")
    written = next(t for n, t in given.items() if arrays[n].direction in ("out", "update"))
    if isinstance(op, CallOp):  # what a function does is not known, only what it is given
        return OpRow(op.kernel, op.layer, "", written.shape, Cost(0, sum(t.nbytes for t in given.values())))
    return OpRow(op.kernel, op.layer, _detail(op), written.shape, cost(op.kernel, shapes, itemsize, **op.params))


def _detail(op: Op) -> str:
    parts, weights = [], op.args.get("w") or op.args.get("dw")
    if weights is not None and len(weights.shape) == 4 and not op.changes_variable:
        parts.append("{}x{} window".format(*weights.shape[:2]))
    for name, word in (("strides", "strides"), ("dilation", "dilation"), ("pool_size", "pooling")):
        if op.params.get(name, (1, 1)) != (1, 1):
            parts.append(f"{word} {op.params[name][0]}x{op.params[name][1]}")
    if "tile" in op.params:
        parts.append(f"tile {op.params['tile']}x{op.params['tile']}")
    if op.params.get("activation", "linear") != "linear":
        parts.append(op.params["activation"])
    if "curve" in op.params:
        parts.append(op.params["curve"])
    if op.params.get("masked") or ("backward_input" in op.kernel and op.args.get("x") is not None):
        parts.append("relu's gradient")
    if op.args.get("packed") is not None and "packed" not in op.outputs:
        parts.append("packed weights")
    return ", ".join(parts)


def program_lines(model: object, batch_size: int = 1) -> list[str]:
    """The kernels of a training step (once the model is compiled) and of a prediction, with their costs.

    Raises:
        RuntimeError: when the shape of the model's input is not known.
    """
    from fastcnn.training.execute import build_program

    if not model.built:
        raise RuntimeError("summary: give the model an input shape first, so that its program is known")
    backend, lines = model.get_backend(), []
    for mode, title in (("train", "Training step"), ("predict", "Prediction")):
        if mode == "train" and (model.loss_function is None or not model.trainable_weights):
            continue
        program = build_program(model, backend, mode, batch_size).runner.program
        lines += [f'{title} of "{model.name}", batch size {batch_size}, backend {backend.name}', *_lines(program), ""]
    return lines[:-1]


def _lines(program: Program) -> list[str]:
    rows = op_rows(program)
    shown = [
        (r.layer, r.kernel, r.detail, "x".join(map(str, r.output)), f"{r.cost.flops / 1e6:,.2f}",
         f"{r.cost.nbytes / 1e6:,.3f}")
        for r in rows
    ]  # fmt: skip
    flops, nbytes = sum(r.cost.flops for r in rows), sum(r.cost.nbytes for r in rows)
    lines = table(shown, ("layer", "kernel", "", "writes", "MFLOP", "MB"), right=3)
    if program.constants:
        lines.append(f"when weights have changed: {', '.join(op.kernel for op in program.constants)}")
    return [*lines, f"{len(rows)} kernels, {flops / 1e6:,.2f} MFLOP, {nbytes / 1e6:,.3f} MB"]
