"""Models: building, naming, configuration, older spellings, backends, and what they refuse."""

import numpy as np
import pytest

import fastcnn
from fastcnn import Sequential, layers, losses, models, optimizers
from fastcnn.utils import set_random_seed

SHAPE = (10, 10, 3)


def classifier(**kwargs: object) -> Sequential:
    set_random_seed(1)
    body = [layers.Conv2D(4, 3, activation="relu", input_shape=SHAPE), layers.MaxPooling2D(), layers.Flatten()]
    model = Sequential([*body, layers.Dense(3, activation="softmax")], backend="numpy", **kwargs)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def described(layer: layers.Layer) -> dict:
    """A layer's effective arguments, whatever they were called."""
    hidden = ("name", "nodes", "_", "input_shape", "output_shape", "built", "declared_input_shape")
    return {key: value for key, value in vars(layer).items() if not key.startswith(hidden)}


SPELLINGS = [
    (lambda: layers.Convolution2D(8, 3, 3), lambda: layers.Conv2D(8, (3, 3))),
    (lambda: layers.Conv2D(8, 5, 4), lambda: layers.Conv2D(8, (5, 4))),
    (lambda: layers.Conv2D(8, 5, 2), lambda: layers.Conv2D(8, (5, 5), strides=(2, 2))),
    (lambda: layers.Conv2D(8, 3, 1), lambda: layers.Conv2D(8, (3, 3), strides=(1, 1))),
    (lambda: layers.Conv2D(8, 1, 1), lambda: layers.Conv2D(8, (1, 1))),
    (lambda: layers.Convolution2D(8, 3, 2, activation="relu"), lambda: layers.Conv2D(8, 3, 2, activation="relu")),
    (lambda: layers.Conv2D(8, nb_row=3, nb_col=2), lambda: layers.Conv2D(8, (3, 2))),
    (lambda: layers.Conv2D(8, 3, nb_col=2), lambda: layers.Conv2D(8, (3, 2))),
    (lambda: layers.Conv2D(nb_filter=8, nb_row=3, nb_col=3), lambda: layers.Conv2D(8, 3)),
    (lambda: layers.Conv2D(8, 3, 3, border_mode="same"), lambda: layers.Conv2D(8, 3, padding="same")),
    (lambda: layers.Conv2D(8, 3, 3, subsample=(2, 2)), lambda: layers.Conv2D(8, 3, strides=2)),
    (lambda: layers.Conv2D(8, 3, atrous_rate=(2, 2)), lambda: layers.Conv2D(8, 3, dilation_rate=2)),
    (lambda: layers.Conv2D(8, 3, dim_ordering="tf"), lambda: layers.Conv2D(8, 3, data_format="channels_last")),
    (lambda: layers.Conv2D(8, 3, init="he_normal"), lambda: layers.Conv2D(8, 3, kernel_initializer="he_normal")),
    (lambda: layers.Conv2D(8, 3, bias=False), lambda: layers.Conv2D(8, 3, use_bias=False)),
    (lambda: layers.Conv2D(8, [3, 3]), lambda: layers.Conv2D(filters=8, kernel_size=3)),
    (lambda: layers.Conv2D(8, 3, padding="SAME"), lambda: layers.Conv2D(8, 3, padding="same")),
    (lambda: layers.Dense(output_dim=5), lambda: layers.Dense(units=5)),
    (lambda: layers.Dense(5, init="uniform"), lambda: layers.Dense(5, kernel_initializer="uniform")),
    (lambda: layers.Dense(5, bias=False), lambda: layers.Dense(5, use_bias=False)),
    (lambda: layers.Dropout(p=0.3), lambda: layers.Dropout(0.3)),
    (lambda: layers.LeakyReLU(alpha=0.1), lambda: layers.LeakyReLU(negative_slope=0.1)),
    (lambda: layers.MaxPooling2D(border_mode="same"), lambda: layers.MaxPool2D(padding="same")),
    (lambda: layers.AveragePooling2D(2, dim_ordering="tf"), lambda: layers.AvgPool2D(2, data_format="channels_last")),
    (lambda: layers.BatchNormalization(mode=0, beta_init="zero"), lambda: layers.BatchNormalization()),
    (lambda: layers.Activation(fastcnn.activations.relu), lambda: layers.Activation("relu")),
]


