"""What joins a convolution, forward and backward, and what must stay apart."""

import numpy as np
import pytest

from fastcnn import Sequential, config, layers
from fastcnn.training import execute
from tests.helpers import BACKENDS

LIMIT = 1e-12  # float64, three layers: rounding only


class Offering:
    """A backend that offers every fused kernel but those refused, for programs that are made and never run."""

    name = "offering"

    def __init__(self, *refused: str):
        self.refused = refused

    def work_size(self, *_: object, **__: object) -> int:
        return 0

    packed_size = work_size

    def offers(self, kernel: str, shapes: dict | None = None, **params: object) -> bool:
        return kernel not in self.refused


def model_of(*added: layers.Layer, backend: str = "numpy", shape: tuple = (10, 11, 3)) -> Sequential:
    body = [layers.Input(shape), *added, layers.Flatten(), layers.Dense(3, activation="softmax")]
    model = Sequential(body, dtype="float64", backend=backend)
    rng = np.random.default_rng(0)
    model.set_weights([rng.standard_normal(w.shape) * 0.3 for w in model.get_weights()])
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def conv(pool: int | tuple = 2, **how: object) -> list[layers.Layer]:
    return [layers.Conv2D(5, 3, **{"activation": "relu"} | how), layers.MaxPooling2D(pool)]


def program_of(*added: layers.Layer, mode: str = "train", offering: object | None = None) -> list:
    """Ops of the program of a model, with direct sums."""
    with config.using(winograd=False):
        return execute.build_program(model_of(*added), offering or Offering(), mode, 4).runner.program.ops


def named(ops: list, kernel: str) -> list:
    return [op for op in ops if op.kernel == kernel]


@pytest.mark.parametrize("mode", ["test", "predict"])
@pytest.mark.parametrize("how", [{}, {"use_bias": False}, {"activation": None}, {"activation": "leaky_relu"}], ids=str)
def test_bias_pooling_and_relu_join_the_convolution(mode, how):
    ops = program_of(*conv(**how), mode=mode)
    assert [op.kernel for op in ops[:2]] == ["conv2d_fused_forward", "dense_fused_forward"]
    assert ops[0].params["pool_size"] == (2, 2)
    assert (ops[0].args["b"] is None) == ("use_bias" in how)


@pytest.mark.parametrize("pool", [{"strides": 1}, {"strides": 2, "padding": "same", "pool_size": 3}], ids=str)
def test_windows_that_overlap_or_are_padded_stay_on_their_own(pool):
    ops = program_of(layers.Conv2D(5, 3, activation="relu"), layers.MaxPooling2D(**pool), mode="predict")
    assert named(ops, "maxpool2d_forward")
    assert ops[0].params["pool_size"] == (1, 1)


def test_pooling_stays_where_the_backend_does_not_take_it():
    assert named(program_of(*conv(), offering=Offering("conv2d_fused_forward")), "maxpool2d_forward")


def test_the_gradient_passes_the_pooling_and_the_mask_within_the_convolutions_kernels():
    ops = program_of(*conv(), *conv())
    assert not named(ops, "maxpool2d_backward")
    assert not named(ops, "relu_backward")
    gradients = [op for op in ops if op.kernel.startswith("conv2d_fused_backward")]
    assert [op.params["pool_size"] for op in gradients] == [(2, 2)] * 3
    assert named(ops, "conv2d_fused_backward_input")[0].args["x"] is not None


def test_the_full_size_gradient_stays_where_one_of_its_readers_cannot_take_the_pooled_one():
    ops = program_of(*conv(), *conv(), offering=Offering("conv2d_fused_backward_input"))
    assert len(named(ops, "maxpool2d_backward")) == len(named(ops, "conv2d_backward_input")) == 1
    pools = [op.params["pool_size"] for op in named(ops, "conv2d_fused_backward_weights")]
    assert pools == [(1, 1), (2, 2)]


class WithoutBias(Offering):
    """Offers the gradient of a convolution's weights without that of the bias."""

    def offers(self, kernel: str, shapes: dict | None = None, **params: object) -> bool:
        return not (kernel == "conv2d_fused_backward_weights" and "db" in (shapes or {}))


def test_a_bias_takes_its_gradient_from_the_pooled_one():
    ops = program_of(*conv(), offering=WithoutBias())
    assert named(ops, "bias_backward")[-1].args["dy"].shape == (4, 4, 4, 5)
    assert named(ops, "conv2d_fused_backward_weights")[0].args["db"] is None


def test_the_gradient_of_the_weights_sums_that_of_the_bias_before_either_is_updated():
    ops = program_of(*conv(padding="same"), *conv(padding="same", use_bias=False), *conv((1, 2), padding="same"))
    assert len(named(ops, "bias_backward")) == 1  # the dense layer's
    joined = named(ops, "conv2d_fused_backward_weights")
    assert [op.args["db"] is None for op in joined] == [False, True, False]
    for op in joined:
        for name in ("dw", "db"):
            made = op.args[name]
            readers = [ops.index(u) for u in ops if made is not None and u.args.get("dw") is made and u is not op]
            assert all(ops.index(op) < place for place in readers)
            assert made is None or readers


def test_a_bias_stays_on_its_own_where_winograd_takes_the_weights():
    with config.using(winograd=True):
        ops = execute.build_program(model_of(*conv()), Offering(), "train", 4).runner.program.ops
    assert named(ops, "winograd_backward_weights")
    assert len(named(ops, "bias_backward")) == 2


def test_gradients_of_inputs_come_before_the_weights_are_updated():
    ops = program_of(*conv(), *conv())
    assert named(ops, "conv2d_fused_backward_input")
    for op in named(ops, "conv2d_fused_backward_input"):
        update = next(u for u in ops if u.kernel == "sgd_update" and u.args["w"].root is op.args["w"].root)
        assert ops.index(op) < ops.index(update)


def trained(backend: str, *added: layers.Layer) -> list[np.ndarray]:
    model, rng = model_of(*added, backend=backend), np.random.default_rng(1)
    x = rng.standard_normal((4, 10, 11, 3))
    losses = [model.train_on_batch(x, np.array([0, 1, 2, 1])) for _ in range(3)]
    return [np.array(losses), *model.get_weights(), model.predict_on_batch(x)]


NETWORKS = {
    "two pooled convolutions": lambda: [*conv(), *conv()],
    "without bias": lambda: [*conv(use_bias=False), *conv(use_bias=False)],
    "leaky": lambda: [*conv(activation="leaky_relu"), layers.Conv2D(4, 3, activation="leaky_relu")],
    "pools of 3x2, same": lambda: [*conv((3, 2), padding="same"), *conv(padding="same")],
    "overlapping pools": lambda: [layers.Conv2D(5, 3, activation="relu"), layers.MaxPooling2D(3, 2)],
    "strides": lambda: [*conv(strides=2, padding="same"), layers.Conv2D(6, 2, strides=2, activation="relu")],
    "average pooling": lambda: [layers.Conv2D(5, 3, activation="relu"), layers.AveragePooling2D(2), *conv()],
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_training_and_prediction_are_the_same_as_kernel_by_kernel(backend, name):
    with config.using(winograd=False):
        fused = trained(backend, *NETWORKS[name]())
    with config.using(winograd=False, fuse=False):
        single = trained(backend, *NETWORKS[name]())
    for together, apart in zip(fused, single, strict=True):
        np.testing.assert_allclose(together, apart, rtol=LIMIT, atol=LIMIT)
