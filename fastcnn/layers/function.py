"""A function as a layer."""

import inspect
from collections.abc import Callable, Mapping

import numpy as np

from fastcnn.engine.calls import call
from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers.base import Layer, Shape
from fastcnn.saving.objects import serialize


class Lambda(Layer):
    """function(x), for instance Lambda(lambda x: x / 127.5 - 1).

    function : of an array with the batch first (a list of them for several inputs), written with Python's operators,
        fastcnn.ops or K, which give the gradient; or with anything else, where no gradient is wanted or `gradient` is
        given. If it takes `training`, it gets it.
    output_shape : without the batch, or a function of the input's shape; None tries the function on zeros.
    arguments : further keyword arguments of the function.
    gradient : gradient(x, dy) returns the gradient of sum(function(x) * dy).

    A file holds the function's name alone, or the layer's where it has none (a lambda): who loads the file gives it
    back as custom_objects={name: function}.
    """

    def __init__(
        self,
        function: Callable,
        output_shape: tuple[int, ...] | Callable | None = None,
        mask: object = None,
        arguments: Mapping[str, object] | None = None,
        gradient: Callable | None = None,
        **kwargs: object,
    ):
        super().__init__(**kwargs)
        if not callable(function):
            raise TypeError(
                f"Lambda: function must be callable. Received: {function!r}. If it comes out of a file, "
                "give the function itself as custom_objects={name: function}"
            )
        if mask is not None:
            raise ValueError(f"Lambda: mask is not supported, as there are no masks. Received: {mask!r}")
        self.function, self.arguments, self.gradient = function, dict(arguments or {}), gradient
        self._output_shape = output_shape
        self._takes_training = "training" in _parameters(function)

    @property
    def own_functions(self) -> dict[str, Callable]:
        """The functions by the names under which a file knows them."""
        given = {"": self.function, "_gradient": self.gradient, "_shape": self._output_shape}
        return {self._name_of(f, suffix): f for suffix, f in given.items() if callable(f)}

    def _name_of(self, function: Callable, suffix: str) -> str:
        """A function's name; for one without, the layer's."""
        name = getattr(function, "__name__", "<lambda>")
        return self.name + suffix if name == "<lambda>" else name

    def get_config(self) -> dict:
        config = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype}
        config |= {"function": self._by_name(self.function, ""), "arguments": serialize(self.arguments)}
        if self._output_shape is not None:
            config["output_shape"] = self._by_name(self._output_shape, "_shape")
        if self.gradient is not None:
            config["gradient"] = self._by_name(self.gradient, "_gradient")
        return config

    def _by_name(self, value: object, suffix: str) -> object:
        """What a file has in a function's place."""
        if not callable(value):
            return serialize(value)
        name = self._name_of(value, suffix)
        return {"module": "custom", "class_name": "function", "config": name, "registered_name": name}

    def call(self, x: object, training: bool = False) -> object:
        """The function's value."""
        more = {"training": training} if self._takes_training and "training" not in self.arguments else {}
        return self.function(x, **self.arguments, **more)

    def compute_output_shape(self, input_shape: Shape | list[Shape]) -> Shape:
        if self._output_shape is None:
            return super().compute_output_shape(input_shape)
        if callable(self._output_shape):
            return tuple(self._output_shape(input_shape))
        return (None, *self._output_shape)

    def lower(self, builder: Builder, x: Tensor | list[Tensor]) -> Tensor:
        inputs = x if isinstance(x, list) else [x]
        shapes = [(None, *tensor.shape[1:]) for tensor in inputs]
        shape = self.compute_output_shape(shapes if isinstance(x, list) else shapes[0])
        function = _Function(self, isinstance(x, list), builder.training, builder.differentiable)
        return call(builder, function, inputs, (inputs[0].shape[0], *shape[1:]))


class _Function:
    """One call of a Lambda in a program."""

    def __init__(self, layer: Lambda, several: bool, training: bool, keep: bool):
        self.layer, self.name = layer, layer.name
        self._several, self._training = several, training
        self._keep = keep and layer.gradient is None
        self._pullback: Callable | None = None
        self._reason: Exception | None = None  # why the function has no gradient

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        value = self._differentiated(inputs) if self._keep and self._reason is None else None
        value = self._run(*inputs) if value is None else value
        if np.shape(value) != y.shape:
            expected = f"layer {self.name!r}: the function gave an array of shape {np.shape(value)}"
            raise ValueError(f"{expected} where the output's shape is {y.shape}. Give output_shape=")
        np.copyto(y, value, casting="unsafe")

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        if self.layer.gradient is not None:
            found = self.layer.gradient(inputs if self._several else inputs[0], dy)
            found = found if self._several else [found]
        elif self._pullback is None:
            raise TypeError(
                f"layer {self.name!r}: its function has no gradient, and layers before it train ({self._reason}). "
                "Write it with fastcnn.ops or K, or give gradient=, a function of x and dy"
            ) from self._reason
        else:
            found = self._pullback(dy)
        for gradient, value in zip(gradients, found, strict=True):
            if gradient is not None:
                gradient[...] = 0 if value is None else value

    def _run(self, *arrays: object) -> object:
        return self.layer.call(list(arrays) if self._several else arrays[0], self._training)

    def _differentiated(self, inputs: list[np.ndarray]) -> np.ndarray | None:
        """The value, with its gradient kept; None when the function needs plain arrays."""
        from fastcnn.ops.tape import differentiate

        try:
            value, self._pullback = differentiate(self._run, inputs, [])
        except (TypeError, AttributeError, NotImplementedError) as error:
            self._reason = error
            return None
        return value


def _parameters(function: Callable) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):  # some functions written in C do not say
        return ()