@pytest.mark.parametrize(("older", "present"), SPELLINGS, ids=range(len(SPELLINGS)))
def test_older_spellings_build_the_same_layer(older, present):
    set_random_seed(0)
    first = Sequential([layers.Input((12, 12, 4)), older()])
    set_random_seed(0)
    second = Sequential([layers.Input((12, 12, 4)), present()])
    a, b = (described(model.layers[0]) for model in (first, second))
    for initializer in ("beta_initializer", "_initializers"):
        a.pop(initializer, None), b.pop(initializer, None)
    weights = {name for name, value in a.items() if hasattr(value, "numpy")}
    assert {n: v for n, v in a.items() if n not in weights} == {n: v for n, v in b.items() if n not in weights}
    for one, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    x = np.random.default_rng(0).standard_normal((2, 12, 12, 4)).astype("f4")
    np.testing.assert_array_equal(first.predict(x, verbose=0), second.predict(x, verbose=0))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.Conv2D(8, 3, kernel_size=3), TypeError, "multiple values for argument 'kernel_size'"),
        (lambda: layers.Dense(5, units=6), TypeError, "multiple values for argument 'units'"),
        (lambda: layers.Dense(units=5, output_dim=6), TypeError, "'output_dim' is the older name of 'units'"),
        (lambda: layers.Conv2D(8, nb_row=3), TypeError, "expected nb_row and nb_col"),
        (lambda: layers.Conv2D(8, 3, 3, *range(7)), TypeError, "give arguments after the window's size by name"),
        (lambda: layers.Dense(5, colour="red"), TypeError, "Dense: unexpected argument 'colour'"),
        (lambda: layers.BatchNormalization(mode=2), TypeError, "only mode=0"),
        (
            lambda: layers.Conv2D(8, 3, padding="full"),
            ValueError,
            "padding must be .valid. or .same.. Received: 'full'",
        ),
        (lambda: layers.Conv2D(0, 3), ValueError, "Conv2D: filters must be an integer from 1"),
        (lambda: layers.Conv2D(8, (3, 3, 3)), ValueError, "Conv2D: kernel_size must be one integer or two"),
        (lambda: layers.Conv2D(8, 3, strides=2, dilation_rate=2), ValueError, "cannot both exceed 1"),
        (lambda: layers.Conv2D(8, 3, groups=3), ValueError, "filters must be a multiple of groups=3"),
        (lambda: layers.Conv2D(8, 3, data_format="channels_middle"), ValueError, 'must be "channels_last" or'),
        (lambda: layers.Conv2D(8, 3, data_format="th_"), ValueError, 'must be "channels_last" or'),
        (lambda: layers.Dense(2.5), ValueError, "Dense: units must be an integer from 1"),
        (
            lambda: layers.Dense(5, activation="swoosh"),
            ValueError,
            "unknown activation. Received: 'swoosh' .*. Known: celu, elu",
        ),
        (lambda: layers.Dropout(1.5), ValueError, r"Dropout: rate must be in \[0, 1\]. Received: 1.5"),
        (lambda: layers.MaxPooling2D(0), ValueError, "MaxPooling2D: pool_size must be an integer from 1"),
        (lambda: layers.Dense(5, input_shape=(None, 3)), ValueError, "input_shape must hold positive integers"),
        (lambda: layers.Dense(5, dtype="float16"), ValueError, "dtype must be .float32. or .float64."),
        (lambda: layers.Dense(5, lora_rank=4), ValueError, "Dense: lora_rank is not supported yet.*Received: 4"),
        (lambda: layers.Input((5,), optional=True), ValueError, "Input: optional is not supported"),
        (lambda: layers.Input((5,), tensor=layers.Input((5,))), ValueError, "Input: tensor is not supported"),
        (lambda: layers.BatchNormalization(epsilon=0), ValueError, "epsilon positive"),
        (lambda: layers.ReLU(max_value=-1), ValueError, "ReLU: max_value must not be negative"),
        (lambda: layers.Reshape((-1, -1)), ValueError, "one -1"),
        (lambda: optimizers.get("adagrud"), ValueError, "unknown optimizer. Received: 'adagrud' .*. Known: adad"),
        (
            lambda: losses.get("hinge2"),
            ValueError,
            "Received: 'hinge2' .did you mean 'hinge'.*Known: .*mse",
        ),
        (lambda: optimizers.Adam(clipvalue=-1.0), ValueError, "Adam: clipvalue must be positive. Received: -1.0"),
        (lambda: optimizers.Adam(clipvalue=1.0, clipnorm=1.0), ValueError, "Adam: give one of clipnorm, clipvalue"),
        (lambda: optimizers.Adam(gradient_accumulation_steps=1), ValueError, "must be an integer from 2 up"),
        (lambda: optimizers.Adam(use_ema=True, ema_momentum=2), ValueError, r"ema_momentum must be in \[0, 1\]"),
        (lambda: optimizers.SGD(learning_rate=-1), ValueError, "learning_rate must not be negative"),
        (lambda: optimizers.SGD(lr=0.1, learning_rate=0.2), TypeError, "'lr' is the older name"),
        (lambda: optimizers.Adam(beta_1=1.0), ValueError, "Adam: beta_1 must be in"),
        (lambda: losses.BinaryCrossentropy(label_smoothing=2), ValueError, "label_smoothing must be in"),
        (lambda: losses.MeanSquaredError(reduction="most"), ValueError, "reduction must be"),
    ],
)
def test_wrong_arguments_are_refused_with_their_name(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_optimizers_take_older_spellings():
    assert optimizers.SGD(lr=0.5).learning_rate == 0.5
    decaying = optimizers.SGD(lr=1.0, decay=0.1)
    decaying.iterations = 10
    assert decaying.learning_rate == pytest.approx(0.5)
    assert optimizers.get("SGD").get_config() == optimizers.get("sgd").get_config()


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ([layers.Conv2D(4, 3, name="head"), layers.Dense(2, name="head")], "names must be unique.*'head'"),
        ([layers.Flatten(), layers.Conv2D(4, 3, name="late")], "layer 'late' .*expects inputs of 4 axes"),
        ([layers.Conv2D(4, 11, name="big")], "layer 'big' .*does not fit an image of 10x10 pixels"),
        ([layers.Reshape((7, 7))], "cannot reshape"),
        ([layers.Flatten(), layers.Input((3,))], "Input can only come first"),
    ],
)
def test_layers_that_do_not_fit_are_refused_by_name(added, message):
    with pytest.raises(ValueError, match=message):
        Sequential([layers.Input(SHAPE), *added])


