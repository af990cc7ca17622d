"""The sum of several inputs."""

from fastcnn.engine.ops.dense import add
from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers.base import Layer, Shape


class Add(Layer):
    """Sum of a list of inputs of one shape."""

    elementwise = True

    def compute_output_shape(self, input_shape: list[Shape]) -> Shape:
        if not isinstance(input_shape, list) or len(input_shape) < 2:
            raise ValueError(f"Add expects a list of at least two inputs. Received: {input_shape}")
        if any(shape != input_shape[0] for shape in input_shape):
            raise ValueError(f"Add expects inputs of one shape. Received: {input_shape}")
        return input_shape[0]

    def lower(self, builder: Builder, x: list[Tensor]) -> Tensor:
        total = x[0]
        for other in x[1:]:
            total = add(builder, total, other)
        return total
