"""Dense, and layers that only reshape or scale."""

from math import prod

from fastcnn import activations
from fastcnn.engine.ops.dense import bias, dense
from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers import arguments
from fastcnn.layers.base import Layer, Shape


class Dense(Layer):
    """activation(x @ kernel + bias) over the last axis. Weights: kernel (inputs, units), bias (units,).

    units : size of the output's last axis.
    lora_rank, lora_alpha, quantization_config : of Keras's large models; anything but None is refused.
    """

    any_size = True

    def __init__(
        self,
        units: int,
        activation: object = None,
        use_bias: bool = True,
        kernel_initializer: object = "glorot_uniform",
        bias_initializer: object = "zeros",
        kernel_regularizer: object = None,
        bias_regularizer: object = None,
        activity_regularizer: object = None,
        kernel_constraint: object = None,
        bias_constraint: object = None,
        lora_rank: int | None = None,
        lora_alpha: float | None = None,
        quantization_config: object = None,
        **kwargs: object,
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        arguments.unsupported(
            "Dense", lora_rank=lora_rank, lora_alpha=lora_alpha, quantization_config=quantization_config
        )
        arguments.keep_controls(
            self,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )
        self.units = arguments.positive("Dense", "units", units, 2**24)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer, self.bias_initializer = kernel_initializer, bias_initializer

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) < 2:
            raise ValueError(f"Dense expects inputs of at least 2 axes (batch, features). Received: {input_shape}")
        return (*input_shape[:-1], self.units)

    def build(self, input_shape: Shape) -> None:
        self._add_kernel((input_shape[-1], self.units))
        self._add_bias(self.units)

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        y = dense(builder, x, builder.variable(self.kernel))
        if self.bias is not None:
            y = bias(builder, y, builder.variable(self.bias))
        return activations.lower(builder, self.activation, y)


class Flatten(Layer):
    """All axes but the batch become one, in row-major order; free, as it only renames memory."""

    def __init__(self, data_format: str | None = None, **kwargs: object):
        super().__init__(**kwargs)
        self.data_format = arguments.data_format("Flatten", data_format)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], prod(input_shape[1:]))

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return builder.view(x, (x.shape[0], prod(x.shape[1:])))


class Reshape(Layer):
    """Another shape for the same elements in the same order; one axis of target_shape may be -1."""

    def __init__(self, target_shape: tuple[int, ...], **kwargs: object):
        super().__init__(**kwargs)
        self.target_shape = arguments.integers("Reshape", "target_shape", target_shape)
        if self.target_shape.count(-1) > 1 or any(size == 0 or size < -1 for size in self.target_shape):
            raise ValueError(f"Reshape: target_shape may hold positive sizes and one -1. Received: {target_shape}")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        total, known = prod(input_shape[1:]), prod(size for size in self.target_shape if size > 0)
        target = tuple(total // known if size == -1 else size for size in self.target_shape)
        if prod(target) != total:
            raise ValueError(f"cannot reshape {input_shape[1:]} ({total} elements) to {self.target_shape}")
        return (input_shape[0], *target)

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return builder.view(x, self.compute_output_shape(x.shape))
