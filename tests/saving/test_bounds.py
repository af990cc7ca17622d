"""Hyper-parameters from a file are typed and bounded before anything is computed from them."""

import pytest

from fastcnn.saving.bounds import LIMITS, bounded_float, bounded_int, bounded_ints, bounded_shape, one_of


@pytest.mark.parametrize("name", LIMITS)
def test_limit_itself_is_allowed_and_one_more_is_refused(name):
    assert bounded_int("layer", name, LIMITS[name]) == LIMITS[name]
    with pytest.raises(ValueError, match=f"layer: {name} must be an integer from 1 to .*Received: {LIMITS[name] + 1}"):
        bounded_int("layer", name, LIMITS[name] + 1)


@pytest.mark.parametrize("value", [0, -1, True, 3.0, "3", None, [3], 10**40, -(10**40)])
def test_what_is_no_integer_in_range_is_refused_with_its_value(value):
    with pytest.raises(ValueError, match=r"filters must be an integer from 1 to 65,536. Received: "):
        bounded_int("Conv2D", "filters", value)


def test_integer_too_long_for_python_to_print_is_refused_by_its_bits():
    with pytest.raises(ValueError, match="Received: an integer of 16,610 bits"):
        bounded_int("Conv2D", "filters", 10**5000)


def test_one_integer_stands_for_all_and_other_counts_are_refused():
    assert bounded_ints("Conv2D", "kernel_size", 3, 2) == (3, 3)
    assert bounded_ints("Conv2D", "kernel_size", [3, 5], 2) == (3, 5)
    for value in ([3], [3, 3, 3], "33", {"a": 1}, None, 3.0):
        with pytest.raises(ValueError, match=r"must be an integer or 2 integers. Received"):
            bounded_ints("Conv2D", "kernel_size", value, 2)
    with pytest.raises(ValueError, match=r"from 1 to 1,024. Received: 1025"):
        bounded_ints("Conv2D", "kernel_size", [3, 1025], 2)


def test_shape_is_bounded_in_axes_sides_and_elements():
    assert bounded_shape("Input", "shape", [256, 256, 3]) == (256, 256, 3)
    for value, message in (
        ([], "1 to 8 integers"),
        ([1] * 9, "1 to 8 integers"),
        ("ab", "1 to 8 integers"),
        ([65_537, 1], "from 1 to 65,536"),
        ([65_536, 65_536, 3], "at most 4,000,000,000 elements"),
    ):
        with pytest.raises(ValueError, match=message):
            bounded_shape("Input", "shape", value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.5, True, "0.5", None, 10**40])
def test_number_outside_its_range_is_refused(value):
    assert bounded_float("Dropout", "rate", 0, 0, 1) == 0.0
    with pytest.raises(ValueError, match=r"rate must be a number from 0 to 1. Received"):
        bounded_float("Dropout", "rate", value, 0, 1)


def test_name_outside_the_closed_list_is_refused_with_the_list():
    assert one_of("Conv2D", "padding", "same", ("valid", "same")) == "same"
    for value in ("os.system", "", None, ["same"]):
        with pytest.raises(ValueError, match=r"padding must be one of valid, same. Received"):
            one_of("Conv2D", "padding", value, ("valid", "same"))
