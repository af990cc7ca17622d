"""What a step need not do each time is done before, again when it must be, and changes no result."""

import numpy as np
import pytest

from fastcnn import Sequential, config, layers
from fastcnn.training.execute import build_program
from tests.helpers import BACKENDS

everywhere = pytest.mark.parametrize("backend", BACKENDS)


def network(backend: str, *first: layers.Layer) -> Sequential:
    body = [layers.Input((8, 9, 3)), *first, layers.Conv2D(5, 3, padding="same", activation="relu"), layers.Flatten()]
    model = Sequential([*body, layers.Dense(3, activation="softmax")], backend=backend)
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


def photos(dtype: str = "uint8") -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (4, 8, 9, 3)).astype(dtype)


def kernels(model: Sequential, mode: str) -> list[str]:
    return [op.kernel for op in build_program(model, model.get_backend(), mode, 4).runner.program.ops]


@everywhere
@pytest.mark.parametrize("mode", ["train", "test", "predict"])
def test_rescaling_at_the_input_costs_no_op(backend, mode):
    assert "scale_forward" not in kernels(network(backend, layers.Rescaling(1 / 255)), mode)


@everywhere
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_rescaling_while_copying_gives_what_the_op_gives(backend, dtype):
    model = network(backend, layers.Rescaling(1 / 127.5, offset=-1.0))
    rescaled = model.predict_on_batch(photos(dtype))
    with config.using(fuse=False):
        np.testing.assert_allclose(rescaled, model.predict_on_batch(photos(dtype)), rtol=1e-5, atol=1e-7)


def test_rescaling_that_is_the_whole_model_stays_an_op():
    model = Sequential([layers.Input((4,)), layers.Rescaling(2.0)], backend="numpy")
    assert kernels(model, "predict") == ["scale_forward"]
    np.testing.assert_array_equal(model.predict_on_batch(np.ones((4, 4))), 2)


@everywhere
def test_predictions_follow_weights_that_change(backend):
    model, x = network(backend), photos("float32") / 255
    before = model.predict_on_batch(x)
    model.layers[0].kernel.assign(model.layers[0].kernel.numpy() * -2)
    assigned = model.predict_on_batch(x)
    assert np.abs(assigned - before).max() > 1e-4
    model.train_on_batch(x, np.array([0, 1, 2, 0]))
    trained = model.predict_on_batch(x)
    assert np.abs(trained - assigned).max() > 1e-6
    with config.using(fuse=False):
        np.testing.assert_allclose(trained, model.predict_on_batch(x), rtol=1e-4, atol=1e-6)


def test_the_array_of_a_variable_cannot_be_changed_behind_the_programs_back():
    kernel = network("numpy").layers[0].kernel
    with pytest.raises(ValueError, match="read-only"):
        np.asarray(kernel)[...] = 0


@everywhere
def test_a_large_batch_is_read_where_it_lies_and_small_ones_after_it_are_not(backend, monkeypatch):
    monkeypatch.setattr("fastcnn.engine.run.LENDABLE_BYTES", 2000)
    model, rng = network(backend), np.random.default_rng(5)
    large, other, small = (rng.random((n, 8, 9, 3), "float32") for n in (4, 4, 2))
    expected = [np.concatenate([model.predict_on_batch(x[None]) for x in batch]) for batch in (large, other, small)]
    for batch, wanted in zip((large, other, small, large), [*expected, expected[0]], strict=True):
        np.testing.assert_allclose(model.predict_on_batch(batch), wanted, rtol=1e-4, atol=1e-6)
        runner = model.executor.program("predict", 4).runner
        assert np.shares_memory(runner.array(runner.program.inputs["x"], len(batch)), batch) == (batch is not small)
