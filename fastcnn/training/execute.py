"""One step of a model: which program, in which memory, and what comes out of it."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from fastcnn import config, penalties
from fastcnn.engine import algorithms, fuse, gradients
from fastcnn.engine.memory import Arena
from fastcnn.engine.program import Builder, Op, Program, Tensor
from fastcnn.engine.run import Runner
from fastcnn.engine.variable import Variable
from fastcnn.kernels.backends import Backend
from fastcnn.optimizers.updates import Updates


class NonFiniteLossError(FloatingPointError):
    """A loss that is NaN or infinite. The weights are those from before the step."""


@dataclass
class _Bound:
    """A runner and the tensors that the outside world reads and writes."""

    runner: Runner
    x: Tensor
    ys: list[Tensor]
    targets: Tensor | None = None
    scale: Tensor | None = None
    losses: Tensor | None = None
    penalties: Sequence[Tensor] = ()
    loss: Op | None = None

    @property
    def y(self) -> Tensor:
        """The output; the first one of several."""
        return self.ys[0]

    def outputs(self, batch: int) -> np.ndarray | list[np.ndarray]:
        """Copies of what a step of `batch` samples made: an array, or a list for several outputs."""
        found = [self.runner.array(y, batch).copy() for y in self.ys]
        return found[0] if len(found) == 1 else found


class Executor:
    """Runs a built model's steps; keeps one program each for training, testing and prediction, in one arena.

    Steps asked for by several threads take turns.

    model : a Sequential; its layers, loss and optimizer are read when a program is made.
    """

    def __init__(self, model: object):
        self.model = model
        self._programs: dict[tuple, _Bound] = {}  # (mode, backend's name, config's stamp) -> program
        self._arena = Arena()
        self._lock = threading.Lock()

    def clear(self) -> None:
        """Forgets the programs and their memory; weights and slots stay."""
        with self._lock:
            self._programs.clear()
            self._arena = Arena()

    def predict(self, x: np.ndarray) -> np.ndarray | list[np.ndarray]:
        """Outputs (n, ...) for a batch x (n, ...); a list for several outputs."""
        with self._lock:
            bound = self.program("predict", len(x))
            self._fill(bound, x)
            bound.runner.forward(len(x))
            return bound.outputs(len(x))

    def test(self, x: np.ndarray, y: np.ndarray, weights: np.ndarray | None) -> tuple[float, np.ndarray]:
        """Loss of a batch and its outputs, without training."""
        with self._lock:
            bound = self.program("test", len(x))
            self._fill(bound, x, y, weights)
            bound.runner.forward(len(x))
            return self._loss(bound, len(x)), bound.outputs(len(x))

    def train(
        self, x: np.ndarray, y: np.ndarray, weights: np.ndarray | None, allow_nan: bool = False
    ) -> tuple[float, np.ndarray]:
        """One step: loss before the update, outputs.

        Raises:
            NonFiniteLossError: when the loss is NaN or infinite, before any weight is touched; with allow_nan the loss
                is returned and the update left out.
        """
        with self._lock:
            optimizer = self.model.optimizer
            bound = self.program("collect" if optimizer.collects else "train", len(x))
            self._fill(bound, x, y, weights)
            optimizer.begin_step()
            for key in bound.runner.program.keys:
                key[1] = optimizer.steps & 0xFFFFFFFF
            bound.runner.forward(len(x))
            loss = self._loss(bound, len(x))
            predictions = bound.outputs(len(x))
            if np.isfinite(loss):
                bound.runner.backward(len(x))
                Variable.changed()
                optimizer.end_step()
            elif not allow_nan:
                raise NonFiniteLossError(f"loss is {loss}; {self._blame(bound, x, optimizer.learning_rate)}")
            return loss, predictions

    def timed(self, x: np.ndarray, y: np.ndarray | None = None) -> list[float]:
        """Runs a training step, or without y a prediction; the seconds of each op of the program."""
        with self._lock:
            bound = self.program("predict" if y is None else "train", len(x))
            self._fill(bound, x, y)
            if y is not None:
                self.model.optimizer.begin_step()
            seconds = bound.runner.timed(len(x))
            if y is not None:
                Variable.changed()
                self.model.optimizer.end_step()
            return seconds

    def program(self, mode: str, batch: int) -> _Bound:
        """The program for steps of up to `batch` samples; made on first use, or again for a larger batch."""
        backend = self.model.get_backend()
        key = (mode, backend.name, config.stamp())
        bound = self._programs.get(key)
        if bound is None or bound.runner.program.batch < batch:
            for other in self._programs.values():  # so that the arena's old memory is free when it has to grow
                other.runner.unbind()
            bound = build_program(self.model, backend, mode, batch, self._arena)
            self._programs[key] = bound
        return bound

    def _fill(
        self, bound: _Bound, x: np.ndarray, y: np.ndarray | None = None, weights: np.ndarray | None = None
    ) -> None:
        """Copies a batch into the program's inputs."""
        n, array = len(x), bound.runner.array
        bound.runner.fill(bound.x, x)
        if bound.loss is None:
            return
        loss, shape = self.model.loss_function, bound.y.shape_for(n)
        targets = loss.targets(y, shape, bound.y.dtype.name)
        if bound.targets is None:
            bound.loss.call.labels = targets
        else:
            np.copyto(array(bound.targets, n), targets)
        loss.weigh(array(bound.scale, n), weights, targets)
        if self.model.loss_weight != 1:
            array(bound.scale, n)[...] *= self.model.loss_weight

    def _loss(self, bound: _Bound, n: int) -> float:
        losses, scale = (bound.runner.array(t, n) for t in (bound.losses, bound.scale))
        penalties = sum(float(bound.runner.array(t, n)[0]) for t in bound.penalties)
        return float(np.dot(losses.ravel().astype(np.float64), scale.ravel().astype(np.float64))) + penalties

    def _blame(self, bound: _Bound, x: np.ndarray, rate: float) -> str:
        """Where the first value that is not finite comes from."""
        if not np.isfinite(x).all():
            bad = np.flatnonzero(~np.isfinite(np.asarray(x, np.float64)).reshape(len(x), -1).all(axis=1))
            return f"the data hold NaN or infinity (sample {bad[0]} of this batch)"
        for variable in self.model.weights:
            if not np.isfinite(variable.value).all():
                return f"the weights {variable.name!r} are not finite; load a good checkpoint"
        bound.runner.fill(bound.x, x)  # its memory may have been used again
        layer = bound.runner.first_non_finite(len(x))
        where = f"first in the output of {layer!r}" if layer else "in the sum of the losses"
        return f"{where} (learning rate {rate:g}; a smaller one may help)"


