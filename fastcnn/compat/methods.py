"""Model methods of Keras 1 and 2: the *_generator trio, predict_classes, predict_proba."""

import math

import numpy as np

from fastcnn.compat.calls import accepts_older_epochs

# Settings of Keras's own prefetching; ours needs none, and they never change a result.
_PREFETCH = ("max_queue_size", "max_q_size", "workers", "nb_worker", "use_multiprocessing", "pickle_safe")


def _without_prefetch(kwargs: dict) -> dict:
    return {name: value for name, value in kwargs.items() if name not in _PREFETCH}


def _steps(samples: float | None, generator: object) -> int | None:
    """Batches that hold `samples` samples: Keras 1 counted samples, Keras 2 and later count batches."""
    if samples is None:
        return None
    return math.ceil(samples / (getattr(generator, "batch_size", None) or 1))


class LegacyMethods:
    """Mixed into models; everything here calls the present method."""

    @accepts_older_epochs
    def fit_generator(
        self,
        generator: object,
        steps_per_epoch: float | None = None,
        epochs: int = 1,
        verbose: object = 1,
        callbacks: object = None,
        validation_data: object = None,
        validation_steps: float | None = None,
        class_weight: object = None,
        samples_per_epoch: float | None = None,
        nb_val_samples: float | None = None,
        **kwargs: object,
    ) -> object:
        """fit with batches from a generator.

        samples_per_epoch and nb_val_samples (Keras 1) count samples; steps_per_epoch and validation_steps batches.
        """
        if samples_per_epoch is not None:
            steps_per_epoch = _steps(samples_per_epoch, generator)
        if nb_val_samples is not None:
            validation_steps = _steps(nb_val_samples, validation_data)
        return self.fit(
            generator,
            steps_per_epoch=steps_per_epoch,
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            validation_data=validation_data,
            validation_steps=validation_steps,
            class_weight=class_weight,
            **_without_prefetch(kwargs),
        )

    def evaluate_generator(
        self, generator: object, steps: float | None = None, val_samples: float | None = None, **kwargs: object
    ) -> object:
        """evaluate with batches from a generator; val_samples (Keras 1) counts samples."""
        steps = steps if val_samples is None else _steps(val_samples, generator)
        return self.evaluate(generator, steps=steps, **({"verbose": 0} | _without_prefetch(kwargs)))

    def predict_generator(
        self, generator: object, steps: float | None = None, val_samples: float | None = None, **kwargs: object
    ) -> np.ndarray:
        """predict with batches from a generator; val_samples (Keras 1) counts samples."""
        steps = steps if val_samples is None else _steps(val_samples, generator)
        return self.predict(generator, steps=steps, **({"verbose": 0} | _without_prefetch(kwargs)))

    def predict_classes(self, x: object, batch_size: int | None = None, verbose: object = 0) -> np.ndarray:
        """Class numbers: argmax over the outputs, or for a single output whether it exceeds 0.5, shape (N, 1)."""
        found = self.predict(x, batch_size=batch_size, verbose=verbose)
        return found.argmax(axis=-1) if found.shape[-1] > 1 else (found > 0.5).astype("int32")

    def predict_proba(self, x: object, batch_size: int | None = None, verbose: object = 0) -> np.ndarray:
        """The same as predict."""
        return self.predict(x, batch_size=batch_size, verbose=verbose)
