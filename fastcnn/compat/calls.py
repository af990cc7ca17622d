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
OWN = {"LeakyReLU": {"alpha": "negative_slope"}, "InputLayer": {"input_shape": "shape"}}


def translate_call(cls: type, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """The present spelling of `cls(*args, **kwargs)`.

    Raises:
        TypeError: when an old and a new name for the same argument are both given.
    """
    kwargs = dict(kwargs)
    name = cls.__name__
    for special in (_window, _input_dim, _mode):
        args, kwargs = special(name, args, kwargs)
    for old, new in (RENAMED | OWN.get(name, {})).items():
        if old not in kwargs:
            continue
        value = kwargs.pop(old)
        if new in kwargs:
            raise TypeError(f"{name}: {old!r} is the older name of {new!r}; give only one of them")
        kwargs[new] = _LAYOUTS.get(value, value) if old == "dim_ordering" else value
    return args, kwargs


def _window(name: str, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    """Conv2D(n, rows, cols): two integers after the filters are the window, unless they can only mean size, stride.

    Keras 1 reads Conv2D(32, 3, 3) as a 3x3 window, Keras 3 as window 3 with stride 3. Scripts mean the window; a stride
    is meant when the second integer is 1 or 2 and smaller than the first.
    """
    if name != "Conv2D":
        return args, kwargs
    rows, cols = kwargs.pop("nb_row", None), kwargs.pop("nb_col", None)
    sizes = [a for a in args[1:3] if isinstance(a, int) and not isinstance(a, bool)]
    if rows is None and cols is None:
        if len(sizes) == 2 and not (sizes[1] in (1, 2) and sizes[0] > sizes[1]):
            args = (args[0], tuple(sizes), *args[3:])
            if len(args) > 2:  # Keras 1 went on with init, activation: no script gives these by position
                raise TypeError(f"Conv2D: give arguments after the window's size by name. Received: {args[2:]!r}")
        return args, kwargs
    sizes += [size for size in (rows, cols) if size is not None]
    if len(sizes) != 2:
        raise TypeError(f"Conv2D: expected nb_row and nb_col. Received: {sizes!r}")
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


class Renamed(type):
    """Metaclass of classes whose older spellings are translated before __init__ runs."""

    def __call__(cls, *args: object, **kwargs: object) -> object:
        args, kwargs = translate_call(cls, args, kwargs)
        return super().__call__(*args, **kwargs)


class RenamedOptimizer(Renamed):
    """Optimizers: `lr` is learning_rate; `decay` divides the rate by 1 + decay * iterations, as Keras 1 and 2 did."""

    def __call__(cls, *args: object, **kwargs: object) -> object:
        decay = kwargs.pop("decay", 0.0)
        optimizer = super().__call__(*args, **kwargs)
        optimizer.inverse_time_decay = float(decay)
        return optimizer


def renamed_arguments(**names: str) -> Callable[[Callable], Callable]:
    """Decorates a function so that keywords in `names` (older -> present) are accepted too."""

    def decorate(function: Callable) -> Callable:
        @wraps(function)
        def call(*args: object, **kwargs: object) -> object:
            for old, new in names.items():
                if old in kwargs:
                    if new in kwargs:
                        raise TypeError(f"{function.__name__}: {old!r} is the older name of {new!r}; give only one")
                    kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return call

    return decorate
