"""The weights of a layer: making, listing, reading and writing them."""

from collections.abc import Sequence

import numpy as np

from fastcnn import constraints, initializers, regularizers
from fastcnn.compat.weights import accepts_name_first
from fastcnn.engine.variable import Variable


class Weights:
    """Mixed into layers."""

    @accepts_name_first
    def add_weight(
        self,
        shape: Sequence[int] | None = None,
        initializer: object = None,
        dtype: object = None,
        trainable: bool = True,
        autocast: bool = True,
        regularizer: object = None,
        constraint: object = None,
        aggregation: object = "none",
        overwrite_with_gradient: bool = False,
        name: str | None = None,
    ) -> Variable:
        """A new weight, filled by the initializer (glorot_uniform); the loss grows by its regularizer's penalty.

        shape : None makes a single number.
        autocast, aggregation : accepted, and change nothing: there is one type and one device.

        Raises:
            ValueError: for a dtype that is not the layer's, and for overwrite_with_gradient.
        """
        kind, shape = type(self).__name__, shape or ()
        name = name or ("variable" if not self._variables else f"variable_{len(self._variables)}")
        if dtype is not None and np.dtype(getattr(dtype, "name", dtype)) != (self.dtype or "float32"):
            raise ValueError(f"{kind}: add_weight: dtype must be the layer's, {self.dtype}. Received: {dtype!r}")
        if overwrite_with_gradient:
            raise ValueError(f"{kind}: add_weight: overwrite_with_gradient is not supported; leave it out")
        dtype, rng, initializer = self.dtype or "float32", self._origin.rng, initializer or "glorot_uniform"
        if rng is None:  # only shapes are wanted: an array without memory of its own
            value = np.broadcast_to(np.zeros((), dtype), tuple(shape))
        else:
            value = np.asarray(initializers.get(initializer)(tuple(shape), dtype=dtype, rng=rng), order="C")
        variable = Variable(value, f"{self.name}/{name}", trainable)
        variable.regularizer, variable.constraint = regularizers.get(regularizer), constraints.get(constraint)
        self._variables.append(variable)
        return variable

    def _controls(self, name: str) -> dict:
        """What the layer's `name`_regularizer and `name`_constraint are, as arguments of add_weight."""
        return {kind: getattr(self, f"{name}_{kind}") for kind in ("regularizer", "constraint")}

    def _add_kernel(self, shape: Sequence[int]) -> None:
        """Makes `kernel` by the layer's kernel_ arguments."""
        self.kernel = self.add_weight(shape, self.kernel_initializer, name="kernel", **self._controls("kernel"))

    def _add_bias(self, size: int) -> None:
        """Makes `bias` by the layer's bias_ arguments; None without one."""
        controls = self._controls("bias")
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight((size,), self.bias_initializer, name="bias", **controls)

    @property
    def weights(self) -> list[Variable]:
        """All weights, in the order of get_weights()."""
        return self._variables + [weight for layer in self.sublayers() for weight in layer.weights]

    @property
    def trainable_weights(self) -> list[Variable]:
        """Weights that the optimizer changes: none when the layer is frozen."""
        if not self.trainable:
            return []
        own = [v for v in self._variables if v.trainable]
        return own + [weight for layer in self.sublayers() for weight in layer.trainable_weights]

    @property
    def non_trainable_weights(self) -> list[Variable]:
        """Weights that the optimizer leaves alone."""
        chosen = {id(weight) for weight in self.trainable_weights}
        return [weight for weight in self.weights if id(weight) not in chosen]

    @property
    def losses(self) -> list[np.ndarray]:
        """The penalties of the trainable weights as these are now; the reported loss holds their sum."""
        return [np.asarray(w.regularizer(w.numpy())) for w in self.trainable_weights if w.regularizer is not None]

    def add_loss(self, loss: object) -> None:
        """Not supported: a penalty of an activity is its layer's activity_regularizer.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            f"{type(self).__name__}.add_loss is not supported; use activity_regularizer=function on the layer whose "
            "output is penalised, or regularizer=function in add_weight"
        )

    def get_weights(self) -> list[np.ndarray]:
        """Copies of the weights."""
        return [variable.numpy() for variable in self.weights]

    def set_weights(self, weights: Sequence[np.ndarray]) -> None:
        """Writes arrays of the same number and shapes into the weights.

        Raises:
            ValueError: when number or shapes differ; nothing is changed then.
        """
        expected, received = [v.shape for v in self.weights], [np.shape(w) for w in weights]
        if expected != received:
            raise ValueError(f"layer {self.name!r}: expected weights of shapes {expected}. Received: {received}")
        for variable, value in zip(self.weights, weights, strict=True):
            variable.assign(value)

    def count_params(self) -> int:
        """Number of weights' elements."""
        return sum(variable.value.size for variable in self.weights)

    def draw_seed(self, seed: int | None) -> int | None:
        """The seed, or one drawn from the model's random numbers; for `build` of layers that are random in training."""
        rng = self._origin.rng
        return int(rng.integers(2**32)) if seed is None and rng is not None else seed
