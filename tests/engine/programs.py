"""Random programs with branches, views, shared variables and a backward pass; and two ways to run them."""

from functools import partial

import numpy as np

from fastcnn.engine import gradients
from fastcnn.engine.memory import ALIGNMENT, Memory
from fastcnn.engine.ops import activations
from fastcnn.engine.ops.convolution import avgpool2d, conv2d, maxpool2d
from fastcnn.engine.ops.dense import add, batchnorm, bias, dense, dropout, scale
from fastcnn.engine.program import Builder, Program, Tensor
from fastcnn.engine.run import Runner
from fastcnn.engine.variable import Variable
from fastcnn.kernels import backends

ACTIVATIONS = (
    *(activations.relu, activations.elu, activations.sigmoid, activations.tanh, activations.softmax),
    *(partial(activations.curve, name=name) for name in ("silu", "gelu")),
)
WINDOW = ((2, 2), (2, 2), ((0, 0), (0, 0)))


class Writer:
    """Writes one random training program in float64; everything is drawn from `seed`."""

    def __init__(self, seed: int, batch: int = 3, steps: int = 9):
        self.rng = np.random.default_rng(seed)
        self.variables: list[Variable] = []
        self.builder = Builder(batch, "float64", training=True)
        self.program: Program = self.builder.program
        self.x = self.builder.input("x", (4, 6, 5), trainable=True)
        made = [self.x]
        for number in range(steps):
            self.builder.layer = f"step_{number}"
            made.append(self.extend(made))
        y = self.program.outputs["y"] = self.join(made[-1], made)
        self.dy = self.builder.input("dy", y.shape[1:])
        keep = lambda w, dw: self.program.outputs.update({w.name: dw})
        gradients.add_backward_from(self.builder, y, self.dy, keep)

    def variable(self, *shape: int) -> Tensor:
        """A new trainable variable, or one of that shape that another op uses already."""
        known = [v for v in self.variables if v.shape == shape]
        if known and self.rng.random() < 0.5:
            variable = known[self.rng.integers(len(known))]
        else:
            variable = Variable(self.rng.standard_normal(shape) * 0.5, f"v{len(self.variables)}")
            self.variables.append(variable)
        tensor = self.builder.variable(variable)
        tensor.trainable = True
        return tensor

    def extend(self, made: list[Tensor]) -> Tensor:
        """One more op on a tensor made before, often an old one, so that branches arise."""
        x = made[-1] if self.rng.random() < 0.6 else made[self.rng.integers(len(made))]
        builder, kind = self.builder, self.rng.integers(8)
        channels = x.shape[-1]
        if kind == 0:
            alike = [t for t in made if t.shape == x.shape]
            return add(builder, x, alike[self.rng.integers(len(alike))])
        if kind == 1:
            return bias(builder, x, self.variable(channels))
        if kind == 2:
            return dense(builder, x, self.variable(channels, 5))
        if kind == 3:
            return scale(builder, x, 0.7, 0.1)
        if kind == 4 and len(x.shape) == 4:
            return self.on_images(x)
        if kind == 5:
            return dropout(builder, x, int(self.rng.integers(1000)), 0.3)
        if kind == 6:
            moving = (Variable(np.zeros(channels)), Variable(np.ones(channels)))
            tensors = (self.variable(channels), self.variable(channels), *map(builder.variable, moving))
            return batchnorm(builder, x, *tensors, 0.9, 1e-3, training=True)
        return ACTIVATIONS[self.rng.integers(len(ACTIVATIONS))](builder, x)

    def on_images(self, x: Tensor) -> Tensor:
        """A convolution that keeps the size, or pooling where the image is large enough."""
        kind = self.rng.integers(3)
        if kind == 0 or min(x.shape[1:3]) < 2:
            w = self.variable(3, 3, x.shape[-1], 5)
            return conv2d(self.builder, x, w, (1, 1), ((1, 1), (1, 1)), (1, 1), 1)
        return (maxpool2d if kind == 1 else avgpool2d)(self.builder, x, *WINDOW)

    def join(self, x: Tensor, made: list[Tensor]) -> Tensor:
        """A flat view of the last tensor, plus an earlier one of the same size if there is one."""
        flat = self.builder.view(x, (x.shape[0], int(np.prod(x.shape[1:]))))
        others = [t for t in made[:-1] if np.prod(t.shape) == np.prod(x.shape)]
        return (
            add(self.builder, flat, self.builder.view(others[0], flat.shape))
            if others
            else scale(self.builder, flat, 2.0)
        )


def apart(program: Program) -> Memory:
    """A plan in which no two tensors share a byte."""
    offsets, end = {}, 0
    for tensor in program.tensors():
        offsets[id(tensor)] = end
        end += -(-max(tensor.nbytes, 1) // ALIGNMENT) * ALIGNMENT
    return Memory(offsets, end)


def run(writer: Writer, batch: int, backend: str = "numpy", shared: bool = True) -> dict[str, np.ndarray]:
    """Outputs and gradients of one step on seeded data; shared=False gives every tensor memory of its own."""
    runner = Runner(writer.program, backends.load(backend))
    if not shared:
        runner.memory = apart(writer.program)
    rng = np.random.default_rng(7)
    for tensor in (writer.x, writer.dy):
        runner.array(tensor, batch)[...] = rng.standard_normal(tensor.shape_for(batch))
    runner.forward(batch)
    runner.backward(batch)
    return {name: runner.array(t, batch).copy() for name, t in writer.program.outputs.items()}
