"""What optimizers share beside their formulas: older numerics, rates to assign, configurations, averages, resuming."""

import json
import math

import numpy as np
import pytest

from fastcnn import Sequential, config, layers, load_model, optimizers
from fastcnn.engine.variable import Variable
from fastcnn.optimizers import schedules
from tests.helpers import BACKENDS, GOLDEN

EPSILON = 1e-7


class Older:
    """The updates of keras/optimizers.py in 2.3.1, written out for one array."""

    def __init__(self, w: np.ndarray):
        self.w, self.t, self.a, self.b, self.schedule = w.copy(), 0, np.zeros_like(w), np.zeros_like(w), 1.0

    def sgd(self, g, lr=0.01, momentum=0.9):
        self.a = momentum * self.a - lr * g
        self.w += self.a

    def rmsprop(self, g, lr=0.001, rho=0.9):
        self.a = rho * self.a + (1 - rho) * g**2
        self.w -= lr * g / (np.sqrt(self.a) + EPSILON)

    def adagrad(self, g, lr=0.01):
        self.a = self.a + g**2
        self.w -= lr * g / (np.sqrt(self.a) + EPSILON)

    def adadelta(self, g, lr=1.0, rho=0.95):
        self.a = rho * self.a + (1 - rho) * g**2
        update = g * np.sqrt(self.b + EPSILON) / np.sqrt(self.a + EPSILON)
        self.w -= lr * update
        self.b = rho * self.b + (1 - rho) * update**2

    def adam(self, g, lr=0.001, beta_1=0.9, beta_2=0.999):
        self.t += 1
        self.a = beta_1 * self.a + (1 - beta_1) * g
        self.b = beta_2 * self.b + (1 - beta_2) * g**2
        rate = lr * math.sqrt(1 - beta_2**self.t) / (1 - beta_1**self.t)
        self.w -= rate * self.a / (np.sqrt(self.b) + EPSILON)

    def adamax(self, g, lr=0.002, beta_1=0.9, beta_2=0.999):
        self.t += 1
        self.a = beta_1 * self.a + (1 - beta_1) * g
        self.b = np.maximum(beta_2 * self.b, np.abs(g))
        self.w -= lr / (1 - beta_1**self.t) * self.a / (self.b + EPSILON)

    def nadam(self, g, lr=0.002, beta_1=0.9, beta_2=0.999, schedule_decay=0.004):
        self.t += 1
        now = beta_1 * (1 - 0.5 * 0.96 ** (self.t * schedule_decay))
        following = beta_1 * (1 - 0.5 * 0.96 ** ((self.t + 1) * schedule_decay))
        new = self.schedule * now
        self.schedule = new
        self.a = beta_1 * self.a + (1 - beta_1) * g
        self.b = beta_2 * self.b + (1 - beta_2) * g**2
        m_bar = (1 - now) * g / (1 - new) + following * self.a / (1 - new * following)
        self.w -= lr * m_bar / (np.sqrt(self.b / (1 - beta_2**self.t)) + EPSILON)


def gradients(shape: tuple[int, ...], steps: int = 12) -> list[np.ndarray]:
    rng = np.random.default_rng(2)
    return [rng.standard_normal(shape) * 10.0 ** rng.integers(-6, 1, shape) for _ in range(steps)]


OLDER = [
    ("SGD", {"momentum": 0.9}),
    ("RMSprop", {}),
    ("Adagrad", {}),
    ("Adadelta", {}),
    ("Adam", {}),
    ("Adamax", {}),
    ("Nadam", {}),
]


@pytest.mark.parametrize(
    ("name", "arguments"), [pytest.param(*c, marks=pytest.mark.covers("trap.5"), id=c[0]) for c in OLDER]
)
@pytest.mark.parametrize("spelling", ["era", "decay", "lr"])
def test_older_spellings_and_the_older_era_mean_the_older_numbers(name, arguments, spelling):
    w = np.random.default_rng(0).standard_normal((5, 4))
    older, variable = Older(w), Variable(w.copy(), "w")
    if spelling == "era":
        with config.using(era="keras2"):
            made = (
                getattr(optimizers, name)(epsilon=None, **arguments) if name != "SGD" else optimizers.SGD(**arguments)
            )
    else:
        made = getattr(optimizers, name)(**arguments, **({"decay": 0.0} if spelling == "decay" else {"lr": 0.03}))
    made = optimizers.deserialize(json.loads(json.dumps(optimizers.serialize(made))))  # the file says it all
    step = getattr(older, name.lower())
    for g in gradients(w.shape):
        made.apply([g], [variable])
        step(g, **({"lr": 0.03} if spelling == "lr" else {}))
    np.testing.assert_allclose(variable.numpy(), older.w, rtol=1e-12, atol=1e-14)


