"""Initializers: distributions, fans, seeds and look-up."""

import json

import numpy as np
import pytest

import fastcnn
from fastcnn import Sequential, initializers, layers
from fastcnn.random import generator

# Spread of a sample's standard deviation over 90,000 draws is below 0.25 %; four times that.
STDDEV_RTOL = 0.01
SHAPE = (300, 300)


def draw(name, shape=SHAPE, dtype="float32"):
    return initializers.get(name)(shape, dtype, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("name", "scale", "fan"),
    [
        ("glorot_uniform", 2.0, 3 * 3 * (64 + 128)),
        ("glorot_normal", 2.0, 3 * 3 * (64 + 128)),
        ("he_uniform", 2.0, 3 * 3 * 64),
        ("he_normal", 2.0, 3 * 3 * 64),
        ("lecun_uniform", 1.0, 3 * 3 * 64),
        ("lecun_normal", 1.0, 3 * 3 * 64),
    ],
)
@pytest.mark.covers(
    "initializers.GlorotNormal", "initializers.HeNormal", "initializers.LecunNormal", "initializers.LecunUniform"
)
def test_scaled_initializers_have_the_variance_of_their_fans(name, scale, fan):
    weights = draw(name, (3, 3, 64, 128))

    assert weights.std() == pytest.approx((scale / fan) ** 0.5, rel=STDDEV_RTOL)
    assert abs(weights.mean()) < 0.02 * weights.std()


@pytest.mark.parametrize(("name", "limit"), [("glorot_uniform", (6 / 600) ** 0.5), ("he_uniform", (6 / 300) ** 0.5)])
@pytest.mark.covers("initializers.GlorotUniform", "initializers.HeUniform")
def test_uniform_initializers_reach_but_do_not_cross_their_limit(name, limit):
    largest = np.abs(draw(name)).max()

    assert 0.999 * limit < largest <= np.float32(limit)


@pytest.mark.covers("initializers.TruncatedNormal")
def test_truncated_normal_stays_within_two_stddev_and_is_not_widened():
    weights = initializers.TruncatedNormal(mean=1.0, stddev=0.5)(SHAPE, "float32", np.random.default_rng(0))

    assert np.abs(weights - 1.0).max() <= 1.0 + 1e-6
    assert weights.std() == pytest.approx(0.5 * 0.87962566, rel=STDDEV_RTOL)


def test_truncated_normal_keeps_the_bell_inside_the_cut():
    weights = draw("truncated_normal") / 0.05

    # P(|x| < 1 | |x| < 2) of the normal distribution.
    assert np.mean(np.abs(weights) < 1.0) == pytest.approx(0.682689 / 0.954500, abs=0.01)


@pytest.mark.covers("initializers.RandomNormal", "initializers.RandomUniform")
def test_random_normal_and_random_uniform_have_the_default_spread():
    assert draw("random_normal").std() == pytest.approx(0.05, rel=STDDEV_RTOL)
    assert draw("random_uniform").std() == pytest.approx(0.05 / 3**0.5, rel=STDDEV_RTOL)


@pytest.mark.parametrize(
    ("shape", "fans"), [((), (1, 1)), ((5,), (5, 5)), ((3, 4), (3, 4)), ((5, 3, 7, 11), (105, 165))]
)
def test_compute_fans_multiplies_the_receptive_field(shape, fans):
    assert initializers.compute_fans(shape) == fans


def test_compute_fans_follows_the_axes_that_it_is_given():
    assert initializers.compute_fans((2, 3, 5), input_axes=(0, 1), output_axes=(2,)) == (6, 5)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (3, 3, 2, 5)])
@pytest.mark.covers("initializers.Orthogonal")
def test_orthogonal_has_orthonormal_columns_or_rows_times_gain(shape):
    weights = initializers.Orthogonal(gain=2.0)(shape, "float64", np.random.default_rng(0))
    matrix = weights.reshape(-1, shape[-1])
    product = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T

    np.testing.assert_allclose(product, 4.0 * np.eye(len(product)), atol=1e-12)


