"""K.function: a part of a network as a function of arrays."""

from collections.abc import Callable, Sequence

import numpy as np

from fastcnn.layers.graph import SymbolicTensor


class LearningPhase(int):
    """0 for prediction, 1 for training; among the inputs of `function`, the place of either."""


def function(
    inputs: Sequence[SymbolicTensor | LearningPhase],
    outputs: Sequence[SymbolicTensor] | SymbolicTensor,
    updates: Sequence | None = None,
    name: str | None = None,
    **session: object,
) -> Callable[[Sequence], list[np.ndarray] | np.ndarray]:
    """A function of a list of arrays that gives what layers make of them.

        activations = K.function([model.input], [model.layers[2].output, model.layers[4].output])
        first, second = activations([x])

    inputs : a symbolic tensor, and perhaps K.learning_phase() for a 0 or 1 (1: as in training, with dropout).
    outputs : symbolic tensors, or a single one, whose array is then returned without a list.
    session : arguments for TensorFlow 1's sessions, which have no effect.

    Raises:
        NotImplementedError: for updates.
        TypeError: for outputs that are no symbolic tensors.
    """
    from fastcnn.models import Model

    if updates:
        raise NotImplementedError("function: updates are not offered; train with model.fit or model.train_on_batch")
    inputs = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
    phases = [number for number, x in enumerate(inputs) if isinstance(x, LearningPhase)]
    single = not isinstance(outputs, (list, tuple))
    model = Model([x for x in inputs if not isinstance(x, LearningPhase)], [outputs] if single else list(outputs))

    def call(values: Sequence) -> list[np.ndarray] | np.ndarray:
        values = list(values) if isinstance(values, (list, tuple)) else [values]
        if len(values) != len(inputs):
            raise ValueError(f"{name or 'function'}: expected {len(inputs)} inputs. Received: {len(values)}")
        training = any(bool(np.any(values[number])) for number in phases)
        (x,) = (value for number, value in enumerate(values) if number not in phases)
        found = model(np.asarray(x), training=training)
        found = [np.asarray(y) for y in (found if isinstance(found, list) else [found])]
        return found[0] if single else found

    return call
