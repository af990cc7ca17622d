"""The kernel that turns a decoded photo into a float32 slot of a batch."""

from fastcnn.kernels import shapes
from fastcnn.kernels.arrays import In, Out
from fastcnn.kernels.contract.registry import kernel

FILL_MODES = ("nearest", "constant", "reflect", "wrap")


@kernel("image")
def image_affine(
    x: In(3, "pixel"),
    y: Out(3, "float32"),
    matrix: In(2, "float64"),
    *,
    order: int,
    fill_mode: str,
    cval: float,
    flip_horizontal: bool,
    flip_vertical: bool,
    scale: float,
):
    """One photo x (H, W, C) to y (OH, OW, OC) = scale * (x at the place that matrix (2, 3) names), then flipped.

    Only the first OC of x's channels are read: C >= OC, as decoders leave three channels in four.
    Output pixel (r, c) reads x at row = m00*r + m01*c + m02, column = m10*r + m11*c + m12 in float64; with a flip the
    pixel is written to OH-1-r or OW-1-c. order 0 takes the nearest pixel, floor(v + 0.5); 1 interpolates bilinearly.
    Outside [0, size-1]: "nearest" clamps (aaaa|abcd|dddd); "reflect" mirrors with the edge repeated (dcba|abcd|dcba);
    "wrap" repeats with period size-1; "constant" gives cval (then scaled) with no blending across the edge.
    Source: scipy.ndimage.affine_transform, which Keras's ImageDataGenerator uses; one channel or many, same values.
    """
    if fill_mode not in FILL_MODES:
        raise ValueError(f"image_affine: fill_mode must be one of {FILL_MODES}. Received: {fill_mode!r}")
    if order not in (0, 1):
        raise ValueError(f"image_affine: order must be 0 (nearest) or 1 (bilinear). Received: {order!r}")
    shapes.expect("image_affine", "matrix", matrix, (2, 3))
    if x.shape[2] < y.shape[2]:
        raise ValueError(
            f"image_affine: x must have at least the {y.shape[2]} channels of y. Received: x of shape {x.shape}"
        )
