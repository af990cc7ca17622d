"""Windows and margins as Keras 1 took them: Convolution2D(32, 3, 3), ZeroPadding2D({'top_pad': 1, ...})."""

from fastcnn.compat import table


def window_of(layer: str, args: tuple, kwargs: dict) -> tuple[tuple, dict, list[str]]:
    """args and kwargs with the window as kernel_size, and the older spellings that were found.

    Conv2D(n, a, b): Keras 1 reads a window of a x b, Keras 3 a window of a with stride b. Scripts mean the window,
    unless b is 1 or 2 and smaller than a.

    Raises:
        TypeError: when a part of the window is missing, or arguments follow that Keras 1 did not have.
    """
    names = table.WINDOWS.get(layer)
    if names is None:
        return args, kwargs, []
    named = [kwargs.pop(name) for name in names if name in kwargs]
    if not named and not _starts_with_window(layer, args, kwargs, len(names)):
        return args, kwargs, []
    positional = args[1 : 1 + len(names) - len(named)]
    window = (*positional, *named)
    if len(window) != len(names) or not all(map(_is_int, window)):
        raise TypeError(f"{layer}: expected {' and '.join(names)}, one integer each. Received: {window!r}")
    kwargs = _by_name(layer, args[1 + len(positional) :], kwargs)
    spelling = [f"{layer}(filters, {', '.join(names)})"]
    if args:
        return (args[0], window), kwargs, spelling
    return (), kwargs | {"kernel_size": window}, spelling


def _starts_with_window(layer: str, args: tuple, kwargs: dict, axes: int) -> bool:
    """Whether integers after the filters are a window."""
    sizes, rest = args[1 : 1 + axes], args[1 + axes :]
    if len(sizes) < axes or not all(map(_is_int, sizes)):
        return False
    if layer == "Conv2DTranspose":  # Keras 1 could not do without the output's shape
        return "output_shape" in kwargs or bool(rest and isinstance(rest[0], (tuple, list)))
    if axes > 2 or "strides" in kwargs or any(name in table.ARGUMENTS for name in kwargs):
        return True
    if rest and isinstance(rest[0], str) and rest[0].lower() in ("same", "valid"):  # (..., strides, padding) of Keras 3
        return False
    size, stride = sizes
    return not (stride in (1, 2) and stride < size)


def _by_name(layer: str, rest: tuple, kwargs: dict) -> dict:
    """kwargs with the arguments that follow the window by position, under the names that they had in Keras 1."""
    names = table.AFTER_WINDOW_OF.get(layer, table.AFTER_WINDOW)
    if len(rest) > len(names):
        raise TypeError(f"{layer}: give arguments after the window's size by name. Received: {rest!r}")
    given = dict(zip(names, rest, strict=False))
    twice = sorted(set(given) & set(kwargs))
    if twice:
        raise TypeError(f"{layer}: given by position and by name: {', '.join(twice)}")
    given.pop("output_shape", None)
    return given | kwargs


def _is_int(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def margins_of(layer: str, args: tuple, kwargs: dict) -> tuple[tuple, dict, list[str]]:
    """args and kwargs with ZeroPadding's margins as ((top, bottom), (left, right)), and older spellings found.

    Raises:
        TypeError: for a side that there is not.
    """
    if layer == "ZeroPadding2D" or layer == "ZeroPadding1D":
        given = args[0] if args else kwargs.get("padding")
        margins = _margins(layer, given)
        if margins is not given:
            args, kwargs = ((margins, *args[1:]), kwargs) if args else ((), kwargs | {"padding": margins})
            return args, kwargs, [f"{layer}(padding={given!r})"]
    return args, kwargs, []


def _margins(layer: str, given: object) -> object:
    flat = layer == "ZeroPadding1D"
    if isinstance(given, dict):
        sides = ("left_pad", "right_pad") if flat else ("top_pad", "bottom_pad", "left_pad", "right_pad")
        unknown = sorted(set(given) - set(sides))
        if unknown:
            raise TypeError(f"{layer}: padding may hold {', '.join(sides)}. Received: {', '.join(unknown)}")
        sizes = tuple(given.get(side, 0) for side in sides)
        return sizes if flat else (sizes[:2], sizes[2:])
    if not flat and isinstance(given, (tuple, list)) and len(given) == 4:
        return tuple(given[:2]), tuple(given[2:])
    return given
