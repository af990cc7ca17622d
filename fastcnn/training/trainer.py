"""compile, fit, evaluate, predict and their one-batch forms: the part of a model that trains."""

import warnings
from collections.abc import Sequence

import numpy as np

from fastcnn import config, losses, optimizers
from fastcnn.callbacks import CallbackList, History
from fastcnn.compat.callbacks import older_params
from fastcnn.compat.calls import accepts_old_names
from fastcnn.compat.methods import accepts_old_run
from fastcnn.random import generator
from fastcnn.training import loop, trial
from fastcnn.training.arguments import (
    check_validation_freq,
    joined,
    listed_metrics,
    loss_weight,
    one_kind_of_weights,
    result,
    split,
)
from fastcnn.training.execute import Executor
from fastcnn.training.run import Run
from fastcnn.training.source import Source
from fastcnn.training.sources import ArraySource, make_source
from fastcnn.training.tally import Tally
from fastcnn.training.weights import combine, weights_of_classes


class Trainer:
    """Mixed into models. A subclass has layers, input_shape, weights, trainable_weights, dtype and ensure_built(x)."""

    def __init__(self) -> None:
        self.optimizer: optimizers.Optimizer | None = None
        self.loss_function: losses.Loss | None = None
        self.loss: object = None
        self.loss_weight = 1.0
        self.history: History | None = None
        self.stop_training = False
        self.training_run: Run | None = None
        self.executor = Executor(self)
        self._metrics: tuple[list, list] = ([], [])
        self.tally = Tally([])

    @accepts_old_names
    def compile(
        self,
        optimizer: object = "rmsprop",
        loss: object = None,
        metrics: Sequence[object] | None = None,
        loss_weights: object = None,
        weighted_metrics: Sequence[object] | None = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: object = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Says how to train: optimizer, loss and metrics by name or as objects. Optimizer state starts afresh.

        loss_weights multiplies the loss: one number, for there is one output.
        run_eagerly, steps_per_execution and jit_compile are accepted and change nothing: every step is compiled; so is
        auto_scale_loss, which is for half precision.
        """
        if loss is None:
            raise ValueError("compile: expected a loss, such as loss='binary_crossentropy'. Received: None")
        self.optimizer, self.loss, self.loss_function = optimizers.get(optimizer), loss, losses.make(loss)
        self.loss_weight = loss_weight(loss_weights)
        self._metrics = (listed_metrics(metrics), listed_metrics(weighted_metrics))
        self.tally = self.new_tally()
        self.executor.clear()

    def new_tally(self) -> Tally:
        """A fresh tally of the compiled metrics."""
        by_loss = config.era == "keras2"
        return Tally(*self._metrics, self.loss_function.name if by_loss and self.loss_function else None)

    @property
    def compiled_metrics(self) -> list[object]:
        """What compile() was given as metrics."""
        return self._metrics[0]

    @property
    def metrics_names(self) -> list[str]:
        """ "loss" and the metrics' names, in the order of evaluate()."""
        return ["loss", *self.tally.names]

    @property
    def metrics(self) -> list:
        """The metric objects, once a batch has been seen."""
        return self.tally.metrics

    @accepts_old_run
    def fit(
        self,
        x: object = None,
        y: object = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: object = "auto",
        callbacks: object = None,
        validation_split: float = 0.0,
        validation_data: object = None,
        shuffle: bool | str = True,
        class_weight: object = None,
        sample_weight: object = None,
        initial_epoch: int = 0,
        steps_per_epoch: float | None = None,
        validation_steps: float | None = None,
        validation_batch_size: int | None = None,
        validation_freq: object = 1,
    ) -> History:
        """Trains for `epochs` passes over x and y, or over an iterator, dataset or generator of (x, y[, weights]).

        Arguments as in Keras. steps_per_epoch beyond one pass goes on with reshuffled data.

        Returns:
            The History: `history.history["loss"]` and so on, one value an epoch.

        Raises:
            ValueError: when shapes or labels do not fit, before the first step.
            NonFiniteLossError: when the loss becomes NaN or infinite; the weights stay those from before that step.
        """
        self._require_compiled("fit")
        rng = generator()
        source = make_source(x, y, sample_weight, batch_size, shuffle, rng)
        validation = None
        one_kind_of_weights(sample_weight, class_weight)
        check_validation_freq(validation_freq)
        if validation_split and validation_data is None:
            source, validation = split(source, validation_split)
        if validation_data is not None:
            size = validation_batch_size or batch_size
            validation = make_source(validation_data, batch_size=size, origin="validation_data")
        epochs = trial.capped_epochs(epochs, initial_epoch)
        steps = trial.capped_steps(loop.whole_steps("steps_per_epoch", steps_per_epoch), source)
        validation_steps = trial.capped_steps(loop.whole_steps("validation_steps", validation_steps), validation)
        self._ready(source, validation)
        loop.check_labels(self, source, validation)
        plan = loop.Plan(
            source,
            epochs,
            initial_epoch,
            steps,
            validation,
            validation_steps,
            validation_freq,
            weights_of_classes(class_weight),
        )
        line = loop.announce(source, steps)
        if line and verbose:
            print(line)
        older = older_params(epochs, source.samples, source.batch_size, self.metrics_names, validation is not None)
        steps = source.steps if steps is None else steps
        listed = self._callbacks(callbacks, verbose, epochs, steps, add_history=True, **older)
        loop.fit(self, plan, listed)
        return listed.history

    @accepts_old_run
    def evaluate(
        self,
        x: object = None,
        y: object = None,
        batch_size: int | None = None,
        verbose: object = "auto",
        sample_weight: object = None,
        steps: float | None = None,
        callbacks: object = None,
        return_dict: bool = False,
    ) -> float | list[float] | dict[str, float]:
        """Loss and metrics on x and y, or on an iterator, dataset or generator: [loss, metric, ...] or the loss."""
        self._require_compiled("evaluate")
        source = make_source(x, y, sample_weight, batch_size)
        steps = trial.capped_steps(loop.whole_steps("steps", steps), source)
        self._ready(source)
        listed = self._callbacks(callbacks, verbose, 1, source.steps if steps is None else steps)
        logs = loop.evaluate(self, source, steps, listed)
        if not logs:
            raise ValueError(f"evaluate: {source.origin} has no batches left")
        return result(logs, return_dict)

    @accepts_old_names
    def predict(
        self,
        x: object,
        batch_size: int | None = None,
        verbose: object = "auto",
        steps: float | None = None,
        callbacks: object = None,
    ) -> np.ndarray:
        """Outputs (N, ...) for inputs (N, ...), or for the batches of an iterator, dataset or generator."""
        source = make_source(x, batch_size=batch_size)
        if getattr(x, "shuffle", False) is True:
            warnings.warn(
                "predict: the iterator shuffles, so the outputs are not in the order of its filenames. "
                "Make it with shuffle=False",
                stacklevel=2,
            )
        steps = loop.whole_steps("steps", steps)
        self._ready(source)
        source.restart()
        if verbose == "auto" and config.era == "keras2":  # where prediction was silent
            verbose = 0
        listed = self._callbacks(callbacks, verbose, 1, source.steps if steps is None else steps)
        listed.on_predict_begin()
        parts = []
        for step, (batch, _, _) in enumerate(source.batches(steps)):
            listed.on_predict_batch_begin(step)
            parts.append(self.executor.predict(batch))
            listed.on_predict_batch_end(step, {"outputs": parts[-1]})
        listed.on_predict_end()
        if not parts:
            raise ValueError(f"predict: {source.origin} has no batches left")
        return joined(parts)

    def train_on_batch(
        self,
        x: np.ndarray,
        y: np.ndarray,
        sample_weight: np.ndarray | None = None,
        class_weight: object = None,
        reset_metrics: bool = True,
        return_dict: bool = False,
    ) -> float | list[float] | dict[str, float]:
        """One training step; loss and metrics before the update, of this batch or, without reset_metrics, so far."""
        self._require_compiled("train_on_batch")
        one_kind_of_weights(sample_weight, class_weight)
        x, y, weights = self._batch(x, y, sample_weight)
        weights = combine(y, weights, weights_of_classes(class_weight))
        loss, predictions = self.executor.train(x, y, weights)
        return self._one_batch(loss, y, predictions, weights, reset_metrics, return_dict)

    def test_on_batch(
        self,
        x: np.ndarray,
        y: np.ndarray,
        sample_weight: np.ndarray | None = None,
        reset_metrics: bool = True,
        return_dict: bool = False,
    ) -> float | list[float] | dict[str, float]:
        """Loss and metrics of one batch, without training."""
        self._require_compiled("test_on_batch")
        x, y, weights = self._batch(x, y, sample_weight)
        loss, predictions = self.executor.test(x, y, weights)
        return self._one_batch(loss, y, predictions, weights, reset_metrics, return_dict)

    def predict_on_batch(self, x: np.ndarray) -> np.ndarray:
        """Outputs (n, ...) for one batch x (n, ...)."""
        return self.executor.predict(self._batch(x)[0])

    def reset_metrics(self) -> None:
        """Forgets what the metrics have counted."""
        self.tally.reset()

    def _one_batch(
        self,
        loss: float,
        y: np.ndarray,
        predictions: np.ndarray,
        weights: np.ndarray | None,
        reset_metrics: bool,
        return_dict: bool,
    ) -> float | list[float] | dict[str, float]:
        tally = self.new_tally() if reset_metrics else self.tally
        tally.update(loss, y, predictions, weights)
        return result(tally.logs(), return_dict)

    def _batch(self, *arrays: object) -> tuple:
        source = ArraySource(*arrays, batch_size=2**31)
        self._ready(source)
        return source.x, source.y, source.weights

    def _ready(self, *sources: Source | None) -> None:
        """Builds the model if its first batch must say the shape, and checks all shapes."""
        self.ensure_built(sources[0].sample_shape())
        loop.check_shapes(self, *sources)

    def _callbacks(
        self, callbacks: object, verbose: object, epochs: int, steps: int | None, **more: object
    ) -> CallbackList:
        shown = 1 if verbose == "auto" else int(verbose)
        params = {"verbose": shown, "epochs": epochs, "steps": steps}
        return CallbackList(callbacks, add_progbar=shown != 0, model=self, **more, **params)

    def _require_compiled(self, method: str) -> None:
        if self.loss_function is None:
            raise RuntimeError(f"{method}: call model.compile(optimizer=..., loss=...) first")
