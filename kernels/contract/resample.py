"""The kernels that give images another size: each output row and column is a weighted sum of a few input ones.

A row r of y is made of len(rows[r]) rows of x from row_starts[r] on, and columns alike, so
y[r, c] = sum of rows[r, i] * columns[c, j] * x[row_starts[r] + i, column_starts[c] + j].
Every one of these rows and columns must lie inside x. A scale of the values belongs into the weights.
"""

import numpy as np

from fastcnn.kernels import shapes
from fastcnn.kernels.arrays import In, Out
from fastcnn.kernels.contract.registry import kernel


def _taps(name: str, axis: str, weights: np.ndarray, starts: np.ndarray, size: int, target: int) -> None:
    """weights (target, taps) and starts (target,) of one axis, all taps inside `size`."""
    taps = weights.shape[1]
    shapes.expect(name, f"{axis}s", weights, (target, taps))
    shapes.expect(name, f"{axis}_starts", starts, (target,))
    # as unsigned numbers, what lies before the image is beyond it too
    if taps > size or starts.view(np.uint32).max() > size - taps:
        raise ValueError(
            f"{name}: {axis}_starts must lie in 0..{size - taps}, so that all {taps} taps are among x's {size} "
            f"{axis}s. Received: {starts.min()}..{starts.max()}"
        )


@kernel("resample")
def image_resample(
    x: In(3, "pixel"),
    y: Out(3, "float32"),
    rows: In(2, "float32"),
    row_starts: In(1, "int32"),
    columns: In(2, "float32"),
    column_starts: In(1, "int32"),
):
    """One photo x (H, W, C) to y (OH, OW, OC), on the calling thread.

    Only the first OC of x's channels are read: C >= OC, as decoders leave three channels in four.
    rows (OH, TR), row_starts (OH,), columns (OW, TC), column_starts (OW,).
    """
    _taps("image_resample", "row", rows, row_starts, x.shape[0], y.shape[0])
    _taps("image_resample", "column", columns, column_starts, x.shape[1], y.shape[1])
    if x.shape[2] < y.shape[2]:
        raise ValueError(
            f"image_resample: x must have at least the {y.shape[2]} channels of y. Received: x of shape {x.shape}"
        )


@kernel("resample")
def images_resample(
    x: In(4), y: Out(4), rows: In(2), row_starts: In(1, "int32"), columns: In(2), column_starts: In(1, "int32")
):
    """Images x (N, H, W, C) to y (N, OH, OW, C), all with the same weights.

    rows (OH, TR), row_starts (OH,), columns (OW, TC), column_starts (OW,).
    """
    shapes.expect("images_resample", "y", y, (x.shape[0], *y.shape[1:3], x.shape[3]))
    _taps("images_resample", "row", rows, row_starts, x.shape[1], y.shape[1])
    _taps("images_resample", "column", columns, column_starts, x.shape[2], y.shape[2])