def test_what_is_no_layer_is_refused():
    with pytest.raises(TypeError, match=r"expected a layer. Received: 'dense'"):
        Sequential(["dense"])


def test_model_without_input_shape_is_built_by_its_first_data():
    model = Sequential([layers.Flatten(), layers.Dense(2)], backend="numpy")
    assert not model.built
    assert model.weights == []
    assert model.predict(np.ones((3, 2, 2), "f4"), verbose=0).shape == (3, 2)
    assert model.input_shape == (None, 2, 2)
    assert [w.shape for w in model.weights] == [(4, 2), (2,)]


@pytest.mark.covers("models.Sequential", "layers.InputLayer")
def test_pop_removes_the_last_layer_and_another_may_follow():
    model, x = classifier(), np.ones((2, *SHAPE), "f4")
    model.predict(x, verbose=0)
    head = model.pop()
    assert (head.units, model.output_shape) == (3, (None, 64))
    model.add(layers.Dense(5, activation="softmax"))
    assert model.predict(x, verbose=0).shape == (2, 5)
    assert np.isfinite(model.train_on_batch(x, np.array([0, 4]))[0])
    with pytest.raises(ValueError, match="no layer to remove"):
        Sequential().pop()


@pytest.mark.covers("Model.get_config", "Model.from_config", "models.clone_model")
def test_configuration_rebuilds_the_same_network_with_fresh_weights():
    model, x = classifier(), np.random.default_rng(0).standard_normal((2, *SHAPE)).astype("f4")
    copies = [Sequential.from_config(model.get_config()), models.clone_model(model)]
    for copy in copies:
        assert copy.get_config() == model.get_config()
        assert [type(layer) for layer in copy.layers] == [type(layer) for layer in model.layers]
        assert (copy.get_weights()[0] != model.get_weights()[0]).any()
        copy.to("numpy").set_weights(model.get_weights())  # a configuration names no backend
        np.testing.assert_array_equal(copy.predict(x, verbose=0), model.predict(x, verbose=0))


