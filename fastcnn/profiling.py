"""Where a step's time goes: every kernel's time beside what the machine could do at best.

A kernel's limit is its arithmetic at the peak rate or its bytes at main memory's bandwidth, whichever takes longer
(the roofline; source: Williams, Waterman and Patterson 2009). Faster algorithms and arrays in cache pass 100 %.
"""

import time
from dataclasses import dataclass

import numpy as np

from fastcnn.kernels.threads import get_num_threads
from fastcnn.program_report import OpRow, op_rows
from fastcnn.reports import table

SECONDS, LEAST_STEPS = 2.0, 5


@dataclass(frozen=True)
class Machine:
    """GFLOP/s in the model's type and GB/s (10**9), of the threads in use."""

    gflops: float
    bandwidth: float


@dataclass(frozen=True)
class Profile:
    """The fastest time of every op, and of a whole step with what is done around the ops.

    machine : None when its limits could not be measured.
    """

    title: str
    rows: list[OpRow]
    seconds: list[float]
    step: float
    machine: Machine | None

    def limit(self, number: int) -> float:
        """Least seconds that op `number` could take."""
        return self.rows[number].cost.seconds(self.machine.gflops, self.machine.bandwidth)

    @property
    def bottleneck(self) -> int:
        """The op that would gain most by reaching its limit; the slowest one when the limit is not known."""
        gains = self.seconds
        if self.machine is not None:
            gains = [seconds - self.limit(number) for number, seconds in enumerate(self.seconds)]
        return max(range(len(gains)), key=gains.__getitem__)


def machine_limits(itemsize: int) -> Machine | None:
    """Measures this machine with the threads in use, in a second or two; None without Numba."""
    try:
        from fastcnn.kernels import peak
    except ImportError:
        return None
    threads = get_num_threads()
    return Machine(peak.fma_gflops(threads, repeats=30) * 4 / itemsize, peak.bandwidth(threads, repeats=20))


def profile(model: object, x: np.ndarray, y: np.ndarray | None = None, seconds: float = SECONDS) -> Profile:
    """Profiles training steps on a batch (its weights change), or predictions when y is None.

    x : (n, ...); y : as train_on_batch takes it.
    seconds : how long to repeat; the fastest time of each op counts.
    """
    whole = (lambda: model.predict_on_batch(x)) if y is None else (lambda: model.train_on_batch(x, y))
    whole()
    program = model.executor.program("predict" if y is None else "train", len(x)).runner.program
    best = np.full(len(program.ops), np.inf)
    step, steps, end = np.inf, 0, time.perf_counter() + seconds
    while steps < LEAST_STEPS or time.perf_counter() < end:
        np.minimum(best, model.executor.timed(x, y), out=best)
        start = time.perf_counter()
        whole()
        step, steps = min(step, time.perf_counter() - start), steps + 1
    what = "prediction" if y is None else "training step"
    title = f"{what} of {model.name!r}, batch size {len(x)}, {model.get_backend().name}, {get_num_threads()} thread(s)"
    return Profile(title, op_rows(program), best.tolist(), float(step), machine_limits(program.dtype.itemsize))


def labels_for(model: object, size: int) -> np.ndarray:
    """Random labels that the model's loss takes.

    Raises:
        ValueError: when neither class numbers nor one row a sample are accepted.
    """
    rng, shape = np.random.default_rng(0), (size, *model.output_shape[1:])
    classes = rng.integers(0, max(shape[-1], 2), (size, 1))
    for labels in (classes, np.eye(max(shape[-1], 2), dtype="float32")[classes[:, 0]], rng.random(shape)):
        try:
            model.loss_function.targets(labels, shape)
        except ValueError:
            continue
        return labels
    raise ValueError(f"no labels are known for the loss {model.loss!r} and outputs of shape {model.output_shape}")


def profile_lines(found: Profile, by_time: bool = True) -> list[str]:
    """The table, in order of time or as the ops run; then the totals and the next bottleneck."""
    order = list(range(len(found.rows)))
    if by_time:
        order.sort(key=lambda number: -found.seconds[number])
    total, machine = sum(found.seconds), found.machine
    header = ("layer", "kernel", "", "ms", "share", "GFLOP/s", "GB/s", "of limit")
    lines = [found.title, *table([_cells(found, number, total) for number in order], header, right=5)]
    lines.append(f"kernels {total * 1e3:.3f} ms, whole step {found.step * 1e3:.3f} ms")
    slow = found.rows[found.bottleneck]
    name = f"{slow.kernel} of {slow.layer}"
    if machine is None:
        return [*lines, "The machine's limits are measured with Numba, which is not installed.", f"slowest: {name}"]
    limit = sum(found.limit(number) for number in order)
    gain = found.seconds[found.bottleneck] - found.limit(found.bottleneck)
    lines.append(f"machine: {machine.gflops:.0f} GFLOP/s, {machine.bandwidth:.0f} GB/s; all at their limits: "
                 f"{limit * 1e3:.3f} ms")  # fmt: skip
    if gain <= 0:
        return [*lines, "next bottleneck: none, every kernel is at its limit or beyond"]
    return [*lines, f"next bottleneck: {name}, {gain * 1e3:.3f} ms above its limit"]


def _cells(found: Profile, number: int, total: float) -> tuple[str, ...]:
    row, seconds = found.rows[number], found.seconds[number]
    share = "-" if found.machine is None else f"{found.limit(number) / seconds:.0%}"
    gflops = f"{row.cost.flops / seconds / 1e9:.1f}" if row.cost.flops else "-"
    times = (f"{seconds * 1e3:.4f}", f"{seconds / total:.0%}", gflops, f"{row.cost.nbytes / seconds / 1e9:.1f}", share)
    return row.layer, row.kernel, row.detail, *times
