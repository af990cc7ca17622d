"""Tables of text, and what memory a model needs: memory_report()."""

from dataclasses import dataclass

import numpy as np


def table(
    rows: list[tuple[str, ...]], header: tuple[str, ...], line_length: int | None = None, right: int = 1
) -> list[str]:
    """Columns as wide as their longest cell; the last `right` columns to the right."""
    widths = [max(len(row[i]) for row in (*rows, header)) for i in range(len(header))]
    if line_length:
        widths[0] = max(widths[0], line_length - sum(widths[1:]) - 2 * len(widths))
    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))

    def line(row: tuple[str, ...]) -> str:
        left = len(row) - right
        cells = [cell.ljust(width) for cell, width in zip(row[:left], widths, strict=False)]
        cells += [cell.rjust(width) for cell, width in zip(row[left:], widths[left:], strict=True)]
        return "  ".join(cells)

    return [rule, line(header), rule, *(line(row) for row in rows), rule]


def size(nbytes: int) -> str:
    """Bytes for people: 1,024 of a unit make the next."""
    value, units = float(nbytes), ["B", "KB", "MB", "GB"]
    while value >= 1024 and len(units) > 1:
        value /= 1024
        units.pop(0)
    return f"{value:.0f} B" if units[0] == "B" else f"{value:.2f} {units[0]}"


@dataclass(frozen=True)
class MemoryReport:
    """Bytes that a model needs in training.

    arena : what activations, gradients and work memory share; `unshared` is what they would take each on their own.
    """

    batch_size: int
    weights: int
    optimizer: int
    arena: int
    unshared: int

    @property
    def total(self) -> int:
        """Weights, optimizer state and arena."""
        return self.weights + self.optimizer + self.arena

    def __str__(self) -> str:
        rows = [
            ("weights", size(self.weights)),
            ("optimizer state", size(self.optimizer)),
            (f"activations and gradients (unshared {size(self.unshared)})", size(self.arena)),
            ("total", size(self.total)),
        ]
        return "\n".join(table(rows, (f"Training, batch size {self.batch_size}", "memory")))


def memory_report(model: object, batch_size: int = 32) -> MemoryReport:
    """Lays the training program out without allocating it.

    Raises:
        RuntimeError: when the model is not compiled, or its input's shape is not known.
    """
    from fastcnn.training.execute import build_program

    if model.loss_function is None or not model.built:
        raise RuntimeError("memory_report: give the model an input shape and call compile first")
    runner = build_program(model, model.get_backend(), "train", batch_size).runner
    return MemoryReport(
        batch_size,
        sum(w.value.nbytes for w in model.weights),
        sum(s.value.nbytes for s in model.optimizer.variables),
        runner.memory.nbytes,
        int(np.sum([t.nbytes for t in runner.program.tensors()])),
    )
