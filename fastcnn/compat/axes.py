"""Scripts for Theano, where channels come before rows, that do not say so."""

from fastcnn import config
from fastcnn.compat.notes import is_silent, note

_CHANNELS = (1, 3)


def follow_declared_shape(args: tuple, kwargs: dict) -> None:
    """Sets channels_first for a script of Keras 1 or 2 whose first layer takes (1, 28, 28) or (3, 64, 64).

    In these versions the order came from a file of the user's, which is not here; an image of 1 or 3 rows is none.

    args, kwargs : of a layer's constructor, in the present spelling.
    """
    if is_silent():  # files say the order themselves, and change nothing of the process
        return
    if config.era != "keras2" or config.image_data_format != "channels_last" or kwargs.get("data_format"):
        return
    batched = kwargs.get("batch_input_shape") or kwargs.get("batch_shape")
    shape = kwargs.get("input_shape") or kwargs.get("shape") or (batched and tuple(batched)[1:]) or (args and args[0])
    if not isinstance(shape, (tuple, list)) or len(shape) != 3 or shape[0] not in _CHANNELS:
        return
    if all(size is None or size > max(_CHANNELS) + 1 for size in shape[1:]):
        config.image_data_format = "channels_first"
        note([f"input_shape={tuple(shape)}, channels before rows"], "K.set_image_data_format('channels_first') before")
