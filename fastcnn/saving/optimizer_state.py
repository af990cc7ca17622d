"""An optimizer's state in the order in which each Keras stores it.

Keras 3, and tf.keras from 2.11: iteration, learning rate (unless a schedule), then per group of slots weight by weight:
Adam m, v of the first weight, m, v of the second, ...; then, with amsgrad, vmax of the first, vmax of the second, ...
Earlier: iterations (Keras 1: sometimes), then all weights' first slot, all weights' second slot, ...
"""

import warnings
from collections.abc import Sequence

import numpy as np

from fastcnn.engine.variable import Variable
from fastcnn.optimizers.base import AVERAGE, COLLECTED
from fastcnn.saving.h5 import Dataset
from fastcnn.saving.loading import Stored, place

# Our slots in Keras's groups; an optimizer that is not named has one group, of its slots in their order.
_GROUPS: dict[str, list[tuple[str, ...]]] = {
    "Adam": [("m", "v"), ("vmax",)],
    "AdamW": [("m", "v"), ("vmax",)],
    "RMSprop": [("square",), ("v",), ("velocity",), ("mean",)],  # "v" with epsilon outside the root
}
_OF_ALL = [(AVERAGE,), (COLLECTED,)]  # come first
# Slots that tf.keras before 2.11 stored weight by weight too.
_TOGETHER = {"Adadelta", "Ftrl"}


def optimizer_arrays(model: object) -> dict[str, np.ndarray]:
    """The compiled optimizer's state by name, in Keras 3's order; without slots before the first step."""
    optimizer = model.optimizer
    arrays = {"iteration": np.array(optimizer.steps, np.int64)}
    if not callable(optimizer._rate):
        arrays["learning_rate"] = np.array(optimizer.learning_rate, np.float32)
    if optimizer.variables:
        optimizer.build(model.trainable_weights)
        for slot in _ordered(optimizer, model.trainable_weights, _groups(optimizer)):
            arrays[slot.name.replace("/", "_")] = slot.value
    return {f"{optimizer.name}/{name}": array for name, array in arrays.items()}


def restore_optimizer(model: object, stored: Sequence[Dataset], keras_version: str) -> None:
    """Puts the state of a file into the model's optimizer, or warns that it starts afresh."""
    optimizer, weights = model.optimizer, model.trainable_weights
    head = next((number for number, d in enumerate(stored) if d.shape != ()), len(stored))
    arrays = list(stored[head:])
    optimizer.build(weights)
    slots = _ordered(optimizer, weights, _groups(optimizer, keras_version))
    while len(arrays) > len(slots) and arrays[-1].shape in ((), (1,)):
        arrays.pop()  # Keras 2's Adam without amsgrad has empty slots; Nadam's product follows from the iterations
    if arrays and [d.shape for d in arrays] != [slot.shape for slot in slots]:
        kind = type(optimizer).__name__
        warnings.warn(
            f"the file's state of {kind} ({len(arrays)} arrays) is not that of this model's {kind} ({len(slots)}): "
            "training goes on with a fresh optimizer",
            stacklevel=3,
        )
        return
    values = [Stored(dataset).read(slot.dtype) for dataset, slot in zip(arrays, slots, strict=False)]
    for slot, value in zip(slots, values, strict=False):
        place(slot, value)
    if head:
        optimizer.steps = int(stored[0].scalar())


def _ordered(optimizer: object, weights: Sequence[Variable], groups: list[tuple[str, ...]]) -> list[Variable]:
    """The slots of these weights, group by group, weight by weight."""
    names, flat = optimizer.all_slot_names, iter(optimizer.slots_of(weights))
    of_weight = [{name: next(flat) for name in names} for _ in weights]
    return [slots[name] for group in _OF_ALL + groups for slots in of_weight for name in group if name in slots]


def _groups(optimizer: object, keras_version: str = "3") -> list[tuple[str, ...]]:
    kind, names = type(optimizer).__name__, tuple(optimizer.slot_names)
    groups = _GROUPS.get(kind, [names])
    if _is_new(keras_version) or (kind in _TOGETHER and _numbers(keras_version) >= (2, 4)):
        return groups
    return [(name,) for group in groups for name in group]


def _is_new(keras_version: str) -> bool:
    return _numbers(keras_version) >= (2, 11)


def _numbers(keras_version: str) -> tuple[int, int]:
    """ "2.2.4-tf" -> (2, 2)."""
    parts = [int(part) if part.isascii() and part.isdecimal() else 0 for part in keras_version.split(".")[:2]]
    return tuple((parts + [0, 0])[:2])
