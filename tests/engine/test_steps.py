"""One training step after the other: memory, smaller batches, threads, seeds, dropout, frozen layers."""

import tracemalloc

import numpy as np
import pytest

from fastcnn import Sequential, layers, set_num_threads
from fastcnn.kernels import backends, threads
from fastcnn.training.execute import NonFiniteLossError
from fastcnn.utils import set_random_seed
from tests.helpers import BACKENDS

COMPILED = [name for name in BACKENDS if name != "numpy"]
everywhere = pytest.mark.parametrize("backend", BACKENDS)


def network(backend: str, dropout: float = 0.0, normalized: bool = False, optimizer: str = "adam") -> Sequential:
    set_random_seed(3)
    body = [layers.Input((14, 14, 3)), layers.Conv2D(16, 3, activation="relu"), layers.MaxPooling2D(2)]
    body += [layers.BatchNormalization()] if normalized else []
    body += [layers.Flatten(), layers.Dense(32, activation="relu")]
    body += [layers.Dropout(dropout)] if dropout else []
    model = Sequential([*body, layers.Dense(4, activation="softmax")], backend=backend)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def data(samples: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((samples, 14, 14, 3)).astype("f4"), rng.integers(0, 4, samples)


def assert_same_bits(first: list[np.ndarray], second: list[np.ndarray]) -> None:
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.skipif(not COMPILED, reason="needs a compiled backend: the NumPy reference allocates in every kernel")
@pytest.mark.parametrize("backend", COMPILED)
def test_compiled_kernels_allocate_nothing_once_warm(backend):
    model, (x, y) = network(backend, dropout=0.3, normalized=True), data(64)
    model.train_on_batch(x, y)
    runner = model.executor.program("train", 64).runner

    def steps() -> None:
        for _ in range(30):
            runner.forward(64)
            runner.backward(64)

    tracemalloc.start()
    try:
        steps()
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        steps()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Python's own small objects (frames, views of 100 bytes, a scheduler's events) come and go: 400 bytes with Cython,
    # 40,000 with Numba. The activations have 590,000 bytes and more; NumPy's temporaries make the peak 1,340,000.
    assert peak - before < 80_000


@everywhere
def test_smaller_last_batch_gives_what_a_model_of_that_size_gives(backend):
    x, y = data(8)
    large, small = network(backend), network(backend)
    large.executor.program("train", 8)
    large.predict(x, batch_size=8, verbose=0)
    assert large.train_on_batch(x[:3], y[:3]) == small.train_on_batch(x[:3], y[:3])
    assert_same_bits(large.get_weights(), small.get_weights())
    assert_same_bits([large.predict(x[:3], verbose=0)], [small.predict(x[:3], verbose=0)])
    assert large.test_on_batch(x[:5], y[:5]) == small.test_on_batch(x[:5], y[:5])


@everywhere
def test_larger_batch_after_a_smaller_one_goes_on_with_the_same_optimizer_state(backend):
    x, y = data(8)
    grown, fixed = network(backend), network(backend)
    fixed.executor.program("train", 8)
    for size in (2, 8, 5):
        assert grown.train_on_batch(x[:size], y[:size]) == fixed.train_on_batch(x[:size], y[:size])
    assert grown.optimizer.iterations == 3
    assert_same_bits(grown.get_weights(), fixed.get_weights())


@everywhere
def test_same_bits_on_one_and_two_threads(backend):
    x, y = data(40)
    results, before = [], threads.get_num_threads()
    try:
        for count in (1, 2, 3):
            set_num_threads(count)
            model = network(backend, dropout=0.25, normalized=True)
            model.fit(x, y, batch_size=16, epochs=2, shuffle=False, verbose=0)
            results.append([*model.get_weights(), model.predict(x, verbose=0)])
    finally:
        set_num_threads(before)
    assert_same_bits(results[0], results[1])
    assert_same_bits(results[0], results[2])


@everywhere
def test_same_seed_gives_the_same_bits_and_another_seed_others(backend):
    x, y = data(40)
    results = []
    for seed in (5, 5, 6):
        model = network(backend, dropout=0.25)
        set_random_seed(seed)  # for the order of the samples
        history = model.fit(x, y, batch_size=16, epochs=2, verbose=0).history
        results.append([*model.get_weights(), np.array(history["loss"])])
    assert_same_bits(results[0], results[1])
    assert any((a != b).any() for a, b in zip(results[0], results[2], strict=True))


def dropped(backend: str, rate: float, seed: int | None = 1, steps: int = 1) -> list[np.ndarray]:
    """What a dropout layer makes of ones, step by step, on the way to the loss."""
    set_random_seed(0)
    model = Sequential([layers.Input((5000,)), layers.Dropout(rate, seed=seed)], backend=backend)
    model.add(layers.Dense(1, kernel_initializer="zeros"))
    model.compile("sgd", "mse")
    found = []
    for _ in range(steps):
        model.train_on_batch(np.ones((4, 5000), "f4"), np.zeros(4))
        bound = model.executor.program("train", 4)
        (op,) = (op for op in bound.runner.program.ops if op.kernel == "dropout_forward")
        bound.runner.array(op.args["x"], 4)[...] = 1
        bound.runner.forward(4)
        found.append(bound.runner.array(op.args["y"], 4).copy())
    return found


@everywhere
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_drops_its_share_and_keeps_the_mean(backend, rate):
    (y,) = dropped(backend, rate)
    kept = y != 0
    # 20,000 draws: the share of one rate has a standard deviation of at most 0.0036
    assert abs(1 - kept.mean() - rate) < 5 * 0.0036
    np.testing.assert_allclose(y[kept], 1 / (1 - rate), rtol=1e-6)


