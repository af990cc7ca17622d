"""Regularizers and constraints: their values, and how they enter the loss, the gradient and the weights."""

import json

import numpy as np
import pytest

from fastcnn import Sequential, config, constraints, layers, ops, optimizers, regularizers
from fastcnn.training import execute
from tests.helpers import BACKENDS

W = np.array([[0.5, -2.0, 0.0], [1.0, 3.0, -0.25]])


def cubes(w):
    """A penalty of the user's own."""
    return 0.1 * ops.sum(ops.abs(w) ** 3)


class Slope(regularizers.Regularizer):
    """A subclass of the user's own."""

    def __init__(self, factor=0.3):
        self.factor = factor

    def __call__(self, x):
        return self.factor * ops.sum(x)

    def get_config(self):
        return {"factor": self.factor}


class Halved(regularizers.L2):
    """L2 with another formula: the kernel's would be wrong."""

    def __call__(self, x):
        return 0.5 * super().__call__(x)


REGULARIZERS = {
    "l1": regularizers.L1(0.03),
    "l2": regularizers.L2(0.02),
    "l1_l2": regularizers.L1L2(0.03, 0.02),
    "orthogonal": regularizers.OrthogonalRegularizer(0.5),
    "columns": regularizers.OrthogonalRegularizer(0.5, "columns"),
    "function": cubes,
    "subclass": Slope(),
    "overridden": Halved(0.1),
}


@pytest.mark.covers("regularizers.L1", "regularizers.L2", "regularizers.L1L2")
def test_penalties_are_plain_sums():
    assert float(regularizers.L2(0.1)(W)) == pytest.approx(0.1 * (W**2).sum())
    assert float(regularizers.L1(0.1)(W)) == pytest.approx(0.1 * np.abs(W).sum())
    assert float(regularizers.L1L2(0.1, 0.2)(W)) == pytest.approx(0.1 * np.abs(W).sum() + 0.2 * (W**2).sum())


@pytest.mark.covers("regularizers.OrthogonalRegularizer")
@pytest.mark.parametrize(("mode", "vectors"), [("rows", W), ("columns", W.T)])
def test_the_orthogonal_penalty_is_the_mean_cosine(mode, vectors):
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    pairs = [abs(units[i] @ units[j]) for i in range(len(units)) for j in range(i)]
    assert float(regularizers.OrthogonalRegularizer(0.5, mode)(W)) == pytest.approx(0.5 * np.mean(pairs))


@pytest.mark.covers("regularizers.get")
@pytest.mark.parametrize(
    ("identifier", "config"),
    [
        ("l2", {"l2": 0.01}),
        ("l1", {"l1": 0.01}),
        ("l1_l2", {"l1": 0.01, "l2": 0.01}),
        ("L1L2", {"l1": 0.0, "l2": 0.0}),
        (regularizers.L2, {"l2": 0.01}),
        ("orthogonal_regularizer", {"factor": 0.01, "mode": "rows"}),
        ({"class_name": "L2", "config": {"l2": 0.5}}, {"l2": 0.5}),
    ],
)
def test_names_stand_for_regularizers(identifier, config):
    found = regularizers.get(identifier)
    assert found.get_config() == config
    again = regularizers.deserialize(json.loads(json.dumps(regularizers.serialize(found))))
    assert (type(again), again.get_config()) == (type(found), config)


def test_older_names_stand_for_the_same():
    """l1_l2 has penalised with 0.01 each since Keras 1, whatever the class."""
    assert repr(regularizers.l2(0.5)) == repr(regularizers.L2(l=0.5)) == "L2(l2=0.5)"
    assert repr(regularizers.l1_l2()) == "L1L2(l1=0.01, l2=0.01)"
    assert repr(regularizers.l1l2(l1=0.1, l2=0.2)) == "L1L2(l1=0.1, l2=0.2)"
    assert regularizers.orthogonal_regularizer is regularizers.OrthogonalRegularizer
    assert repr(constraints.maxnorm(m=3)) == repr(constraints.max_norm(3)) == "MaxNorm(max_value=3, axis=0)"
    assert repr(constraints.get("maxnorm")) == repr(constraints.MaxNorm())
    assert repr(regularizers.get("l1l2")) == repr(regularizers.l1_l2())