@pytest.mark.covers("trap.5")
def test_present_spellings_mean_keras_3s_numbers():
    assert optimizers.Adadelta().learning_rate == 0.001
    assert optimizers.Adagrad(learning_rate=0.5).initial_accumulator_value == 0.1
    assert optimizers.RMSprop().epsilon_inside_root
    assert optimizers.Nadam().schedule_decay == 1.0
    assert optimizers.Adadelta(0.3, decay=0.1).learning_rate == 0.3
    with config.using(era="keras2"):
        assert optimizers.get("adadelta").learning_rate == 1.0
        assert optimizers.Adam(clipnorm=2.0).global_clipnorm == 2.0  # it was the norm of all gradients then
        assert optimizers.RMSprop(momentum=0.5).epsilon_inside_root  # tf.keras's
    assert optimizers.Adam(clipnorm=2.0).clipnorm == 2.0


@pytest.mark.covers("trap.6", "legacy.arguments.decay", "legacy.arguments.lr")
def test_decay_divides_the_rate_by_the_batches_seen():
    made, variable = optimizers.SGD(lr=1.0, decay=0.5), Variable(np.zeros(1), "w")
    for _ in range(4):
        made.apply([np.ones(1)], [variable])
    assert variable.numpy()[0] == pytest.approx(-(1 + 1 / 1.5 + 1 / 2 + 1 / 2.5))


@pytest.mark.covers("optimizers.SGD", "optimizers.Adam")
@pytest.mark.parametrize("name", ["lr", "learning_rate"])
def test_the_rate_reads_and_takes_values_as_keras_variables_do(name):
    made = optimizers.Adam(0.25)
    rate = getattr(made, name)
    assert (float(rate), rate * 2, 1 - rate, f"{rate:.2f}") == (0.25, 0.5, 0.75, "0.25")
    assert isinstance(rate.numpy(), np.float32)
    rate.assign(0.5)
    assert getattr(made, name) == 0.5
    setattr(made, name, np.float32(0.125))
    assert made.learning_rate == 0.125
    made.learning_rate = schedules.ExponentialDecay(0.1, 1, 0.5)
    made.iterations.assign(2)
    assert made.learning_rate == pytest.approx(0.025)
    assert made.iterations.numpy() == 2
    with pytest.raises(ValueError, match=r"learning_rate must not be negative. Received: -1"):
        made.lr.assign(-1)


def network(optimizer: object, backend: str | None = None) -> Sequential:
    body = [layers.Input((6,)), layers.Dense(5, activation="tanh"), layers.Dropout(0.3, seed=1), layers.Dense(1)]
    model = Sequential(body, backend=backend, dtype="float64")
    rng = np.random.default_rng(0)
    model.set_weights([rng.standard_normal(w.shape) for w in model.get_weights()])
    model.compile(optimizer, "mse")
    return model


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.standard_normal((24, 6)), rng.standard_normal((24, 1))


CLASSES = sorted(set(optimizers.__all__) - {"Optimizer", "deserialize", "get", "schedules", "serialize"})


@pytest.mark.parametrize("name", CLASSES)
def test_names_and_configurations_give_the_optimizer_back(name):
    made = optimizers.get(name.upper())
    assert type(made).__name__ == name
    special = {"clipvalue": 0.5, "use_ema": True, "ema_overwrite_frequency": 3, "gradient_accumulation_steps": 2}
    made = getattr(optimizers, name)(learning_rate=0.5, weight_decay=0.1, name="mine", **special)
    config = json.loads(json.dumps(made.get_config()))
    assert config.items() >= {"learning_rate": 0.5, "weight_decay": 0.1, "name": "mine", **special}.items()
    assert type(made).from_config(config).get_config() == config
    scheduled = getattr(optimizers, name)(schedules.CosineDecay(0.1, 5))
    again = optimizers.deserialize(json.loads(json.dumps(optimizers.serialize(scheduled))))
    assert again.learning_rate == pytest.approx(0.1)


