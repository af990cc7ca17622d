"""Pictures of models and what they do, with matplotlib (the extra `[plot]`).

Every function returns the matplotlib figure; with `to_file` it is also written there, atomically, in the format that
the name says. `matplotlib.pyplot.show()` shows what was not written.
"""

import io
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fastcnn.saving.atomic import atomic_write


def plot_history(history: object, to_file: str | Path | None = None) -> object:
    """Curves of a History, one picture for each quantity, training and validation together.

    history : what fit returned, or the dict of lists in it.
    """
    found = getattr(history, "history", history)
    epochs = list(getattr(history, "epoch", [])) or list(range(len(next(iter(found.values()), []))))
    names = [name for name in found if not name.startswith("val_")]
    if not names:
        raise ValueError("plot_history: the history is empty; fit the model first")
    figure, axes = _grid(len(names), min(len(names), 3), 4.5, 3.5)
    for name, axis in zip(names, axes, strict=False):
        axis.plot(epochs, found[name], marker=".", label="training")
        if f"val_{name}" in found:  # with validation_freq there are fewer values, the last of which is the latest
            values = found[f"val_{name}"]
            axis.plot(epochs[-len(values) :], values, marker=".", label="validation")
            axis.legend()
        axis.set(xlabel="epoch", title=name)
        axis.xaxis.get_major_locator().set_params(integer=True)
    return finish(figure, to_file)


def plot_feature_maps(
    model: object,
    image: np.ndarray,
    layer: str | int | None = None,
    columns: int = 8,
    to_file: str | Path | None = None,
) -> object:
    """What each channel of a layer makes of an image.

    image : (rows, columns, channels), as the model takes it.
    layer : name or number; None is the first layer with an image as output.

    Raises:
        ValueError: when there is no such layer, or its output is no image.
    """
    from fastcnn.models import Model

    chosen = _layer(model, layer)
    maps = Model(model.input, chosen.output).predict(np.asarray(image)[np.newaxis], verbose=0)[0]
    figure, axes = _grid(maps.shape[-1], columns, 1.3, 1.3)
    for number, axis in enumerate(axes[: maps.shape[-1]]):
        axis.imshow(maps[..., number], cmap="viridis")
    figure.suptitle(f"{chosen.name}: {maps.shape[-1]} maps of {maps.shape[0]}x{maps.shape[1]}")
    return finish(figure, to_file)


def plot_filters(
    model: object, layer: str | int | None = None, columns: int = 8, to_file: str | Path | None = None
) -> object:
    """The windows of weights of a convolution, in colour where they read three channels, else the mean over channels.

    Raises:
        ValueError: when the layer has no windows of weights.
    """
    layers = model.layers if layer is None else [_find(model, layer)]
    found = next((one for one in layers for w in one.weights[:1] if len(w.shape) == 4), None)
    if found is None:
        raise ValueError(f"plot_filters: no convolution among {[one.name for one in layers]}")
    weights = found.get_weights()[0]
    if weights.shape[2] != 3:
        weights = weights.mean(axis=2, keepdims=True)
    low, high = weights.min(axis=(0, 1, 2)), weights.max(axis=(0, 1, 2))
    shown = (weights - low) / np.maximum(high - low, 1e-12)
    figure, axes = _grid(shown.shape[-1], columns, 1.0, 1.0)
    for number, axis in enumerate(axes[: shown.shape[-1]]):
        axis.imshow(shown[..., number].squeeze(), cmap="gray")
    figure.suptitle(f"{found.name}: {shown.shape[-1]} filters")
    return finish(figure, to_file)


def confusion_matrix(y_true: np.ndarray, y_pred: np.ndarray, classes: int | None = None) -> np.ndarray:
    """Counts (C, C) of samples, row the true class, column the predicted one.

    y_true, y_pred : class numbers (N,) or (N, 1), rows of C values of which the largest counts, or the values of a
        single sigmoid, which count as class 1 above 0.5.
    """
    true, predicted = class_numbers(y_true), class_numbers(y_pred)
    if len(true) != len(predicted):
        raise ValueError(f"confusion_matrix: expected as many labels as predictions. Received: {len(true)}, "
                         f"{len(predicted)}")  # fmt: skip
    size = classes or int(max(true.max(), predicted.max())) + 1
    return np.bincount(true * size + predicted, minlength=size * size).reshape(size, size)


def class_numbers(values: np.ndarray) -> np.ndarray:
    """Class numbers (N,) of labels or predictions in any of their forms."""
    values = np.asarray(values)
    if values.ndim > 1 and values.shape[-1] > 1:
        return values.argmax(axis=-1)
    flat = values.reshape(len(values))
    return flat.astype(np.int64) if (flat == np.rint(flat)).all() else (flat > 0.5).astype(np.int64)


