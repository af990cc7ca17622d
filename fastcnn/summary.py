"""model.summary(): the table of layers, their output shapes and numbers of weights."""

import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from fastcnn.layers.base import Layer
from fastcnn.reports import size

CHAIN_WIDTH, GRAPH_WIDTH, TRAINABLE_WIDTH = 88, 108, 12  # characters, where the terminal has as many


def print_summary(
    model: object,
    line_length: int | None = None,
    positions: Sequence[float] | None = None,
    print_fn: Callable[[str], object] | None = None,
    expand_nested: bool = False,
    show_trainable: bool = False,
    layer_range: Sequence[str] | None = None,
) -> None:
    """Prints the table.

    line_length : characters in a line; None fits the terminal.
    positions : where columns end, as shares of the line.
    print_fn : gets the whole text instead of the terminal.
    expand_nested : list the layers of models inside the model.
    show_trainable : a column that says which layers are trained.
    layer_range : names, or patterns of names, of the first and the last layer to show.

    Raises:
        ValueError: for a layer_range that fits no layer, and for columns too narrow.
    """
    import rich.console

    console = rich.console.Console(highlight=False)
    if print_fn is not None:
        console = rich.console.Console(highlight=False, force_terminal=False, color_system=None, width=line_length)
        console.begin_capture()
    console.print(f'[bold]Model: "{_escaped(model.name)}"[/bold]')
    console.print(_table(model, line_length, positions, expand_nested, show_trainable, layer_range))
    for name, (number, nbytes) in _totals(model).items():
        console.print(f"[bold] {name}: [/bold][green]{number:,}[/green] ({size(nbytes)})")
    if print_fn is not None:
        print_fn(console.end_capture())


def _table(
    model: object,
    line_length: int | None,
    positions: Sequence[float] | None,
    expand_nested: bool,
    show_trainable: bool,
    layer_range: Sequence[str] | None,
) -> object:
    import rich.table

    chain = is_chain(model)
    columns = [("Layer (type)", "left"), ("Output Shape", "left"), ("Param #", "right")]
    ends = [0.45, 0.80, 1.0] if chain else [0.3, 0.56, 0.74, 1.0]
    if not chain:
        columns.append(("Connected to", "left"))
    if show_trainable:
        columns.append(("Trainable", "center"))
        ends = [0.9 * end for end in ends] + [1.0]
    usual = (CHAIN_WIDTH if chain else GRAPH_WIDTH) + TRAINABLE_WIDTH * show_trainable
    width = line_length or min(usual, shutil.get_terminal_size().columns - 4)
    stops = [0, *(int(end * width) for end in positions or ends)]
    widths = [after - before for before, after in pairwise(stops)]
    if len(widths) != len(columns) or min(widths) < 4:
        raise ValueError(f"summary: {width} characters are too few, or positions={positions!r} do not fit {columns}")
    headers = [
        rich.table.Column(name, justify=side, width=w, overflow="fold")
        for (name, side), w in zip(columns, widths, strict=True)
    ]
    table = rich.table.Table(*headers, width=width, show_lines=True)
    for layer in _chosen(model.layers, layer_range):
        for one, depth in _with_nested(layer, expand_nested):
            table.add_row(*_cells(model, one, depth, chain, show_trainable))
    return table


def _with_nested(layer: Layer, expand: bool, depth: int = 0) -> Iterator[tuple[Layer, int]]:
    yield layer, depth
    for inner in getattr(layer, "layers", ()) if expand else ():
        yield from _with_nested(inner, expand, depth + 1)


def _cells(model: object, layer: Layer, depth: int, chain: bool, show_trainable: bool) -> list[str]:
    prefix = "   " * depth + "└ " if depth else ""
    shape = "?" if layer.output_shape is None else _escaped(str(layer.output_shape))
    count = f"[green]{layer.count_params():,}[/green]" + ("" if layer.built else " (unbuilt)")
    cells = [f"{prefix}{_escaped(layer.name)} ([blue]{_escaped(type(layer).__name__)}[/blue])", shape, count]
    if not chain:
        cells.append(_escaped(", ".join(connections(model, layer)) or "-"))
    if show_trainable:
        cells.append("-" if not layer.weights else "[bold green]Y[/]" if layer.trainable else "[bold red]N[/]")
    return cells


def connections(model: object, layer: Layer) -> list[str]:
    """What the layer reads in the model's graph, as layer[call][output]."""
    return [
        f"{tensor.name}[{tensor.node.layer.nodes.index(tensor.node)}][{tensor.number}]"
        for node in model.graph.nodes
        if node.layer is layer
        for tensor in node.inputs
    ]


def is_chain(model: object) -> bool:
    """Whether every layer reads the one before it, and only once."""
    nodes = [] if model.graph is None else [node for node in model.graph.nodes if node.inputs]
    if any(len(node.inputs) > 1 for node in nodes) or len({node.layer for node in nodes}) < len(nodes):
        return False
    return len({id(node.inputs[0]) for node in nodes}) == len(nodes)


def _chosen(layers: list[Layer], layer_range: Sequence[str] | None) -> list[Layer]:
    if layer_range is None:
        return layers
    if len(layer_range) != 2 or not all(isinstance(name, str) for name in layer_range):
        raise ValueError(f"summary: layer_range must be two names. Received: {layer_range!r}")
    first, last = ([i for i, layer in enumerate(layers) if re.match(name, layer.name)] for name in layer_range)
    if not first or not last:
        names = [layer.name for layer in layers]
        raise ValueError(f"summary: layer_range={layer_range!r} fits no layer. Layers: {names}")
    begin, end = sorted((min(first), max(last)))
    return layers[begin : end + 1]


def _totals(model: object) -> dict[str, tuple[int, int]]:
    """Numbers of elements and bytes, by what they are."""
    slots = [] if model.optimizer is None else model.optimizer.variables
    groups = {
        "Total params": [*model.weights, *slots],
        "Trainable params": model.trainable_weights,
        "Non-trainable params": model.non_trainable_weights,
    } | ({"Optimizer params": slots} if slots else {})
    return {
        name: (sum(w.value.size for w in group), sum(w.value.nbytes for w in group)) for name, group in groups.items()
    }


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
