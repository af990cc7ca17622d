"""fit: epochs, steps, callbacks and validation, in Keras's order."""

import math
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from fastcnn.activations import softmax
from fastcnn.callbacks import CallbackList, TerminateOnNaN
from fastcnn.training.execute import NonFiniteLossError, require_one_output
from fastcnn.training.interrupt import StopAfterStep
from fastcnn.training.run import Run
from fastcnn.training.source import Batch, Source
from fastcnn.training.weights import combine

_LABELS_AT_ONCE = 4096  # checked together: as targets, many labels of many classes would take gigabytes


@dataclass
class Plan:
    """What one call of fit is to do."""

    source: Source
    epochs: int
    initial_epoch: int = 0
    steps: int | None = None
    validation: Source | None = None
    validation_steps: int | None = None
    validation_freq: object = 1
    class_weight: object = None


def check_shapes(model: object, *sources: Source | None) -> None:
    """Raises ValueError, before the first step, when inputs are not what the model takes; says whose they are."""
    for source in sources:
        shape = None if source is None else source.sample_shape()
        if shape is not None and tuple(shape) != model.input_shape[1:]:
            raise ValueError(
                f"the model expects inputs of shape {('batch', *model.input_shape[1:])}. Received: "
                f"{('batch', *shape)} from {source.origin}. {_advice(model.input_shape[1:], shape, source.samples)}"
            )


def check_labels(model: object, *sources: Source | None) -> None:
    """Raises ValueError, before the first step, when labels cannot fit the loss and the output; says whose they are."""
    require_one_output(model)
    if model.output_shape[-1] == 1 and getattr(model.layers[-1], "activation", None) is softmax:
        text = "softmax over one unit is always 1, so nothing can be learnt: use activation='sigmoid' for two classes"
        warnings.warn(text, stacklevel=4)
    for source in sources:
        labels = None if source is None else source.sample_labels()
        for start in range(0, 0 if labels is None else len(labels), _LABELS_AT_ONCE):
            part = labels[start : start + _LABELS_AT_ONCE]
            try:
                model.loss_function.targets(part, (len(part), *model.output_shape[1:]))
            except ValueError as error:
                raise ValueError(f"labels of {source.origin}: {error}") from None


def _advice(expected: tuple[int, ...], received: tuple[int, ...], samples: int | None) -> str:
    if tuple(expected) == (samples, *received):
        return "A single image needs a batch axis: x[np.newaxis]."
    if len(expected) == len(received) == 3 and expected[2] == received[2]:
        return f"Resize them (target_size={expected[:2]}), or use input_shape={tuple(received)} in the first layer."
    if len(expected) == len(received) + 1 and expected[-1] == 1:
        return "Add the channel axis: x[..., np.newaxis]."
    if len(expected) == len(received) == 3:
        return "The last axis holds the channels: 3 for color_mode='rgb', 1 for 'grayscale'."
    return "Change the data's shape, or input_shape in the first layer."


def announce(source: Source, steps: int | None) -> str | None:
    """One line on how much work steps_per_epoch means, when it is more than one pass over the data."""
    if not source.endless or steps is None or steps <= source.steps or not source.batch_size or not source.samples:
        return None
    images = steps * source.batch_size
    passes = f"{images / source.samples:,.1f}".removesuffix(".0")
    return f"{steps:,} steps x {source.batch_size} = {images:,} images = {passes} passes over {source.samples:,} files"


def fit(model: object, plan: Plan, callbacks: CallbackList) -> None:
    """Trains; afterwards `callbacks.history` holds the record."""
    model.stop_training = False
    run = model.training_run = Run(model, plan, callbacks)
    run.look_for_backup()
    callbacks.on_train_begin()
    run.restore_callbacks()
    logs: dict[str, float] = {}
    with StopAfterStep() as interrupt:
        try:
            while run.epoch < plan.epochs and not model.stop_training:
                logs = _epoch(model, run, interrupt) or logs
            model.optimizer.finalize_variable_values(model.trainable_weights)
            run.finished = True
        finally:
            callbacks.on_train_end(logs)
            model.training_run = None


def _epoch(model: object, run: Run, interrupt: StopAfterStep) -> dict[str, float] | None:
    """One epoch with its validation; its logs, or None if there were no data for it."""
    plan, callbacks, epoch = run.plan, run.callbacks, run.epoch
    callbacks.on_epoch_begin(epoch)
    logs = _train_epoch(model, run, interrupt)
    if run.step == 0:
        if epoch == plan.initial_epoch:
            raise ValueError(f"{plan.source.origin} has no batches left; it must yield enough for every epoch")
        model.stop_training = True
        return None
    if plan.validation is not None and _due(plan.validation_freq, epoch):
        found = evaluate(model, plan.validation, plan.validation_steps, callbacks, interrupt)
        logs |= {f"val_{name}": value for name, value in found.items()}
    run.end_epoch()
    callbacks.on_epoch_end(epoch, logs)
    return logs


def _due(frequency: object, epoch: int) -> bool:
    return (epoch + 1) % frequency == 0 if isinstance(frequency, int) else epoch + 1 in frequency


def _train_epoch(model: object, run: Run, interrupt: StopAfterStep) -> dict[str, float]:
    tally, plan, callbacks, epoch = model.tally, run.plan, run.callbacks, run.epoch
    allow_nan = any(isinstance(c, TerminateOnNaN) for c in callbacks.callbacks)
    batches = run.begin_epoch()
    for step, (x, y, weights) in enumerate(_labelled(plan.source, batches), run.step):
        callbacks.on_train_batch_begin(step)
        weights = combine(y, weights, plan.class_weight)
        try:
            loss, predictions = model.executor.train(x, y, weights, allow_nan)
        except NonFiniteLossError as error:
            raise NonFiniteLossError(
                f"epoch {epoch + 1}, step {step + 1}: {error}. The weights are those from before this step"
            ) from None
        tally.update(loss, y, predictions, weights)
        run.step = step + 1
        callbacks.on_train_batch_end(step, tally.logs())
        interrupt.check()
        if model.stop_training:
            break
    return tally.logs()


def _labelled(source: Source, batches: Iterator[Batch]) -> Iterator[Batch]:
    for x, y, weights in batches:
        if y is None:
            raise ValueError(f"{source.origin} gives batches without labels; training needs (x, y)")
        yield x, y, weights


def evaluate(
    model: object,
    source: Source,
    steps: int | None,
    callbacks: CallbackList,
    interrupt: StopAfterStep | None = None,
) -> dict[str, float]:
    """Loss and metrics over one pass, or over `steps` batches from the beginning; {} if there are no batches."""
    tally = model.new_tally()
    source.restart()
    callbacks.on_test_begin()
    for step, (x, y, weights) in enumerate(_labelled(source, source.batches(steps))):
        callbacks.on_test_batch_begin(step)
        loss, predictions = model.executor.test(x, y, weights)
        tally.update(loss, y, predictions, weights)
        callbacks.on_test_batch_end(step, tally.logs())
        if interrupt is not None:
            interrupt.check()
    logs = tally.logs() if tally.samples else {}
    callbacks.on_test_end(logs)
    return logs


def whole_steps(name: str, value: object) -> int | None:
    """steps_per_epoch and its like as a whole number; fractions (images / batch_size) count as a last, partial step.

    Raises:
        ValueError: unless it is a positive number or None.
    """
    if value is None:
        return None
    try:
        steps = math.ceil(value)
    except TypeError:
        steps = 0
    if steps < 1:
        raise ValueError(f"{name} must be a positive number of batches. Received: {value!r}")
    return steps