def plot_confusion_matrix(
    y_true: np.ndarray,
    y_pred: np.ndarray,
    class_names: Sequence[str] | None = None,
    normalize: bool = False,
    to_file: str | Path | None = None,
) -> object:
    """The confusion matrix with its numbers; normalize: as shares of each true class."""
    counts = confusion_matrix(y_true, y_pred, None if class_names is None else len(class_names))
    shown = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1) if normalize else counts
    names = [str(number) for number in range(len(counts))] if class_names is None else list(class_names)
    side = max(4.0, 0.6 * len(counts) + 2)
    figure, (axis,) = _grid(1, 1, side, side)
    axis.set_axis_on()
    axis.imshow(shown, cmap="Blues")
    axis.set(xlabel="predicted", ylabel="true", xticks=range(len(names)), yticks=range(len(names)))
    axis.set_xticklabels(names, rotation=45, ha="right")
    axis.set_yticklabels(names)
    for row, column in np.ndindex(shown.shape):
        text = f"{shown[row, column]:.2f}" if normalize else f"{counts[row, column]:,}"
        dark = shown[row, column] > shown.max() / 2
        axis.text(column, row, text, ha="center", va="center", color="white" if dark else "black")
    return finish(figure, to_file)


def plot_misclassified(
    model: object,
    x: np.ndarray,
    y: np.ndarray,
    class_names: Sequence[str] | None = None,
    most: int = 16,
    to_file: str | Path | None = None,
) -> object:
    """The images that the model gets wrong, those first of which it is surest; titles say true and predicted class.

    x : images (N, rows, columns, channels) as the model takes them. y : their labels.
    """
    predictions = np.asarray(model.predict(x, verbose=0))
    true, predicted = class_numbers(y), class_numbers(predictions)
    sure = predictions.max(axis=-1) if predictions.shape[-1] > 1 else np.abs(predictions.reshape(len(true)) - 0.5)
    wrong = np.flatnonzero(true != predicted)
    wrong = wrong[np.argsort(-sure[wrong], kind="stable")]
    figure, axes = _grid(max(min(most, len(wrong)), 1), 4, 2.2, 2.4)
    for axis, number in zip(axes, wrong[:most], strict=False):
        image = np.asarray(x[number], np.float64)
        low, high = image.min(), image.max()
        axis.imshow(((image - low) / max(high - low, 1e-12)).squeeze(), cmap="gray")
        names = [str(c) if class_names is None else class_names[c] for c in (true[number], predicted[number])]
        axis.set_title(f"{names[0]}, seen as {names[1]}", fontsize=9)
    figure.suptitle(f"{len(wrong)} of {len(true)} wrong")
    return finish(figure, to_file)


def pyplot() -> object:
    """matplotlib.pyplot; ImportError that says what to install where it is missing."""
    try:
        from matplotlib import pyplot as found
    except ImportError as error:
        raise ImportError(f"plots need matplotlib: pip install 'fastcnn[plot]' ({error})") from error
    return found


def _find(model: object, layer: str | int) -> object:
    return model.get_layer(index=layer) if isinstance(layer, int) else model.get_layer(layer)


def _layer(model: object, layer: str | int | None) -> object:
    chosen = model.layers if layer is None else [_find(model, layer)]
    for one in chosen:
        if type(one).__name__ != "InputLayer" and len(one.output_shape or ()) == 4:
            return one
    raise ValueError(f"plot_feature_maps: no output of rows, columns and channels among {[one.name for one in chosen]}")


def _grid(count: int, columns: int, width: float, height: float) -> tuple[object, list]:
    """A figure with room for `count` pictures, without axes around them unless they are curves."""
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    figure, axes = pyplot().subplots(
        rows, columns, figsize=(columns * width, rows * height), squeeze=False, layout="constrained"
    )
    listed = list(axes.flat)
    for axis in listed:
        axis.set_axis_off()
    for axis in listed[:count] if width > 3 else ():
        axis.set_axis_on()
    return figure, listed


def finish(figure: object, to_file: str | Path | None) -> object:
    """Writes the figure if it is to be written; returns it."""
    if to_file is not None:
        made = io.BytesIO()
        figure.savefig(made, format=Path(to_file).suffix.removeprefix(".") or "png")
        atomic_write(to_file, lambda file: file.write(made.getvalue()))
        pyplot().close(figure)
    return figure
