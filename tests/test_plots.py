"""Pictures: what they show is read back from matplotlib's objects; files are images; nothing crashes a script."""

import builtins

import matplotlib as mpl
import numpy as np
import pytest

mpl.use("agg")
from matplotlib import pyplot

from fastcnn import Model, Sequential, layers, plots
from fastcnn.utils import plot_model, set_random_seed
from fastcnn.utils.model_picture import arrows

NAMES = ["cat", "dog", "owl"]


@pytest.fixture(autouse=True)
def _close():
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def trained():
    set_random_seed(0)
    rng = np.random.default_rng(0)
    x, y = rng.random((30, 12, 12, 3)).astype("f4"), rng.integers(0, 3, 30)
    body = [layers.Conv2D(5, 3, activation="relu", name="first"), layers.Conv2D(4, 3, name="second"), layers.Flatten()]
    model = Sequential([layers.Input((12, 12, 3)), *body, layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=3, validation_split=0.2, validation_freq=2, verbose=0)
    return model, x, y, history


def test_history_shows_training_and_validation(trained, tmp_path):
    history = trained[3]
    figure = history.plot()
    assert [axis.get_title() for axis in figure.axes] == ["loss", "accuracy"]
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    np.testing.assert_array_equal(lines["training"].get_ydata(), history.history["loss"])
    np.testing.assert_array_equal(lines["validation"].get_ydata(), history.history["val_loss"])
    history.plot(tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="the history is empty"):
        plots.plot_history({})


def test_feature_maps_are_the_layers_outputs(trained):
    model, x = trained[:2]
    figure = plots.plot_feature_maps(model, x[0], "second")
    shown = [axis.images[0].get_array() for axis in figure.axes if axis.images]
    expected = Model(model.input, model.get_layer("second").output).predict(x[:1], verbose=0)[0]
    np.testing.assert_array_equal(np.stack(shown, -1), expected)
    assert len(plots.plot_feature_maps(model, x[0]).axes) >= 5
    with pytest.raises(ValueError, match="no output of rows, columns and channels"):
        plots.plot_feature_maps(model, x[0], 3)


def test_filters_are_shown_from_their_least_to_their_greatest_weight(trained):
    model = trained[0]
    figure = plots.plot_filters(model)
    w = model.get_layer("first").get_weights()[0][..., 2]
    shown = figure.axes[2].images[0].get_array()
    np.testing.assert_allclose(shown, (w - w.min()) / (w.max() - w.min()), rtol=1e-5, atol=1e-6)
    assert plots.plot_filters(model, 1).axes[0].images[0].get_array().shape == (3, 3)
    with pytest.raises(ValueError, match="no convolution"):
        plots.plot_filters(model, 3)


def test_confusion_matrix_counts_true_by_predicted():
    true, predicted = [0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 0, 2]
    expected = [[1, 1, 0], [0, 1, 0], [1, 0, 2]]
    np.testing.assert_array_equal(plots.confusion_matrix(true, predicted), expected)
    np.testing.assert_array_equal(plots.confusion_matrix(np.eye(3)[true], np.eye(3)[predicted] * 0.9), expected)
    np.testing.assert_array_equal(plots.confusion_matrix([[0], [1], [1]], [[0.2], [0.6], [0.4]]), [[1, 0], [1, 1]])
    figure = plots.plot_confusion_matrix(true, predicted, NAMES, normalize=True)
    assert [text.get_text() for text in figure.axes[0].texts][:3] == ["0.50", "0.50", "0.00"]
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == NAMES
    with pytest.raises(ValueError, match=r"as many labels as predictions. Received: 2, 3"):
        plots.confusion_matrix([0, 1], [0, 1, 1])


def test_misclassified_images_are_those_that_the_model_gets_wrong(trained):
    model, x, y, _ = trained
    predictions = model.predict(x, verbose=0)
    wrong = np.flatnonzero(predictions.argmax(-1) != y)
    surest = wrong[np.argmax(predictions[wrong].max(-1))]
    figure = plots.plot_misclassified(model, x, y, NAMES, most=3)
    titles = [axis.get_title() for axis in figure.axes if axis.get_title()]
    assert titles[0] == f"{NAMES[y[surest]]}, seen as {NAMES[predictions[surest].argmax()]}"
    assert len(titles) == min(3, len(wrong))
    assert figure.get_suptitle() == f"{len(wrong)} of 30 wrong"


def nested() -> Model:
    x = layers.Input((8, 8, 4), name="image")
    y = layers.Conv2D(4, 3, padding="same", name="conv")(x)
    inner = Sequential(
        [layers.Input((8, 8, 4)), layers.Flatten(name="flat"), layers.Dense(2, name="head")], name="tail"
    )
    return Model(x, inner(layers.Add(name="sum")([x, y])))


def named(edges: list) -> list[tuple[str, str]]:
    return [(a.name, b.name) for a, b in edges]


@pytest.mark.covers("utils.plot_model")
def test_model_picture_has_a_box_for_each_layer_and_an_arrow_for_each_input(tmp_path):
    model = nested()
    ways = [("image", "conv"), ("image", "sum"), ("conv", "sum"), ("sum", "tail")]
    assert named(arrows(model)) == ways
    assert named(arrows(model, expand_nested=True)) == [*ways[:3], ("sum", "flat"), ("flat", "head")]
    figure = plot_model(model, tmp_path / "m.png", show_shapes=True, show_layer_names=True, show_dtype=True)
    texts = [t.get_text() for t in figure.axes[0].texts if t.get_text()]
    assert texts[1].split("\n") == ["conv (Conv2D)", "(None, 8, 8, 4) → (None, 8, 8, 4)", "dtype: float32"]
    assert (tmp_path / "m.png").read_bytes().startswith(b"\x89PNG")
    plot_model(model, tmp_path / "m.svg", rankdir="LR", expand_nested=True, show_trainable=True, splines="ortho")
    assert b"<svg" in (tmp_path / "m.svg").read_bytes()


def test_without_matplotlib_the_script_goes_on_and_plots_say_what_to_install(monkeypatch, tmp_path, capsys):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError("No module named 'matplotlib'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    assert plot_model(nested(), tmp_path / "m.png") is None
    assert "pip install 'fastcnn[plot]'" in capsys.readouterr().out
    with pytest.raises(ImportError, match=r"pip install 'fastcnn\[plot\]'"):
        plots.plot_history({"loss": [1.0]})


def test_model_picture_refuses_what_it_cannot_draw():
    with pytest.raises(ValueError, match='must be "TB" or "LR"'):
        plot_model(nested(), None, rankdir="BT")
    with pytest.raises(ValueError, match="does not know the shape"):
        plot_model(Sequential([layers.Dense(2)]), None)
