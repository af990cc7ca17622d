"""A Pillow image's own memory as an array, without a copy.

Source: the Arrow C data interface (struct ArrowArray), which Pillow images offer.
"""

import ctypes
from ctypes import POINTER, Structure, c_int64, c_uint8, c_void_p, py_object, pythonapi
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image


class _ArrowArray(Structure):
    pass


_ArrowArray._fields_ = [
    ("length", c_int64),
    ("null_count", c_int64),
    ("offset", c_int64),
    ("n_buffers", c_int64),
    ("n_children", c_int64),
    ("buffers", POINTER(c_void_p)),
    ("children", POINTER(POINTER(_ArrowArray))),
    ("dictionary", c_void_p),
    ("release", c_void_p),
    ("private_data", c_void_p),
]
_pointer_of = pythonapi.PyCapsule_GetPointer
_pointer_of.restype, _pointer_of.argtypes = c_void_p, [py_object, ctypes.c_char_p]


def pixels_of(image: "Image") -> np.ndarray:
    """Returns a loaded image of mode L, RGB or RGBA as read-only uint8 (H, W, C), C being 1 or 4.

    Pillow keeps a fourth byte beside red, green and blue; it means nothing. Images of many megabytes, which Pillow
    keeps in several pieces, are copied: then C is 1, 3 or 4.
    """
    channels = 1 if image.mode == "L" else 4
    shape = (image.height, image.width, channels)
    try:
        capsule = image.__arrow_c_array__()[1]
    except ValueError:  # in several pieces
        pixels = np.asarray(image)
        return pixels if pixels.ndim == 3 else pixels[:, :, np.newaxis]
    array = ctypes.cast(_pointer_of(capsule, b"arrow_array"), POINTER(_ArrowArray)).contents
    values = array.children[0].contents if array.n_children else array
    memory = (c_uint8 * (shape[0] * shape[1] * channels)).from_address(values.buffers[1])
    memory.owner = capsule  # the array refers to `memory`, and so keeps the image's bytes alive
    pixels = np.frombuffer(memory, np.uint8).reshape(shape)
    pixels.flags.writeable = False
    return pixels
