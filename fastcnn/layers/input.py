"""The input of a model."""

from fastcnn import config
from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers import arguments
from fastcnn.layers.base import Layer
from fastcnn.layers.graph import Node, Origin, Shape, SymbolicTensor


class InputLayer(Layer):
    """Only says the shape of the model's input; it does nothing, and is not listed in the layers of a Sequential.

    shape, batch_shape : without / with the batch axis.
    """

    def __init__(
        self,
        shape: tuple[int, ...] | None = None,
        batch_size: int | None = None,
        dtype: str | None = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: tuple[int | None, ...] | None = None,
        input_tensor: object = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: object,
    ):
        given = dtype
        arguments.unsupported("Input", tensor=input_tensor, optional=optional or None)
        super().__init__(
            input_shape=shape,
            batch_input_shape=batch_shape,
            name=name,
            dtype=given if given in ("float32", "float64") else None,  # bytes are read as the program's type
            **kwargs,
        )
        if sparse or ragged:
            raise ValueError("Input: sparse and ragged inputs do not exist here; give arrays of one shape")
        if self.declared_input_shape is None:
            raise ValueError("Input: expected shape=(rows, columns, channels) or another shape without the batch")
        self.batch_size = batch_size
        self.output_shape, self.built = self.declared_input_shape, True
        self.input_shape = self.output_shape

    @property
    def tensor(self) -> SymbolicTensor:
        """The symbolic tensor that stands for the input; the same one each time."""
        return (self.nodes[0] if self.nodes else Node(self, [], Origin(self.dtype or config.floatx))).result

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        return x


def Input(
    shape: tuple[int, ...] | None = None,
    batch_size: int | None = None,
    dtype: str | None = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: tuple[int | None, ...] | None = None,
    name: str | None = None,
    tensor: object = None,
    optional: bool = False,
) -> SymbolicTensor:
    """The input of a model: `Sequential([Input((64, 64, 3)), ...])`, or x in `Model(x, layer(x))`.

    shape, batch_shape : without / with the batch axis. batch_size is accepted and changes nothing: batches may vary.
    tensor, optional : refused: an input is an array of its own, and always given.
    """
    return InputLayer(shape, batch_size, dtype, sparse, ragged, batch_shape, tensor, optional, name).tensor


def symbolic_input(shape: Shape, origin: Origin) -> SymbolicTensor:
    """An input in the middle of things, with the origin of another one."""
    return Node(InputLayer(batch_shape=shape), [], origin).result
