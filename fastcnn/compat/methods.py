"""Model methods of Keras 1 and 2: the *_generator trio, predict_classes, predict_proba, fit(show_accuracy=True)."""

import math
from collections.abc import Callable, Iterator
from functools import wraps

import numpy as np

from fastcnn.compat import table
from fastcnn.compat.calls import accepts_old_names
from fastcnn.compat.notes import note


class LegacyMethods:
    """Mixed into models; everything here calls the present method.

    Keras 1 counted samples, Keras 2 and later count batches. A number by position is one of samples if the call has
    other words of Keras 1, or if it is just the generator's number of samples.
    """

    def fit_generator(
        self,
        generator: object,
        number: float | None = None,
        epochs: int = 1,
        verbose: object = 1,
        callbacks: object = None,
        validation_data: object = None,
        validation_number: float | None = None,
        *args: object,
        steps_per_epoch: float | None = None,
        samples_per_epoch: float | None = None,
        validation_steps: float | None = None,
        nb_val_samples: float | None = None,
        nb_epoch: int | None = None,
        **kwargs: object,
    ) -> object:
        """fit with batches from a generator.

        samples_per_epoch, nb_epoch and nb_val_samples are Keras 1's; number and validation_number stand for what was
        given by position.

        Raises:
            TypeError: for a number that is given twice, and for unknown arguments.
        """
        older = {"samples_per_epoch": samples_per_epoch, "nb_epoch": nb_epoch, "nb_val_samples": nb_val_samples}
        keras_1 = _has_words_of_keras_1(older | kwargs)
        generator, steps = _counted(generator, number, steps_per_epoch, samples_per_epoch, keras_1)
        validation_data, validation_steps = _counted(
            validation_data, validation_number, validation_steps, nb_val_samples, keras_1
        )
        given = {"validation_data": validation_data, "validation_steps": validation_steps, **kwargs}
        if args:  # Keras 1 and 2 agree on what came next, and on no more
            given["class_weight"] = args[0]
        given |= {"steps_per_epoch": steps, "epochs": epochs if nb_epoch is None else nb_epoch}
        spellings = ["fit_generator()", *(f"{name}=" for name, value in older.items() if value is not None)]
        shown = [f"{key}={given[key]}" for key in ("steps_per_epoch", "epochs", "validation_steps") if given[key]]
        note(spellings, f"fit(..., {', '.join(shown)})")
        return self.fit(generator, verbose=verbose, callbacks=callbacks, **given)

    def evaluate_generator(
        self,
        generator: object,
        number: float | None = None,
        *,
        steps: float | None = None,
        val_samples: float | None = None,
        **kwargs: object,
    ) -> object:
        """evaluate with batches from a generator; steps counts batches, val_samples (Keras 1) samples."""
        keras_1 = _has_words_of_keras_1(kwargs)
        generator, steps = _counted(generator, number, steps, val_samples, keras_1)
        note(["evaluate_generator()"], table.METHODS["evaluate_generator"])
        return self.evaluate(generator, steps=steps, **({"verbose": 0} | kwargs))

    def predict_generator(
        self,
        generator: object,
        number: float | None = None,
        *,
        steps: float | None = None,
        val_samples: float | None = None,
        **kwargs: object,
    ) -> np.ndarray:
        """predict with batches from a generator; steps counts batches, val_samples (Keras 1) samples."""
        keras_1 = _has_words_of_keras_1(kwargs)
        generator, steps = _counted(generator, number, steps, val_samples, keras_1)
        note(["predict_generator()"], table.METHODS["predict_generator"])
        return self.predict(generator, steps=steps, **({"verbose": 0} | kwargs))

    def predict_classes(self, x: object, batch_size: int | None = None, verbose: object = 0) -> np.ndarray:
        """Class numbers: argmax over the outputs, or for a single output whether it exceeds 0.5, shape (N, 1)."""
        note(["predict_classes()"], table.METHODS["predict_classes"])
        found = self.predict(x, batch_size=batch_size, verbose=verbose)
        return found.argmax(axis=-1) if found.shape[-1] > 1 else (found > 0.5).astype("int32")

    def predict_proba(self, x: object, batch_size: int | None = None, verbose: object = 0) -> np.ndarray:
        """The same as predict."""
        note(["predict_proba()"], table.METHODS["predict_proba"])
        return self.predict(x, batch_size=batch_size, verbose=verbose)

    def reset_states(self) -> None:
        """Nothing: only recurrent layers had states."""

    def to_yaml(self, **kwargs: object) -> str:
        """Refused: files of this kind could run code.

        Raises:
            NotImplementedError: always; says what to use.
        """
        raise NotImplementedError("YAML is absent since Keras 2.6: use to_json() and model_from_json()")


def _has_words_of_keras_1(given: dict) -> bool:
    return any(given.get(name) is not None for name in table.KERAS_1_COUNTS)


def _counted(
    generator: object, number: float | None, steps: float | None, samples: float | None, keras_1: bool
) -> tuple[object, float | None]:
    """The generator and its number of batches, from a number of steps, of samples, or of what has to be guessed."""
    if sum(value is not None for value in (number, steps, samples)) > 1:
        raise TypeError("give the number of batches or of samples once: by position, as steps or as samples")
    if number is not None:
        if keras_1 or number == getattr(generator, "samples", None):
            samples = number
        else:
            steps = number
    if samples is None or isinstance(generator, (tuple, list)):  # arrays are always used whole
        return generator, steps
    size, total = getattr(generator, "batch_size", None), getattr(generator, "n", None)
    if size and total:  # each pass ends with what is left
        passes, rest = divmod(samples, total)
        return generator, passes * math.ceil(total / size) + math.ceil(rest / size)
    if size:
        return generator, math.ceil(samples / size)
    return BySamples(generator, samples), None


class BySamples:
    """Goes on with a generator of batches, round after round, until a round has `samples` samples or more."""

    def __init__(self, batches: Iterator, samples: float):
        self.batches, self.samples = batches, samples

    def __iter__(self) -> Iterator:
        seen = 0
        while seen < self.samples:
            batch = next(self.batches)
            seen += len(batch[0] if isinstance(batch, (tuple, list)) else batch)
            yield batch


def accepts_old_run(method: Callable) -> Callable:
    """Decorates fit and evaluate: older keywords, and show_accuracy of Keras 0.3: metrics=["accuracy"]."""
    translated = accepts_old_names(method)

    @wraps(method)
    def run(self: object, *args: object, show_accuracy: bool = False, **kwargs: object) -> object:
        if show_accuracy:
            note(["show_accuracy="], "compile(..., metrics=['accuracy'])")
            if not self.compiled_metrics:
                self._metrics = (["accuracy"], self._metrics[1])
                self.tally = self.new_tally()
        return translated(self, *args, **kwargs)

    return run