@pytest.mark.covers("initializers.Zeros", "initializers.Ones", "initializers.Constant", "initializers.Identity")
def test_constants_fill_the_shape_in_the_dtype():
    for name, value in (("zeros", 0.0), ("ones", 1.0)):
        weights = draw(name, (2, 3), "float64")
        assert weights.dtype == np.float64
        assert (weights == value).all()
    assert (initializers.Constant(2.5)((2, 3)) == np.full((2, 3), 2.5, np.float32)).all()
    assert (initializers.Identity(gain=3.0)((2, 3)) == [[3, 0, 0], [0, 3, 0]]).all()


def test_identity_and_orthogonal_refuse_shapes_without_two_axes():
    with pytest.raises(ValueError, match=r"two axes. Received: shape=\(3,\)"):
        initializers.Identity()((3,))
    with pytest.raises(ValueError, match=r"at least two axes. Received: shape=\(3,\)"):
        initializers.Orthogonal()((3,))


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
def test_draws_have_the_dtype_asked_for(dtype):
    assert draw("he_normal", (4, 4), dtype).dtype == dtype
    assert draw("glorot_uniform", (4, 4), dtype).dtype == dtype


@pytest.mark.parametrize("name", ["glorot_uniform", "he_normal", "orthogonal"])
def test_same_generator_state_gives_the_same_bits(name):
    np.testing.assert_array_equal(draw(name), draw(name))


def test_a_seed_of_its_own_repeats_whatever_the_generator_is():
    initializer = initializers.GlorotUniform(seed=3)
    rng = np.random.default_rng(0)

    np.testing.assert_array_equal(initializer(SHAPE, "float32", rng), initializer(SHAPE, "float32", rng))
    assert (initializer(SHAPE) != initializers.GlorotUniform(seed=4)(SHAPE)).any()


def test_without_a_seed_successive_draws_differ():
    initializer, rng = initializers.GlorotUniform(), np.random.default_rng(0)

    assert (initializer(SHAPE, "float32", rng) != initializer(SHAPE, "float32", rng)).any()


def test_numpy_global_seed_settles_draws_without_a_generator():
    np.random.seed(5)
    first, second = initializers.GlorotUniform()((4, 4)), generator().random(3)
    np.random.seed(5)

    np.testing.assert_array_equal(initializers.GlorotUniform()((4, 4)), first)
    np.testing.assert_array_equal(generator().random(3), second)
    assert (generator().random(3) != second).any()


@pytest.mark.parametrize("name", ["GlorotUniform", "glorot_uniform"])
def test_get_knows_class_and_snake_case_names(name):
    assert type(initializers.get(name)) is initializers.GlorotUniform


@pytest.mark.parametrize(
    "name", ["he_uniform", "constant", "variance_scaling", "orthogonal", "random_normal", "identity"]
)
def test_get_builds_again_what_serialize_described(name):
    original = initializers.get(name)
    again = initializers.get(initializers.serialize(original))

    assert type(again) is type(original)
    assert again.get_config() == original.get_config()


@pytest.mark.covers("initializers.VarianceScaling")
def test_get_config_keeps_arguments():
    config = initializers.VarianceScaling(2.0, "fan_out", "uniform", seed=7).get_config()

    assert initializers.VarianceScaling.from_config(config).get_config() == config
    assert (config["scale"], config["mode"], config["distribution"], config["seed"]) == (2.0, "fan_out", "uniform", 7)


def test_get_takes_functions_with_and_without_dtype():
    rng = np.random.default_rng(0)

    assert initializers.get(lambda shape: np.full(shape, 2.0))((2,), "float32", rng).dtype == np.float32
    assert initializers.get(lambda shape, dtype=None: np.ones(shape, dtype))((2,), "float64", rng).dtype == np.float64


def test_get_takes_a_subclass_whose_call_knows_no_generator():
    class Sevens(initializers.Initializer):
        def __call__(self, shape, dtype=None):
            return np.full(shape, 7.0, dtype)

    assert (initializers.get(Sevens)((2,), "float32", np.random.default_rng(0)) == 7.0).all()


def test_get_takes_an_array_and_checks_its_shape():
    initializer = initializers.get(np.arange(3.0))

    np.testing.assert_array_equal(initializer((3,)), np.arange(3.0))
    with pytest.raises(ValueError, match=r"expected an array of shape \(4,\). Received: \(3,\)"):
        initializer((4,))


