"""Older spellings of constructor calls, translated before the constructor sees them. One table, one function."""

from collections.abc import Callable
from functools import wraps

_LAYOUTS = {"tf": "channels_last", "th": "channels_first", "default": None}

# Older keyword -> the present one. A class in OWN overrides these.
RENAMED = {
    "output_dim": "units",
    "nb_filter": "filters",
    "subsample": "strides",
    "atrous_rate": "dilation_rate",
    "border_mode": "padding",
    "dim_ordering": "data_format",
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
    "p": "rate",
    "beta_init": "beta_initializer",
    "gamma_init": "gamma_initializer",
    "lr": "learning_rate",
}
OWN = {
    "LeakyReLU": {"alpha": "negative_slope"},
    "InputLayer": {"input_shape": "shape", "batch_input_shape": "batch_shape"},
}


def translate_call(cls: type, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """The present spelling of `cls(*args, **kwargs)`.

    Raises:
        TypeError: when an old and a new name for the same argument are both given.
    """
    kwargs = dict(kwargs)
    name = cls.__name__
    for special in (_window, _input_dim, _mode):
        args, kwargs = special(name, args, kwargs)
    if "dim_ordering" in kwargs:
        kwargs["dim_ordering"] = _LAYOUTS.get(kwargs["dim_ordering"], kwargs["dim_ordering"])
    return args, _renamed(name, kwargs, RENAMED | OWN.get(name, {}))


def _renamed(owner: str, kwargs: dict, names: dict[str, str]) -> dict:
    """kwargs under their present names; TypeError when an old and a new name for one argument are both given."""
    renamed = {}
    for given, value in kwargs.items():
        present = names.get(given, given)
        if present != given and present in kwargs:
            raise TypeError(f"{owner}: {given!r} is the older name of {present!r}; give only one of them")
        renamed[present] = value
    return renamed


def _window(name: str, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """Conv2D(n, rows, cols): two integers after the filters are the window, unless they can only mean size, stride.

    Keras 1 reads Conv2D(32, 3, 3) as a 3x3 window, Keras 3 as window 3 with stride 3. Scripts mean the window; a stride
    is meant when the second integer is 1 or 2 and smaller than the first.
    """
    if name not in ("Conv2D", "SeparableConv2D"):
        return args, kwargs
    rows, cols = kwargs.pop("nb_row", None), kwargs.pop("nb_col", None)
    sizes = [a for a in args[1:3] if isinstance(a, int) and not isinstance(a, bool)]
    if rows is None and cols is None:
        if len(sizes) == 2 and not (sizes[1] in (1, 2) and sizes[0] > sizes[1]):
            args = (args[0], tuple(sizes), *args[3:])
            if len(args) > 2:  # Keras 1 went on with init, activation: no script gives these by position
                raise TypeError(f"{name}: give arguments after the window's size by name. Received: {args[2:]!r}")
        return args, kwargs
    sizes += [size for size in (rows, cols) if size is not None]
    if len(sizes) != 2:
        raise TypeError(f"{name}: expected nb_row and nb_col. Received: {sizes!r}")
    return args[:1], kwargs | {"kernel_size": tuple(sizes)}


def _input_dim(name: str, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """input_dim=n is input_shape=(n,)."""
    if "input_dim" in kwargs:
        kwargs["input_shape"] = (kwargs.pop("input_dim"),)
    return args, kwargs


def _mode(name: str, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """BatchNormalization(mode=0) was the only kind that is left."""
    if name == "BatchNormalization" and kwargs.pop("mode", 0) != 0:
        raise TypeError("BatchNormalization: only mode=0 (per channel) exists; leave mode out")
    return args, kwargs


class RenamedOptimizer(type):
    """Optimizers: `lr` is learning_rate; `decay` divides the rate by 1 + decay * iterations, as Keras 1 and 2 did."""

    def __call__(cls, *args: object, **kwargs: object) -> object:
        args, kwargs = translate_call(cls, args, kwargs)
        decay = kwargs.pop("decay", 0.0)
        optimizer = super().__call__(*args, **kwargs)
        optimizer.inverse_time_decay = float(decay)
        return optimizer

    def __init__(cls, name: str, bases: tuple, namespace: dict):
        super().__init__(name, bases, namespace)
        if "learning_rate" in namespace:
            cls.lr = namespace["learning_rate"]


def renamed_arguments(**names: str) -> Callable[[Callable], Callable]:
    """Decorates a function so that keywords in `names` (older -> present) are accepted too."""

    def decorate(function: Callable) -> Callable:
        @wraps(function)
        def call(*args: object, **kwargs: object) -> object:
            return function(*args, **_renamed(function.__name__, kwargs, names))

        return call

    return decorate


accepts_older_epochs = renamed_arguments(nb_epoch="epochs")