SHARED = {"use_ema": True, "ema_momentum": 0.7, "gradient_accumulation_steps": 3, "clipnorm": 0.5}


@pytest.mark.parametrize("name", CLASSES)
@pytest.mark.parametrize("backend", BACKENDS)
def test_training_goes_on_from_a_file_as_if_nothing_had_happened(name, backend, tmp_path):
    x, y = data()
    made = [network(getattr(optimizers, name)(learning_rate=0.05, **SHARED), backend) for _ in range(2)]
    for model in made:
        for _ in range(4):
            model.train_on_batch(x[:8], y[:8])
    made[0].save(tmp_path / "m.fcnn")
    resumed = load_model(tmp_path / "m.fcnn").to(backend)
    assert resumed.optimizer.steps == 4
    for model in (resumed, made[1]):
        for start in (0, 8, 16, 0):
            model.train_on_batch(x[start : start + 8], y[start : start + 8])
    for one, other in zip(resumed.get_weights(), made[1].get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    for one, other in zip(resumed.optimizer.variables, made[1].optimizer.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_fit_ends_with_the_averages():
    x, y = data()
    model = network(optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9))
    model.fit(x, y, batch_size=8, epochs=3, verbose=0)
    averages = [slot.numpy() for slot in model.optimizer.slots["average"]]
    for weight, average in zip(model.get_weights(), averages, strict=True):
        np.testing.assert_array_equal(weight, average)


def test_steps_that_only_collect_leave_the_weights_and_draw_other_masks():
    x, y = data()
    model = network(optimizers.SGD(0.1, gradient_accumulation_steps=2))
    before, first = model.get_weights(), model.train_on_batch(x, y)
    for weight, old in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, old)
    assert (model.optimizer.steps, model.optimizer.iterations) == (1, 0)
    assert model.train_on_batch(x, y) != first  # the same weights, another dropout mask
    assert (model.optimizer.steps, model.optimizer.iterations) == (2, 1)
    assert not np.array_equal(model.get_weights()[0], before[0])


@pytest.mark.parametrize("how", ["var_list", "var_names"])
def test_excluded_weights_do_not_decay(how):
    w, b = Variable(np.ones((2, 2)), "dense/kernel"), Variable(np.ones(2), "dense/bias")
    made = optimizers.AdamW(0.1, weight_decay=0.5)
    made.exclude_from_weight_decay(**{how: [b] if how == "var_list" else ["bias"]})
    made.apply([np.zeros((2, 2)), np.zeros(2)], [w, b])
    np.testing.assert_allclose(w.numpy(), 0.95)
    np.testing.assert_array_equal(b.numpy(), 1.0)


def test_apply_gradients_takes_pairs_and_names_wrong_shapes():
    w = Variable(np.ones(3, np.float32), "w")
    made = optimizers.SGD(0.5)
    assert made.apply_gradients([(np.full(3, 2.0), w)]) == 1
    np.testing.assert_array_equal(w.numpy(), 0.0)
    with pytest.raises(ValueError, match=r"expected gradients of shapes \[\(3,\)\]. Received: \[\(2,\)\]"):
        made.apply([np.ones(2)])


@pytest.mark.parametrize("name", ["Muon", "ScheduleFreeAdamW", "LossScaleOptimizer"])
def test_what_is_left_out_says_what_to_use(name):
    with pytest.raises((ImportError, ValueError), match=f"{name}.*use"):
        getattr(optimizers, name)
    with pytest.raises(ValueError, match=f"unknown optimizer. Received: '{name}'. Known: adadelta"):
        optimizers.get(name)


def test_a_rate_function_without_configuration_cannot_be_stored():
    with pytest.raises(ValueError, match="a schedule without get_config cannot be stored"):
        optimizers.SGD(lambda step: 0.1).get_config()


@pytest.mark.parametrize("name", ["RMSprop", "Adagrad", "Nadam"])
def test_configuration_holds_only_what_keras_3_knows(name):
    signatures = json.loads((GOLDEN / "signatures.json").read_text(encoding="utf-8"))
    made = getattr(optimizers, name)()
    assert set(made.get_config()) <= {parameter for parameter, *_ in signatures[f"optimizers.{name}"]}
    assert vars(type(made).from_config(made.get_config())).keys() == vars(made).keys()
