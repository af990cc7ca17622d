"""What the user may decide: checked when assigned, restored after a block, heard by models that have run already."""

import importlib
import subprocess
import sys

import numpy as np
import pytest

import fastcnn
from fastcnn import Sequential, config, layers
from fastcnn.engine import fuse

DEFAULTS = {
    "winograd": "auto",
    "fuse": True,
    "era": "keras3",
    "image_data_format": "channels_last",
    "floatx": "float32",
    "epsilon": 1e-7,
}


@pytest.fixture(autouse=True)
def at_defaults(monkeypatch, tmp_path):
    """Every test starts as a process with an empty environment does."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for name in DEFAULTS:
        monkeypatch.delenv(f"FASTCNN_{name.upper()}", raising=False)
        monkeypatch.delitem(vars(config), name, raising=False)


def test_settings_start_at_their_defaults():
    assert {name: getattr(fastcnn.config, name) for name in DEFAULTS} == DEFAULTS


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("WINOGRAD", "0", False),
        ("WINOGRAD", "1", True),
        ("WINOGRAD", "auto", "auto"),
        ("FUSE", "0", False),
        ("ERA", "keras2", "keras2"),
    ],
)
def test_the_environment_says_what_holds_at_the_start(variable, text, value, monkeypatch):
    monkeypatch.setenv(f"FASTCNN_{variable}", text)
    assert repr(getattr(config, variable.lower())) == repr(value)


def test_a_wrong_environment_is_refused_when_first_asked_for_and_not_at_import(monkeypatch):
    monkeypatch.setenv("FASTCNN_FUSE", "maybe")
    importlib.reload(config)
    with pytest.raises(ValueError, match=r"FASTCNN_FUSE must be 1 or 0. Received: 'maybe'"):
        _ = config.fuse


@pytest.mark.parametrize(("name", "value"), [("winograd", "always"), ("winograd", 1), ("fuse", "auto"), ("fuse", None)])
def test_wrong_values_are_refused_and_change_nothing(name, value):
    with pytest.raises(ValueError, match=rf"config.{name} must be one of .*Received: {value!r}"):
        setattr(config, name, value)
    block = config.using(**{"winograd": False, "fuse": False, name: value})
    with pytest.raises(ValueError, match=f"config.{name} must be one of"):
        block.__enter__()
    assert {name: getattr(config, name) for name in DEFAULTS} == DEFAULTS


def write_keras_file(tmp_path, text):
    (tmp_path / "keras.json").write_text(text)


def test_kerass_file_says_what_holds_at_the_start(tmp_path):
    write_keras_file(tmp_path, '{"floatx": "float64", "epsilon": 1e-05, "backend": "jax", "image_dim_ordering": "th"}')
    assert (config.floatx, config.epsilon, config.image_data_format) == ("float64", 1e-5, "channels_first")


def test_kerass_file_lies_in_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".keras").mkdir()
    write_keras_file(tmp_path / ".keras", '{"image_data_format": "channels_first"}')
    assert (config.image_data_format, config.epsilon) == ("channels_first", 1e-7)


@pytest.mark.parametrize("text", ["{", "[1]", "7", "\udcff"])
def test_a_file_that_keras_could_not_read_is_left_out_with_a_warning(text, tmp_path):
    (tmp_path / "keras.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.warns(UserWarning, match=r"keras.json is left out"):
        assert config.epsilon == 1e-7


def test_a_wrong_value_in_kerass_file_is_refused_with_its_place(tmp_path):
    write_keras_file(tmp_path, '{"floatx": "float16"}')
    with pytest.raises(ValueError, match=r"floatx in .*keras.json must be one of 'float32', .*Received: 'float16'"):
        _ = config.floatx


@pytest.mark.parametrize("value", [0, 0.0, 1.0, -1e-7, "1e-7", None])
def test_epsilon_is_a_small_number(value):
    config.epsilon = 1e-3
    with pytest.raises(ValueError, match=r"config.epsilon must be a number between 0 and 1"):
        config.epsilon = value
    assert config.epsilon == 1e-3


def test_unknown_settings_are_refused_by_name():
    for attempt in (lambda: config.fusing, lambda: setattr(config, "fusing", True)):
        with pytest.raises(AttributeError, match=r"no setting 'fusing'. Known: winograd, fuse"):
            attempt()
    with pytest.raises(AttributeError, match="no setting 'fusing'"), config.using(fusing=True):
        pass


def test_a_block_restores_what_was_before_even_after_an_error():
    config.winograd, block = True, config.using(winograd=False, fuse=False)
    block.__enter__()
    assert (config.winograd, config.fuse) == (False, False)
    assert not block.__exit__(KeyError, KeyError(), None)
    assert (config.winograd, config.fuse) == (True, True)


def test_a_model_that_has_run_follows_a_change(monkeypatch):
    applied = []
    monkeypatch.setattr(fuse, "KERNEL_RULES", (lambda program, backend: applied.append(program),))
    model = Sequential([layers.Input((3,)), layers.Dense(2, activation="relu")], backend="numpy")
    x = np.ones((4, 3), "f4")
    expected = model.predict_on_batch(x)
    assert len(applied) == 1
    with config.using(fuse=False):
        np.testing.assert_array_equal(model.predict_on_batch(x), expected)
        assert len(applied) == 1
        assert len(model.executor._programs) == 2
    with config.using(winograd=False):
        model.predict_on_batch(x)
    model.predict_on_batch(x)
    assert len(applied) == 2  # one for each stamp under which rules run


def test_config_is_light():
    code = "import sys, fastcnn; fastcnn.config.fuse = False; assert 'numpy' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_new_models_are_of_the_configured_type():
    inputs = layers.Input((3,))
    with config.using(floatx="float64"):
        x = layers.Input((3,))
        made = [Sequential([layers.Dense(2)]), Sequential(), fastcnn.Model(x, layers.Dense(2)(x))]
        assert [model.dtype for model in made] == ["float64"] * 3
        assert made[0].predict_on_batch(np.ones((1, 3))).dtype == made[2].weights[0].dtype == np.float64
    assert fastcnn.Model(inputs, layers.Dense(2)(inputs)).dtype == Sequential().dtype == "float32"