@everywhere
def test_dropout_draws_anew_each_step_and_repeats_with_its_seed(backend):
    first, second = dropped(backend, 0.5, seed=1, steps=2)
    assert 0.4 < (first != second).mean() < 0.6
    assert_same_bits([first, second], dropped(backend, 0.5, seed=1, steps=2))
    assert (first != dropped(backend, 0.5, seed=2)[0]).any()
    assert_same_bits(dropped(backend, 0.5, seed=None), dropped(backend, 0.5, seed=None))  # drawn by the global seed


@everywhere
def test_dropout_does_nothing_in_prediction_and_evaluation(backend):
    model, (x, y) = network(backend, dropout=0.9), data(6)
    for mode in ("predict", "test"):
        kernels = [op.kernel for op in model.executor.program(mode, 6).runner.program.ops]
        assert "dropout_forward" not in kernels
    assert model.test_on_batch(x, y) == model.test_on_batch(x, y)


def test_two_dropout_layers_draw_different_masks():
    set_random_seed(0)
    model = Sequential([layers.Input((50,)), layers.Dropout(0.5), layers.Dropout(0.5)])
    assert model.layers[0].seed != model.layers[1].seed


@everywhere
def test_frozen_layers_keep_their_weights_and_cost_no_gradient(backend):
    model, (x, y) = network(backend), data(8)
    model.layers[0].trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    before = model.get_weights()
    model.fit(x, y, verbose=0)
    after = model.get_weights()
    assert_same_bits(before[:2], after[:2])
    assert all((a != b).any() for a, b in zip(before[2:], after[2:], strict=True))
    kernels = [op.kernel for op in model.executor.program("train", 8).runner.program.ops]
    assert not [name for name in kernels if name.startswith(("conv2d_backward", "maxpool2d_backward"))]
    assert len(model.optimizer.variables) == 2 * 4


@everywhere
def test_frozen_batch_normalization_uses_and_keeps_its_moving_averages(backend):
    model, (x, y) = network(backend, normalized=True), data(16)
    model.fit(x, y, verbose=0)
    (normalization,) = (layer for layer in model.layers if isinstance(layer, layers.BatchNormalization))
    normalization.trainable = False
    model.compile("sgd", "sparse_categorical_crossentropy")
    before = normalization.get_weights()
    loss = model.test_on_batch(x, y)
    assert model.train_on_batch(x, y) == pytest.approx(loss, rel=1e-5)  # training sees what prediction sees
    assert_same_bits(before, normalization.get_weights())


@everywhere
def test_a_model_without_anything_to_train_runs_and_changes_nothing(backend):
    model, (x, y) = network(backend), data(8)
    model.trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    before, loss = model.get_weights(), model.test_on_batch(x, y)
    assert model.train_on_batch(x, y) == loss
    assert_same_bits(before, model.get_weights())


@everywhere
def test_step_with_a_loss_that_is_not_finite_leaves_every_weight_as_it_was(backend):
    model, (x, y) = network(backend, normalized=True), data(8)
    model.train_on_batch(x, y)
    before, slots = model.get_weights(), [slot.numpy() for slot in model.optimizer.variables]
    bad = x.copy()
    bad[5, 0, 0, 0] = np.nan
    with pytest.raises(NonFiniteLossError, match=r"the data hold NaN or infinity \(sample 5 of this batch\)"):
        model.train_on_batch(bad, y)
    assert_same_bits(before, model.get_weights())
    assert_same_bits(slots, [slot.numpy() for slot in model.optimizer.variables])
    assert model.optimizer.iterations == 1


@everywhere
def test_overflow_names_the_layer_in_which_it_arises(backend):
    model, (x, y) = network(backend), data(8)
    dense = model.layers[3]
    weights = model.get_weights()
    dense.set_weights([np.full(dense.kernel.shape, 3e38, "f4"), dense.bias.numpy()])
    with np.errstate(all="ignore"), pytest.raises(NonFiniteLossError, match=f"first in the output of '{dense.name}'"):
        model.train_on_batch(x, y)
    model.set_weights(weights)
    assert np.isfinite(model.train_on_batch(x, y)[0])


@everywhere
def test_overflow_is_found_though_the_inputs_memory_was_used_again(backend):
    square = [layers.Dense(64, use_bias=False, name=name) for name in ("first", "second")]
    model = Sequential([layers.Input((64,)), *square, layers.Dense(2, name="head")], backend=backend)
    for layer, value in zip(square, (np.eye(64), np.full((64, 64), 3e38)), strict=True):
        layer.set_weights([value.astype("f4")])
        layer.trainable = False
    model.compile("sgd", "mse")
    samples = 4096  # arrays larger than any scratch memory, so that the plan does not depend on it
    bound = model.executor.program("train", samples)
    spans = [bound.runner.memory.offsets[id(t.root)] for t in (bound.x, bound.runner.program.ops[1].args["y"])]
    assert spans[0] == spans[1]  # else this test would show nothing
    with np.errstate(all="ignore"), pytest.raises(NonFiniteLossError, match="first in the output of 'second'"):
        model.train_on_batch(np.ones((samples, 64), "f4"), np.zeros((samples, 2)))


@everywhere
def test_two_models_take_turns_on_two_backends(backend):
    x, y = data(8)
    one, two = network(backend), network("numpy")
    for _ in range(3):
        first, second = one.train_on_batch(x, y), two.train_on_batch(x, y)
        np.testing.assert_allclose(first, second, rtol=1e-5, atol=1e-6)  # float32 sums in another order
    assert one.get_backend() is backends.load(backend)
    assert two.get_backend() is backends.load("numpy")
