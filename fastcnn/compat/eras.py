"""What optimizers of Keras 1 and 2 did when scripts did not say otherwise. Source: keras/optimizers.py of 2.3.1.

It holds where a call is spelt as in these versions (lr=, decay=), and everywhere under config.era = "keras2".
"""

from fastcnn import config

OPTIMIZERS: dict[str, dict[str, object]] = {  # class -> the arguments whose default was another
    "RMSprop": {"epsilon_inside_root": False},
    "Adagrad": {"learning_rate": 0.01, "initial_accumulator_value": 0.0, "epsilon_inside_root": False},
    "Adadelta": {"learning_rate": 1.0},
    "Adamax": {"learning_rate": 0.002},
    "Nadam": {"learning_rate": 0.002, "schedule_decay": 0.004},
}
SPELLINGS = ("lr", "decay")  # arguments that Keras 3 has not


def first_number() -> int:
    """The number of a class's first layer: Keras 2 began at conv2d_1, tf.keras and Keras 3 at conv2d."""
    return int(config.era == "keras2")


def optimizer_arguments(cls: type, args: tuple, kwargs: dict) -> dict:
    """kwargs of `cls(*args, **kwargs)`, with the older defaults for arguments that the call leaves out if they hold.

    In those versions clipnorm was the norm of all gradients together, and epsilon=None stood for the default.
    """
    kwargs = dict(kwargs)
    if "epsilon" in kwargs and kwargs["epsilon"] is None:
        del kwargs["epsilon"]
    if config.era != "keras2" and not any(name in kwargs for name in SPELLINGS):
        return kwargs
    if kwargs.get("clipnorm") is not None and "global_clipnorm" not in kwargs:
        kwargs["global_clipnorm"] = kwargs.pop("clipnorm")
    older = dict(OPTIMIZERS.get(cls.__name__, {}))
    if cls.__name__ == "RMSprop" and (kwargs.get("momentum") or kwargs.get("centered")):  # tf.keras had these
        del older["epsilon_inside_root"]
    if args or "lr" in kwargs:
        older.pop("learning_rate", None)
    return older | kwargs
