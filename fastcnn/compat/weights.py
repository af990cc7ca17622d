"""add_weight of layers and metrics as Keras 2 knew it."""

from collections.abc import Callable
from functools import wraps


def accepts_name_first(add_weight: Callable) -> Callable:
    """Decorates add_weight: Keras 2 gave the name first, add_weight("total", shape=()), Keras 3 gives the shape first.

    What says how the copies on several devices agree means nothing here.
    """

    @wraps(add_weight)
    def call(self: object, *args: object, **kwargs: object) -> object:
        if args and isinstance(args[0], str):
            kwargs, args = {"name": args[0]} | kwargs, args[1:]
        for word in ("synchronization", "aggregation"):
            kwargs.pop(word, None)
        return add_weight(self, *args, **kwargs)

    return call
