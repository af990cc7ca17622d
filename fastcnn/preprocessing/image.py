"""Keras's names for working with photos."""

from fastcnn.compat.images import list_pictures
from fastcnn.data.image_error import ImageError
from fastcnn.data.pil_arrays import array_to_img, img_to_array, load_img, save_img
from fastcnn.preprocessing.affine import apply_affine_transform
from fastcnn.preprocessing.array_iterator import NumpyArrayIterator
from fastcnn.preprocessing.colour import apply_brightness_shift, apply_channel_shift
from fastcnn.preprocessing.dataframe_iterator import DataFrameIterator
from fastcnn.preprocessing.directory_iterator import DirectoryIterator
from fastcnn.preprocessing.generator import ImageDataGenerator
from fastcnn.preprocessing.iterator import Iterator
from fastcnn.preprocessing.single_transforms import (
    random_brightness,
    random_channel_shift,
    random_rotation,
    random_shear,
    random_shift,
    random_zoom,
)

__all__ = [
    "DataFrameIterator",
    "DirectoryIterator",
    "ImageDataGenerator",
    "ImageError",
    "Iterator",
    "NumpyArrayIterator",
    "apply_affine_transform",
    "apply_brightness_shift",
    "apply_channel_shift",
    "array_to_img",
    "img_to_array",
    "list_pictures",
    "load_img",
    "random_brightness",
    "random_channel_shift",
    "random_rotation",
    "random_shear",
    "random_shift",
    "random_zoom",
    "save_img",
]
