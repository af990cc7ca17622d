"""Learning-rate schedules: the rate at a step."""

import pytest

from fastcnn.optimizers import schedules


@pytest.mark.covers("optimizers.schedules.ExponentialDecay")
@pytest.mark.parametrize(("staircase", "expected"), [(False, 0.1 * 0.5**0.7), (True, 0.1)])
def test_exponential_decay_is_a_power_of_the_rate(staircase, expected):
    decay = schedules.ExponentialDecay(0.1, 10, 0.5, staircase)

    assert decay(7) == pytest.approx(expected)
    assert decay(20) == pytest.approx(0.025)


@pytest.mark.covers("optimizers.schedules.InverseTimeDecay")
@pytest.mark.parametrize(("staircase", "expected"), [(False, 0.1 / 1.35), (True, 0.1)])
def test_inverse_time_decay_divides_by_the_steps(staircase, expected):
    decay = schedules.InverseTimeDecay(0.1, 10, 0.5, staircase)

    assert decay(7) == pytest.approx(expected)
    assert decay(20) == pytest.approx(0.05)


@pytest.mark.covers("optimizers.schedules.PolynomialDecay")
@pytest.mark.parametrize(("step", "expected"), [(0, 0.1), (5, 0.09 / 4 + 0.01), (10, 0.01), (15, 0.01)])
def test_polynomial_decay_ends_at_the_end_rate(step, expected):
    assert schedules.PolynomialDecay(0.1, 10, 0.01, power=2.0)(step) == pytest.approx(expected)


@pytest.mark.covers("optimizers.schedules.PolynomialDecay")
@pytest.mark.parametrize(("step", "expected"), [(0, 0.1), (10, 0.01), (15, 0.09 / 16 + 0.01), (20, 0.01)])
def test_polynomial_decay_in_cycles_stretches_to_the_next_multiple(step, expected):
    assert schedules.PolynomialDecay(0.1, 10, 0.01, power=2.0, cycle=True)(step) == pytest.approx(expected)


@pytest.mark.covers("optimizers.schedules.CosineDecay")
@pytest.mark.parametrize(("step", "expected"), [(0, 0.1), (5, 0.055), (10, 0.01), (99, 0.01)])
def test_cosine_decay_falls_to_alpha_of_where_it_began(step, expected):
    assert schedules.CosineDecay(0.1, 10, alpha=0.1)(step) == pytest.approx(expected)


@pytest.mark.covers("optimizers.schedules.CosineDecay")
@pytest.mark.parametrize(("step", "expected"), [(0, 0.0), (1, 0.05), (4, 0.2), (9, 0.1), (14, 0.0), (20, 0.0)])
def test_cosine_decay_warms_up_to_its_target_and_falls_from_there(step, expected):
    assert schedules.CosineDecay(0.0, 10, warmup_target=0.2, warmup_steps=4)(step) == pytest.approx(expected, abs=1e-15)


@pytest.mark.covers("optimizers.schedules.PiecewiseConstantDecay")
@pytest.mark.parametrize(("step", "expected"), [(0, 1.0), (3, 1.0), (4, 0.5), (7, 0.5), (8, 0.1)])
def test_piecewise_constant_decay_includes_its_boundaries(step, expected):
    assert schedules.PiecewiseConstantDecay([3, 7], [1.0, 0.5, 0.1])(step) == expected


@pytest.mark.parametrize(
    "schedule",
    [
        schedules.ExponentialDecay(0.1, 7, 0.5, staircase=True),
        schedules.InverseTimeDecay(0.1, 7, 0.5, name="mine"),
        schedules.PolynomialDecay(0.1, 7, 0.02, 3.0, cycle=True),
        schedules.CosineDecay(0.1, 7, 0.2, warmup_target=0.3, warmup_steps=2),
        schedules.PiecewiseConstantDecay([3, 7], [1.0, 0.5, 0.1]),
    ],
)
def test_from_config_builds_the_same_schedule(schedule):
    again = type(schedule).from_config(schedule.get_config())

    assert again.get_config() == schedule.get_config()
    assert [again(step) for step in range(20)] == [schedule(step) for step in range(20)]


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match=r"CosineDecay: decay_steps must be positive. Received: 0"):
        schedules.CosineDecay(0.1, 0)
    with pytest.raises(ValueError, match="2 boundaries and 2 values"):
        schedules.PiecewiseConstantDecay([3, 7], [1.0, 0.5])
    with pytest.raises(ValueError, match="boundaries must rise"):
        schedules.PiecewiseConstantDecay([7, 3], [1.0, 0.5, 0.1])
