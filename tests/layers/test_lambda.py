"""Functions as layers."""

import numpy as np
import pytest

from fastcnn import Model, Sequential, layers, load_model, ops
from fastcnn.models import clone_model

RNG = np.random.default_rng(8)
X = RNG.uniform(0, 255, (6, 4, 5, 3)).astype(np.float32)
covers = pytest.mark.covers("layers.Lambda")


def trained(*some, **fit):
    model = Sequential([layers.Input(X.shape[1:]), *some, layers.Flatten(), layers.Dense(1)], backend="numpy")
    model.compile("sgd", "mse")
    model.fit(X / 255, np.zeros(6), batch_size=4, epochs=1, verbose=0, **fit)
    return model


@covers
def test_pixels_are_scaled_by_the_first_layer():
    model = Sequential([layers.Lambda(lambda x: x / 127.5 - 1.0, input_shape=X.shape[1:]), layers.Conv2D(2, 3)])
    assert model.layers[0].output_shape == (None, 4, 5, 3)
    np.testing.assert_allclose(Sequential(model.layers[:1]).predict(X, verbose=0), X / 127.5 - 1, rtol=1e-5)


@covers
def test_the_shape_is_found_by_trying_or_given():
    by_trying = layers.Lambda(lambda x: x[:, 1:, :, :2])
    assert by_trying(X).shape == (6, 3, 5, 2)
    given = layers.Lambda(lambda x: ops.sum(x, axis=(1, 2)), output_shape=(3,))
    assert given(X).shape == (6, 3)
    computed = layers.Lambda(lambda x: ops.sum(x, axis=1), output_shape=lambda shape: (shape[0], *shape[2:]))
    assert computed(X).shape == (6, 5, 3)
    with pytest.raises(ValueError, match=r"an array of shape \(6, 4, 5, 3\) where the output's shape is \(6, 7\)"):
        layers.Lambda(lambda x: x, output_shape=(7,))(X)


@covers
def test_arguments_and_training_reach_the_function():
    def shifted(x, by, training):
        return x + (by if training else 0)

    layer = layers.Lambda(shifted, arguments={"by": 2.0})
    assert (np.asarray(layer(X)) == X).all()
    assert (np.asarray(layer(X, training=True)) == X + 2).all()


@covers
def test_the_gradient_comes_from_the_operations_or_from_the_caller():
    def weights(function, gradient=None):
        np.random.seed(1)
        return trained(layers.Conv2D(2, 1), layers.Lambda(function, gradient=gradient)).get_weights()

    plain = weights(lambda x: 3 * x)
    own = weights(lambda x: np.asarray(x) * 3, lambda x, dy: 3 * dy)
    kernel = weights(lambda x: ops.multiply(x, 3))
    for one, other, third in zip(plain, own, kernel, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)
        np.testing.assert_allclose(one, third, rtol=1e-6)


@covers
def test_plain_numpy_serves_where_no_gradient_is_wanted():
    trained(layers.Lambda(lambda x: np.clip(np.asarray(x), 0.2, 0.8)))
    with pytest.raises(TypeError, match="its function has no gradient, and layers before it train"):
        trained(layers.Conv2D(2, 1), layers.Lambda(lambda x: np.asarray(x) * 3))


@covers
def test_several_inputs_come_as_a_list():
    x = layers.Input(X.shape[1:])
    branches = [layers.Conv2D(2, 1)(x), layers.Conv2D(2, 1)(x)]
    model = Model(x, [*branches, layers.Lambda(lambda pair: pair[0] - 2 * pair[1])(branches)])
    one, other, both = model.predict(X, verbose=0)
    np.testing.assert_allclose(both, one - 2 * other, rtol=1e-5)


def doubled(x):
    return x * 2


@covers
@pytest.mark.parametrize("ending", ["fcnn", "keras", "h5"])
@pytest.mark.parametrize(("function", "name"), [(doubled, "doubled"), (lambda x: x * 2, "twice")])
def test_a_file_holds_the_name_and_who_loads_it_gives_the_function(function, name, ending, tmp_path):
    model = trained(layers.Lambda(function, name="twice"))
    path = tmp_path / f"model.{ending}"
    model.save(path)
    with pytest.raises(ValueError, match=rf"unknown function '{name}': give custom_objects={{'{name}': ...}}"):
        load_model(path)
    copy = load_model(path, custom_objects={name: function})
    np.testing.assert_allclose(copy.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-4)


@covers
def test_a_copy_of_a_model_keeps_its_functions():
    model = trained(layers.Lambda(lambda x: 3 * x, output_shape=lambda shape: shape, gradient=lambda x, dy: 3 * dy))
    copy = clone_model(model)
    copy.set_weights(model.get_weights())
    np.testing.assert_allclose(copy.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-4)
    assert copy.layers[0].gradient is model.layers[0].gradient


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: layers.Lambda("double"), TypeError, "give the function itself as custom_objects"),
        (lambda: layers.Lambda(abs, mask=1), ValueError, "mask is not supported"),
        (lambda: layers.Lambda(lambda x: x[0])(X), ValueError, "call must keep the batch axis first"),
    ],
)
def test_bad_arguments_are_named(make, error, message):
    with pytest.raises(error, match=message):
        make()
