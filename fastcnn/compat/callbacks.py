"""Settings and parameters of callbacks that only earlier Keras versions knew."""

import warnings
from collections.abc import Sequence

# Arguments of TensorBoard in Keras 2; the values that ask for nothing.
_TENSORBOARD = {
    "batch_size": None,  # of the validation that histograms needed then
    "write_grads": (False,),
    "embeddings_layer_names": (None,),
    "embeddings_data": (None,),
}


def without_old_tensorboard_settings(kwargs: dict) -> None:
    """Accepts Keras 2's arguments of TensorBoard.

    Raises:
        TypeError: for others, and for those that ask for what is not written.
    """
    for name, value in kwargs.items():
        if name not in _TENSORBOARD:
            raise TypeError(f"TensorBoard: unexpected argument. Received: {name}={value!r}")
        harmless = _TENSORBOARD[name]
        if name == "write_grads" and value:
            warnings.warn("TensorBoard: gradients are not written; write_grads does nothing", stacklevel=3)
        elif harmless is not None and value not in harmless:
            raise TypeError(f"TensorBoard: {name} is not supported; leave it out. Received: {value!r}")


def older_params(
    epochs: int, samples: int | None, batch_size: int | None, names: Sequence[str], validates: bool
) -> dict[str, object]:
    """`params` of a callback under the keys of Keras 1 and 2.

    names : "loss" and the metrics' names.
    """
    metrics = [*names, *(f"val_{name}" for name in names)] if validates else list(names)
    counts = {"nb_epoch": epochs, "nb_sample": samples, "samples": samples, "batch_size": batch_size}
    return counts | {"metrics": metrics, "do_validation": validates}