def test_get_returns_none_for_none():
    assert initializers.get(None) is None


def test_get_takes_the_functions_of_keras_1():
    def scaled(shape, name=None):
        return initializers.RandomNormal(stddev=2.0, seed=1)(shape)

    def named(shape, name):
        assert name is None
        return np.ones(shape)

    values = initializers.get(scaled)((2, 3), "float64", np.random.default_rng(0))
    np.testing.assert_array_equal(values, scaled((2, 3)).astype(np.float64))
    assert initializers.get(named)((2,)).tolist() == [1, 1]


def test_a_subclass_as_keras_documents_it_serves_as_an_initializer():
    class Scaled(initializers.Initializer):
        def __init__(self, mean, stddev):
            self.mean, self.stddev = mean, stddev

        def __call__(self, shape, dtype=None, **kwargs):
            assert not kwargs
            return np.random.normal(self.mean, self.stddev, size=shape).astype(dtype)

        def get_config(self):
            return {"mean": self.mean, "stddev": self.stddev}

    config = initializers.serialize(Scaled(3.0, 0.1))
    assert config == {"class_name": "Scaled", "config": {"mean": 3.0, "stddev": 0.1}}
    again = initializers.deserialize(config, custom_objects={"Scaled": Scaled})
    np.random.seed(0)
    first = again((50, 50), "float32")
    assert first.dtype == np.float32
    assert first.mean() == pytest.approx(3.0, abs=0.01)
    np.random.seed(0)
    layer = layers.Dense(50, kernel_initializer=Scaled(3.0, 0.1))
    Sequential([layers.Input((50,)), layer])
    assert layer.get_weights()[0].std() == pytest.approx(0.1, rel=0.05)
    with pytest.raises(ValueError, match=r"unknown initializer. Received: 'Scaled'"):
        initializers.deserialize(config)


@pytest.mark.parametrize(
    ("name", "cls"),
    [
        *(("normal", "RandomNormal"), ("uniform", "RandomUniform"), ("zero", "Zeros"), ("one", "Ones")),
        *(("identity", "Identity"), ("orthogonal", "Orthogonal"), ("lecun_uniform", "LecunUniform")),
        *(("glorot_normal", "GlorotNormal"), ("he_normal", "HeNormal"), ("he_uniform", "HeUniform")),
        *(("OrthogonalInitializer", "Orthogonal"), ("IdentityInitializer", "Identity"), ("zeros", "Zeros")),
    ],
)
def test_strings_of_every_era(name, cls):
    assert type(initializers.get(name)).__name__ == cls


@pytest.mark.parametrize("seed", [np.random.seed, fastcnn.utils.set_random_seed])
def test_weights_repeat_after_seeding(seed):
    def weights():
        seed(11)
        model = Sequential([layers.Input((8,)), layers.Dense(4), layers.Dense(3, kernel_initializer="orthogonal")])
        return model.get_weights()

    first, second = weights(), weights()
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    assert (first[0] != 0).any()


@pytest.mark.parametrize("value", [2.5, [1.0, 2.0, 3.0], np.arange(3.0)], ids=str)
def test_constant_keeps_numbers_and_arrays_in_its_configuration(value):
    config = json.loads(json.dumps(initializers.serialize(initializers.Constant(value))))
    np.testing.assert_array_equal(initializers.get(config)((2, 3)), np.full((2, 3), value))


def test_clone_has_the_same_arguments():
    original = initializers.TruncatedNormal(1.0, 0.5, seed=3)
    again = original.clone()
    assert again is not original
    np.testing.assert_array_equal(again(SHAPE), original(SHAPE))


def test_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"Received: 'glorot' .did you mean 'glorot_normal'.*Known: .*glorot_uniform"):
        initializers.get("glorot")
    with pytest.raises(TypeError, match="Received: 3"):
        initializers.get(3)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": 0.0}, "scale must be positive"),
        ({"mode": "fan"}, "mode must be"),
        ({"distribution": "cauchy"}, "distribution must be"),
        ({"seed": "1"}, "seed must be an integer"),
    ],
)
def test_variance_scaling_refuses_bad_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        initializers.VarianceScaling(**arguments)