@pytest.mark.covers("Model.set_weights", "Model.get_weights")
def test_set_weights_refuses_other_shapes_and_changes_nothing():
    model = classifier()
    before = model.get_weights()
    wrong = [np.zeros_like(w) for w in before[:-1]] + [np.zeros(4, "f4")]
    with pytest.raises(ValueError, match=r"expected weights of shapes .*\(3,\)\]. Received: .*\(4,\)\]"):
        model.set_weights(wrong)
    with pytest.raises(ValueError, match="expected weights of shapes"):
        model.layers[0].set_weights(before[:1])
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.covers("Model.get_layer")
def test_get_layer_finds_by_name_and_index_and_lists_names_otherwise():
    model = classifier()
    assert model.get_layer(model.layers[1].name) is model.layers[1]
    assert model.get_layer(index=-1) is model.layers[-1]
    with pytest.raises(ValueError, match=f"no layer 'conv9'. Layers: .*{model.layers[0].name}"):
        model.get_layer("conv9")
    with pytest.raises(ValueError, match="no layer 7"):
        model.get_layer(index=7)


@pytest.mark.covers("Model.summary", "Model.count_params")
def test_summary_counts_weights(capsys):
    model = classifier()
    model.summary()
    shown = capsys.readouterr().out
    assert "Total params: 307" in shown  # 3*3*3*4 + 4 and 64*3 + 3
    assert model.layers[0].name in shown


def test_backend_is_chosen_per_model_by_block_and_by_to():
    model = Sequential([layers.Input((3,)), layers.Dense(2)])
    with fastcnn.use_backend("numpy"):
        assert model.get_backend().name == "numpy"
    assert model.to("numpy") is model
    assert model.backend == "numpy"
    with pytest.raises(ValueError, match=r"unknown backend 'abacus'. Known"):
        model.to("abacus")
    with pytest.raises(ValueError, match="unknown backend 'abacus'"):
        Sequential(backend="abacus")
    assert model.get_backend().name == "numpy"


def test_moving_to_another_backend_keeps_weights_and_optimizer_state():
    available = [name for name, reason in fastcnn.available_backends().items() if reason is None]
    x, y = np.random.default_rng(0).standard_normal((6, *SHAPE)).astype("f4"), np.array([0, 1, 2, 0, 1, 2])
    moving, staying = classifier(), classifier()
    for step in range(4):
        moving.to(available[step % len(available)])
        # float32 sums in another order: a few units in the last place a step
        assert moving.train_on_batch(x, y)[0] == pytest.approx(staying.train_on_batch(x, y)[0], abs=1e-5)
    assert moving.optimizer.iterations == 4


def test_float64_models_compute_in_float64():
    model, x = classifier(dtype="float64"), np.random.default_rng(0).standard_normal((2, *SHAPE))
    assert {w.dtype for w in model.get_weights()} == {np.dtype("float64")}
    assert model.predict(x, verbose=0).dtype == np.float64
    with pytest.raises(ValueError, match="dtype must be"):
        Sequential(dtype="float16")