def build_program(model: object, backend: Backend, mode: str, batch: int, arena: Arena | None = None) -> _Bound:
    """Lowers a built model to a runner in `arena`; mode is "train", "collect", "test" or "predict".

    The steps of "collect" only add their gradients to those of a later step of "train".
    """
    training = mode in ("train", "collect")
    builder = Builder(batch, model.dtype, training, model.trainable_weights if training else ())
    builder.penalties = None if mode == "predict" else []
    x = builder.input("x", model.input_shape[1:])
    ys = model.lower_outputs(builder, x)
    program, y = builder.program, ys[0]
    program.outputs.update({f"y{number}": tensor for number, tensor in enumerate(ys)})
    bound = _Bound(None, x, ys)
    if mode != "predict":
        require_one_output(model)
        if model.loss_function.kernel:
            bound.targets = builder.input("targets", y.shape[1:])
        bound.scale = builder.input("scale", y.shape[1:-1])
        builder.layer = "loss"
        loss = fuse.fuse_loss(program, model.loss_function.lower(builder, y, bound.targets))
        bound.loss = loss
        bound.losses = program.outputs["losses"] = loss.args.get("losses") or loss.args["y"]
        program.outputs["scale"] = bound.scale  # read once more when the losses are added up
        of_activities = list(builder.penalties)
        penalties.add_weights(builder, model.trainable_weights)
        bound.penalties = builder.penalties
        program.outputs.update({f"penalty {number}": penalty for number, penalty in enumerate(bound.penalties)})
    for rule in fuse.BEFORE_GRADIENT if config.fuse else ():
        rule(program, backend)
    if training:
        add_training(builder, loss, model, of_activities, mode == "collect")
    rewrite(program, backend)
    bound.x = program.inputs["x"]
    bound.runner = Runner(program, backend, arena)
    return bound


def require_one_output(model: object) -> None:
    """Raises ValueError for a model that can only predict."""
    if isinstance(model.output_shape, list):
        count = len(model.output_shape)
        raise ValueError(f"training and evaluation need a model of one output. {model.name!r} has {count}")


def rewrite(program: Program, backend: Backend) -> None:
    """Turns a finished program into the one that runs, as far as the settings allow."""
    for rule in fuse.KERNEL_RULES if config.fuse else ():
        rule(program, backend)
    if config.winograd is not False:
        algorithms.choose_winograd(program, backend, everywhere=config.winograd is True)
    for rule in fuse.LAST_RULES if config.fuse else ():
        rule(program, backend)


def add_training(
    builder: Builder, loss: Op, model: object, of_activities: Iterable[Tensor], collecting: bool = False
) -> None:
    """Adds gradients and updates, each update as soon as its gradient is there."""
    model.optimizer.build(model.trainable_weights)
    updates = Updates(builder, model.optimizer, collecting)
    waiting = {id(v.value): v for v in model.trainable_weights}

    def update(w: Tensor, dw: Tensor | None) -> None:
        variable = waiting.pop(id(w.value))
        updates.add(variable, penalties.added(builder, variable, dw))

    gradients.add_backward(builder, loss, update, of_activities)
    for variable in [v for v in waiting.values() if v.regularizer is not None]:  # the penalty alone moves them
        update(builder.variable(variable), None)
    updates.finish()
