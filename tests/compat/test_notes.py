"""An older spelling is noted once, at the script's own line, with the present spelling."""

import warnings
from pathlib import Path

import pytest

import fastcnn
from fastcnn import layers, optimizers
from fastcnn.compat import notes


@pytest.fixture(autouse=True)
def nothing_noted_yet(monkeypatch):
    monkeypatch.setattr(notes, "_noted", set())


def noted(action) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        action()
    assert {warning.category for warning in caught} <= {fastcnn.LegacySpellingWarning}
    assert {Path(warning.filename).name for warning in caught} <= {Path(__file__).name}
    return [str(warning.message) for warning in caught]


def test_the_note_shows_the_whole_call_and_comes_once():
    def make():
        return layers.Convolution2D(64, 3, 3, border_mode="same", init=lambda shape: 0)

    assert noted(make) == [
        "Conv2D(filters, nb_row, nb_col), border_mode=, init=: understood; now spelled "
        "Conv2D(64, (3, 3), padding='same', kernel_initializer=...)"
    ]
    assert noted(make) == []
    assert noted(lambda: layers.MaxPooling2D((2, 2), border_mode="same")) == [], "noted with another layer"
    assert noted(lambda: layers.Dense(output_dim=5)) == ["output_dim=: understood; now spelled Dense(units=5)"]


def test_present_spellings_are_not_noted():
    def make():
        layers.Conv2D(8, 5, 2, padding="same", data_format="channels_last")
        layers.Dense(3, input_shape=(4,))
        optimizers.SGD(0.1, momentum=0.9)

    assert noted(make) == []


def test_old_values_and_old_methods_are_noted():
    model = fastcnn.Sequential([layers.Dense(1, input_dim=2)])
    model.compile("sgd", "mse", class_mode="binary")
    found = noted(lambda: model.fit([[1.0, 2.0]], [1.0], nb_epoch=2, verbose=0))
    assert found == ["nb_epoch=: understood; now spelled fit(..., epochs=2)"]
    assert noted(lambda: model.predict_classes([[1.0, 2.0]]))[0].startswith("predict_classes(): understood")
    assert noted(lambda: layers.Conv2D(8, 3, data_format="tf")) == [
        "data_format=: understood; now spelled Conv2D(8, 3, data_format='channels_last')"
    ]


def test_a_block_can_be_silent():
    with notes.silent():
        assert noted(lambda: layers.Dense(output_dim=5)) == []
    assert len(noted(lambda: layers.Dense(output_dim=5))) == 1


def test_the_note_can_be_turned_into_an_error_or_off():
    with warnings.catch_warnings():
        warnings.simplefilter("error", fastcnn.LegacySpellingWarning)
        with pytest.raises(fastcnn.LegacySpellingWarning, match="output_dim"):
            layers.Dense(output_dim=5)
