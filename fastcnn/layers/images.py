"""What layers of images share when they are called on arrays: one image, a batch, or a dict with images and labels."""

from collections.abc import Mapping

import numpy as np

from fastcnn.layers import arguments
from fastcnn.layers.base import Layer, Shape
from fastcnn.layers.graph import is_symbolic


class ImageLayer(Layer):
    """A layer of images (N, H, W, C).

    Called on arrays it also takes one image (H, W, C), and {"images": ..., "labels": ...}, of which it changes the
    images.
    """

    def __init__(self, data_format: str | None = None, **kwargs: object):
        super().__init__(**kwargs)
        self.data_format = arguments.data_format(type(self).__name__, data_format)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        arguments.rank(type(self).__name__, input_shape, 4, "(batch, rows, columns, channels)")
        return input_shape

    def __call__(self, inputs: object, training: bool | None = None, **kwargs: object) -> object:
        if isinstance(inputs, Mapping):
            return self.call_on_dict(dict(inputs), training)
        if is_symbolic(inputs) or np.ndim(inputs) != 3:
            return super().__call__(inputs, training, **kwargs)
        return super().__call__(np.asarray(inputs)[None], training, **kwargs)[0]

    def call_on_dict(self, data: dict, training: bool | None) -> dict:
        """The dict with its images changed.

        Raises:
            ValueError: for other things than images and labels.
        """
        unknown = sorted(map(str, set(data) - {"images", "labels"}))
        if unknown or "images" not in data:
            expected = f"{type(self).__name__}: a dict must hold 'images', and may hold 'labels'"
            raise ValueError(f"{expected}; bounding boxes and masks are not moved along. Received: {sorted(data)}")
        return data | {"images": self(data["images"], training)}