def test_what_is_none_of_these_is_named():
    assert regularizers.get(None) is None
    assert constraints.get(None) is None
    with pytest.raises(ValueError, match=r"unknown regularizer. Received: 'l3'. Known: L1, "):
        regularizers.get("l3")
    with pytest.raises(ValueError, match=r"Dense: kernel_constraint: unknown constraint. Received: 3. Known: MaxNorm"):
        layers.Dense(2, kernel_constraint=3)
    with pytest.raises(ValueError, match=r"L2: l2 must be a number from 0 up. Received: -1"):
        regularizers.L2(-1)
    with pytest.raises(ValueError, match=r"expected weights of two axes. Received: shape \(3,\)"):
        regularizers.OrthogonalRegularizer()(np.ones(3))
    with pytest.raises(ValueError, match=r"unknown regularizer. Received: 'Slope'"):
        regularizers.deserialize(regularizers.serialize(Slope()))
    assert regularizers.deserialize(regularizers.serialize(Slope(0.7)), {"Slope": Slope}).factor == 0.7


def network(backend: str = "numpy", dtype: str = "float64", **controls) -> Sequential:
    """A convolution and two dense layers; the first dense one has the controls."""
    body = [layers.Input((5, 6, 2)), layers.Conv2D(3, 3, activation="relu"), layers.Flatten()]
    body += [layers.Dense(4, activation="tanh", **controls), layers.Dense(3, activation="softmax")]
    model = Sequential(body, dtype=dtype, backend=backend)
    rng = np.random.default_rng(3)
    model.set_weights([rng.standard_normal(w.shape) * 0.4 for w in model.get_weights()])
    model.compile(optimizers.SGD(1.0), "sparse_categorical_crossentropy")
    return model


def data(n: int = 7) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    return rng.standard_normal((n, 5, 6, 2)), rng.integers(0, 3, n)


