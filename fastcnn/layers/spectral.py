"""Spectral normalisation: a layer whose kernel is kept at largest singular value 1."""

import numpy as np

from fastcnn.engine.calls import emit_call
from fastcnn.engine.program import Builder
from fastcnn.engine.variable import Variable
from fastcnn.initializers import TruncatedNormal
from fastcnn.layers import arguments
from fastcnn.layers.base import Layer, Shape
from fastcnn.layers.layout import Lowered


class SpectralNormalization(Layer):
    """Runs `layer`, whose kernel every training step first divides by its largest singular value, for good.

    layer : one with a kernel, such as Dense or Conv2D. power_iterations : how often the estimate is improved a step.
    Weights: the layer's kernel, vector_u (1, outputs), the layer's others.
    Source: Miyato, Kataoka, Koyama and Yoshida 2018; the kernel itself changes, as in Keras 3.
    """

    def __init__(self, layer: Layer, power_iterations: int = 1, **kwargs: object):
        super().__init__(**kwargs)
        if not isinstance(layer, Layer):
            raise TypeError(f"SpectralNormalization: expected a layer. Received: {layer!r}")
        self.layer = layer
        self.power_iterations = arguments.positive("SpectralNormalization", "power_iterations", power_iterations)

    @classmethod
    def from_config(cls, config: dict) -> "SpectralNormalization":
        from fastcnn.saving.known import Reader

        return cls(**config | {"layer": Reader().object(config["layer"], "layers")})

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return self.layer.output_shape if self.layer.built else self.layer.compute_output_shape(input_shape)

    def build(self, input_shape: Shape) -> None:
        self.layer.connect(input_shape, self.dtype, self._origin)
        kernel = getattr(self.layer, "kernel", None)
        if kernel is None:
            raise ValueError(f"SpectralNormalization: {self.layer.name!r} has no kernel; wrap Dense or a convolution")
        self._variables.append(kernel)  # it is listed first, and twice in Keras's files
        self.vector_u = self.add_weight(
            (1, kernel.shape[-1]), TruncatedNormal(stddev=0.02), trainable=False, name="vector_u"
        )

    @property
    def weights(self) -> list[Variable]:
        """All weights, each once."""
        return list({id(weight): weight for weight in super().weights}.values())

    @property
    def trainable_weights(self) -> list[Variable]:
        """The layer's."""
        return self.layer.trainable_weights if self.trainable else []

    def lower_lowered(self, builder: Builder, given: list[Lowered]) -> list[Lowered]:
        if not builder.training:
            return self.layer.lower_lowered(builder, given)
        kernel, u = builder.variable(self.layer.kernel), builder.variable(self.vector_u)
        new = {"y": builder.tensor(kernel.shape, like=kernel), "u": builder.tensor(u.shape, like=u)}
        normalize = _Normalize(self.power_iterations)
        emit_call(builder, normalize.name, normalize.both, {"x0": kernel, "x1": u}, new, call=normalize)
        emit_call(builder, "spectral_assign", _assign, new, updates={"kernel": kernel, "vector_u": u})
        with builder.standing_for(self.layer.kernel, new["y"]):
            return self.layer.lower_lowered(builder, given)


class _Normalize:
    """A kernel divided by its largest singular value, estimated by power iteration from u."""

    name = "spectral_normalization"

    def __init__(self, iterations: int):
        self.iterations = iterations

    def both(self, kernel: np.ndarray, u: np.ndarray, y: np.ndarray, new_u: np.ndarray) -> None:
        """Fills the new kernel and the new u; a kernel of zeros stays."""
        matrix, new_u[...] = kernel.reshape(-1, kernel.shape[-1]), u
        y[...] = kernel
        if not matrix.any():
            return
        for _ in range(self.iterations):
            v = _unit(new_u @ matrix.T)
            new_u[...] = _unit(v @ matrix)
        y /= (v @ matrix @ new_u.T).item()

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        gradients[0][...] = dy  # the new kernel takes the old one's place: nothing flows through the division


def _assign(y: np.ndarray, u: np.ndarray, kernel: np.ndarray, vector_u: np.ndarray) -> None:
    kernel[...], vector_u[...] = y, u


def _unit(x: np.ndarray) -> np.ndarray:
    return x / max(np.linalg.norm(x), 1e-12)
