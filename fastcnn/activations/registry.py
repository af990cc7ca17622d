"""The list of activations: functions by name."""

from collections.abc import Callable
from functools import partial, wraps

import numpy as np

from fastcnn.activations.applied import Emitting
from fastcnn.ops.tape import Traced

FUNCTIONS: dict[str, Callable] = {}
ELEMENTWISE: set[str] = set()


def activation(function: Callable, elementwise: bool = True) -> Callable:
    """Registers a function by its name, and lets it make a layer of a functional model's tensor."""

    @wraps(function)
    def applied(x: object, *args: object, **kwargs: object) -> object:
        if not isinstance(x, (np.ndarray, Traced, Emitting)):
            from fastcnn.layers import graph

            if graph.is_symbolic(x):
                from fastcnn.layers.activation import Activation

                return Activation(partial(applied, *args, **kwargs) if args or kwargs else applied)(x)
        return function(x, *args, **kwargs)

    FUNCTIONS[function.__name__] = applied
    if elementwise:
        ELEMENTWISE.add(function.__name__)
    return applied


along_an_axis = partial(activation, elementwise=False)