@pytest.mark.parametrize("kind", REGULARIZERS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_penalty_is_part_of_every_reported_loss(kind, backend):
    regularizer, (x, y) = REGULARIZERS[kind], data()
    model = network(backend, kernel_regularizer=regularizer)
    plain = network(backend).test_on_batch(x, y)
    penalty = float(regularizer(model.get_weights()[2]))
    assert penalty > 0.01
    assert [float(p) for p in model.losses] == pytest.approx([penalty])
    assert model.test_on_batch(x, y) == pytest.approx(plain + penalty, rel=1e-12)
    assert model.evaluate(x, y, batch_size=3, verbose=0) == pytest.approx(plain + penalty, rel=1e-12)
    history = model.fit(x, y, batch_size=7, verbose=0, validation_data=(x, y)).history
    assert history["loss"] == pytest.approx([plain + penalty], rel=1e-12)
    assert history["val_loss"] == pytest.approx([model.evaluate(x, y, verbose=0)], rel=1e-12)


def gradient(model: Sequential, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """What one step of gradient descent with rate 1 takes away."""
    before = model.get_weights()
    model.train_on_batch(x, y)
    return [b - a for a, b in zip(model.get_weights(), before, strict=True)]


def assert_gradient_of_the_loss(model: Sequential) -> None:
    """The step is the loss's gradient: one random direction, in float64."""
    (x, y), rng = data(), np.random.default_rng(5)
    weights = model.get_weights()
    direction = [rng.standard_normal(w.shape) for w in weights]
    losses = []
    for step in (1e-5, -1e-5):
        model.set_weights([w + step * d for w, d in zip(weights, direction, strict=True)])
        losses.append(model.test_on_batch(x, y))
    model.set_weights(weights)
    found = gradient(model, x, y)
    analytic = sum(float((g * d).sum()) for g, d in zip(found, direction, strict=True))
    assert analytic == pytest.approx((losses[0] - losses[1]) / 2e-5, rel=1e-6)


@pytest.mark.covers("layers.Layer.add_weight")
@pytest.mark.parametrize("kind", REGULARIZERS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_weights_penalty_is_part_of_the_gradient(kind, backend):
    assert_gradient_of_the_loss(network(backend, kernel_regularizer=REGULARIZERS[kind], bias_regularizer="l2"))


@pytest.mark.parametrize("kind", REGULARIZERS)
@pytest.mark.parametrize("backend", BACKENDS)
def test_an_activitys_penalty_flows_back(kind, backend):
    assert_gradient_of_the_loss(network(backend, activity_regularizer=REGULARIZERS[kind]))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("regularizer", [regularizers.L2(0.1), cubes], ids=["kernel", "function"])
def test_an_activitys_penalty_is_divided_by_the_number_of_samples(regularizer, backend):
    model, (x, y) = network(backend, activity_regularizer=regularizer), data()
    for n in (7, 3):
        hidden = Sequential(model.layers[:-1], dtype="float64").predict(x[:n], verbose=0)
        penalty = float(regularizer(hidden)) / n
        assert model.test_on_batch(x[:n], y[:n]) - network(backend).test_on_batch(x[:n], y[:n]) == pytest.approx(
            penalty
        )


def test_every_layer_takes_an_activity_regularizer():
    body = [layers.Input((4,)), layers.Activation("tanh", activity_regularizer="l1"), layers.Dense(3, "softmax")]
    model = Sequential(body, dtype="float64")
    model.compile(optimizers.SGD(1.0), "sparse_categorical_crossentropy")
    x = np.random.default_rng(0).standard_normal((6, 4))
    plain = Sequential([layers.Input((4,)), *model.layers[1:]], dtype="float64")
    plain.compile("sgd", "sparse_categorical_crossentropy")
    y = np.arange(6) % 3
    expected = plain.test_on_batch(np.tanh(x), y) + 0.01 * np.abs(np.tanh(x)).sum() / 6
    assert model.test_on_batch(x, y) == pytest.approx(expected)


def kernels(model: Sequential) -> list[str]:
    return [op.kernel for op in execute.build_program(model, model.get_backend(), "train", 7).runner.program.ops]


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_fused_update_reaches_across_a_penalty(backend):
    """The update must read the gradient with the penalty in it; the other dense layer's may be fused."""
    model, (x, y) = network(backend, kernel_regularizer="l2"), data()
    fused = [name for name in kernels(model) if name.startswith("dense_backward_") and name.endswith("sgd")]
    assert "penalty_backward" in kernels(model)
    assert len(fused) == len([n for n in kernels(network(backend)) if n.endswith("d_sgd")]) - (1 if fused else 0)
    found = gradient(model, x, y)
    with config.using(fuse=False):
        expected = gradient(network(backend, kernel_regularizer="l2"), x, y)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-14)


def test_predictions_compute_no_penalty():
    model = network(activity_regularizer="l2", kernel_regularizer="l1")
    program = execute.build_program(model, model.get_backend(), "predict", 7).runner.program
    assert not [op for op in program.ops + program.constants if "penalty" in op.kernel]


def test_frozen_weights_have_no_penalty():
    model, (x, y) = network(kernel_regularizer="l2"), data()
    model.layers[2].trainable = False
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert model.losses == []
    assert model.test_on_batch(x, y) == pytest.approx(network().test_on_batch(x, y), rel=1e-12)


@pytest.mark.covers("constraints.MaxNorm", "constraints.UnitNorm", "constraints.NonNeg", "constraints.MinMaxNorm")
@pytest.mark.parametrize(
    ("constraint", "expected"),
    [
        (constraints.MaxNorm(2), W * [1, 2 / 13**0.5, 1]),
        (constraints.UnitNorm(), W / np.linalg.norm(W, axis=0)),
        (constraints.UnitNorm(axis=[0, 1]), W / np.linalg.norm(W)),
        (constraints.NonNeg(), np.maximum(W, 0)),
        (constraints.MinMaxNorm(1.5, 2, 1.0), W * [1.5 / 1.25**0.5, 2 / 13**0.5, 6]),
        (constraints.MinMaxNorm(1.5, 2, 0.5), W * [0.75 / 1.25**0.5 + 0.5, 1 / 13**0.5 + 0.5, 3.5]),
    ],
    ids=repr,
)
def test_constraints_do_what_they_say(constraint, expected):
    np.testing.assert_allclose(constraint(W), expected, rtol=1e-6)
    again = constraints.deserialize(json.loads(json.dumps(constraints.serialize(constraint))))
    np.testing.assert_array_equal(again(W), constraint(W))


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("constraint", ["max_norm", "unit_norm", "non_neg", lambda w: w.round(1)], ids=str)
def test_constraints_hold_after_every_step(constraint, backend):
    model, (x, y) = network(backend, kernel_constraint=constraint, bias_constraint="non_neg"), data()
    free = gradient(network(backend), x, y)
    before = model.get_weights()
    model.train_on_batch(x, y)
    np.testing.assert_allclose(model.get_weights()[2], constraints.get(constraint)(before[2] - free[2]), rtol=1e-9)
    np.testing.assert_allclose(model.get_weights()[3], np.maximum(before[3] - free[3], 0), rtol=1e-9)
    np.testing.assert_allclose(model.get_weights()[0], before[0] - free[0], rtol=1e-9)


def test_a_constraint_that_changes_the_shape_is_named():
    model, (x, y) = network(kernel_constraint=lambda w: w[:1]), data()
    with pytest.raises(ValueError, match=r"of '.*/kernel' must keep shape \(36, 4\). Received: \(1, 4\)"):
        model.train_on_batch(x, y)


@pytest.mark.parametrize(
    ("layer", "names"),
    [
        (lambda: layers.Conv2D(4, 3, kernel_regularizer="l2", bias_regularizer="l1", kernel_constraint="non_neg",
                               bias_constraint="unit_norm"), ("kernel", "bias")),
        (lambda: layers.DepthwiseConv2D(3, depthwise_regularizer="l2", bias_regularizer="l1",
                                        depthwise_constraint="non_neg", bias_constraint="unit_norm"),
         ("kernel", "bias")),
        (lambda: layers.SeparableConv2D(4, 3, depthwise_regularizer="l2", pointwise_regularizer="l1",
                                        depthwise_constraint="non_neg", pointwise_constraint="unit_norm"),
         ("depthwise_kernel", "pointwise_kernel")),
        (lambda: layers.Conv2DTranspose(4, 3, kernel_regularizer="l2", bias_regularizer="l1",
                                        kernel_constraint="non_neg", bias_constraint="unit_norm"),
         ("kernel", "bias")),
        (lambda: layers.LayerNormalization(gamma_regularizer="l2", beta_regularizer="l1", gamma_constraint="non_neg",
                                           beta_constraint="unit_norm"), ("gamma", "beta")),
        (lambda: layers.GroupNormalization(3, gamma_regularizer="l2", beta_regularizer="l1", gamma_constraint="non_neg",
                                           beta_constraint="unit_norm"), ("gamma", "beta")),
        (lambda: layers.BatchNormalization(gamma_regularizer="l2", beta_regularizer="l1", gamma_constraint="non_neg",
                                           beta_constraint="unit_norm"), ("gamma", "beta")),
    ],
    ids=["Conv2D", "Depthwise", "Separable", "Transpose", "Layer", "Group", "Batch"],
)  # fmt: skip
def test_every_weight_gets_its_own_controls_and_they_are_stored(layer, names):
    model = Sequential([layers.Input((6, 6, 3)), layer()])
    for each in (model, Sequential.from_config(json.loads(json.dumps(model.get_config())))):
        found = {w.name.rsplit("/", 1)[-1]: w for w in each.weights}
        found = [found[name] for name in names]
        assert [repr(w.regularizer) for w in found] == ["L2(l2=0.01)", "L1(l1=0.01)"]
        assert [repr(w.constraint) for w in found] == ["NonNeg()", "UnitNorm(axis=0)"]
