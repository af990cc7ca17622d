"""The kernel for a photo's colours: what follows its geometry on the way into a batch."""

from fastcnn.kernels import shapes
from fastcnn.kernels.arrays import In, Out
from fastcnn.kernels.contract.registry import kernel

SMALL = 1e-6  # added to a photo's standard deviation, as Keras does, so that a plain photo does not divide by zero
ROUNDING = 1e-4  # a moved photo may hold 255.00002 for 255, which must not count as a photo with another range
ALPHA = 3  # the channel that brightness leaves alone


@kernel("tones")
def image_tones(
    x: In(3, "pixel"),
    y: Out(3, "float32", may_alias="x"),
    offset: In(1, "float32"),
    factor: In(1, "float32"),
    *,
    shift: float,
    brightness: float | None,
    scale: float,
    center: bool,
    normalise: bool,
):
    """One photo x (H, W, C) to y (H, W, OC), OC <= C: (changed(x) - offset) * factor, with one of each a channel.

    What changes it, in this order, over the OC channels together:
    shift : added to every value, then cut at the photo's own smallest and largest value; 0 for none.
    brightness : every value is cut to 0..255 and to a whole number, multiplied by this, and cut so again; ALPHA stays.
        A photo with values beyond 0..255 is stretched to that range first, and brought back afterwards. None: nothing.
    scale : multiplies every value.
    center, normalise : the photo's mean is taken off; what is left is divided by its standard deviation + SMALL.

    Source: Keras's ImageDataGenerator, apply_transform and standardize.
    """
    shapes.expect("image_tones", "y", y, (*x.shape[:2], y.shape[2]))
    if y.shape[2] > x.shape[2]:
        raise ValueError(
            f"image_tones: x must have at least the {y.shape[2]} channels of y. Received: x of shape {x.shape}"
        )
    for name, values in (("offset", offset), ("factor", factor)):
        shapes.expect("image_tones", name, values, y.shape[2:])
