"""plot_model: the layers of a model as boxes, joined by arrows."""

from pathlib import Path

from fastcnn.layers.base import Layer

_WIDTH, _HEIGHT, _GAP = 2.8, 0.32, 0.42  # inches: of a box, of a line of text in it, between boxes


def plot_model(
    model: object,
    to_file: str | Path | None = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: object,
) -> object | None:
    """Draws the model's layers and writes the picture, atomically, in the format that the name says.

    Without matplotlib (the extra `[plot]`) it says so and draws nothing, so that a script goes on.

    rankdir : "TB" from top to bottom or "LR" from left to right.
    expand_nested : the layers of a model inside, each with its own box, in place of one box for all.
    splines, kwargs : words of Graphviz, which change nothing here.

    Returns:
        The matplotlib figure, or None.
    """
    if rankdir not in ("TB", "LR"):
        raise ValueError(f'plot_model: rankdir must be "TB" or "LR". Received: {rankdir!r}')
    if not model.built:
        raise ValueError("plot_model: the model does not know the shape of its input: build it or fit it first")
    details = (show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable)
    edges = arrows(model, expand_nested)
    layers = list(dict.fromkeys(layer for edge in edges for layer in edge)) or model.layers
    texts = {layer: _text(layer, *details) for layer in layers}
    try:
        return _draw(texts, edges, rankdir == "LR", dpi, to_file)
    except ImportError as error:
        print(f"plot_model: no picture was made. {error}")
        return None


def arrows(model: object, expand_nested: bool = False) -> list[tuple[Layer, Layer]]:
    """(from, to) for everything that a layer reads; models inside are one layer, or with expand_nested their own."""
    found: list[tuple[Layer, Layer]] = []
    source = {id(tensor): tensor.node.layer for tensor in model.inputs}
    for node in model.graph.nodes:
        layer = node.layer
        if not node.inputs:
            continue
        reads = [source[id(tensor)] for tensor in node.inputs]
        inner = getattr(layer, "graph", None) if expand_nested else None
        if inner is None:
            found += [(read, layer) for read in reads]
            last = [layer] * len(node.outputs)
        else:
            entries = {tensor.node.layer: read for tensor, read in zip(inner.inputs, reads, strict=True)}
            found += [(entries.get(a, a), entries.get(b, b)) for a, b in arrows(layer, True)]
            last = [entries.get(tensor.node.layer, tensor.node.layer) for tensor in inner.outputs]
        source.update((id(tensor), made) for tensor, made in zip(node.outputs, last, strict=True))
    return found


def _text(layer: Layer, shapes: bool, dtype: bool, names: bool, activations: bool, trainable: bool) -> list[str]:
    kind = type(layer).__name__
    lines = [f"{layer.name} ({kind})" if names else kind]
    if activations and getattr(layer, "activation", None) is not None:
        lines.append(f"activation: {getattr(layer.activation, 'name', layer.activation)}")
    if shapes:
        lines.append(f"{layer.input_shape} → {layer.output_shape}")
    if dtype:
        lines.append(f"dtype: {layer.dtype or 'float32'}")
    if trainable and layer.weights:
        lines.append("trainable" if layer.trainable else "not trainable")
    return lines


def _ranks(layers: list[Layer], edges: list[tuple[Layer, Layer]]) -> dict[Layer, int]:
    """How far from the input each layer stands: one further than the furthest that it reads."""
    ranks = dict.fromkeys(layers, 0)
    for before, after in edges:  # in running order
        ranks[after] = max(ranks[after], ranks[before] + 1)
    return ranks


def _places(layers: list[Layer], edges: list[tuple[Layer, Layer]]) -> dict[Layer, tuple[float, int]]:
    """(place beside the others, rank) of each box; those of one rank stand side by side round the middle."""
    ranks = _ranks(layers, edges)
    rows: dict[int, list[Layer]] = {}
    for layer in layers:
        rows.setdefault(ranks[layer], []).append(layer)
    return {layer: (n - (len(row) - 1) / 2, rank) for rank, row in rows.items() for n, layer in enumerate(row)}


def _draw(
    texts: dict[Layer, list[str]],
    edges: list[tuple[Layer, Layer]],
    sideways: bool,
    dpi: int,
    to_file: str | Path | None,
) -> object:
    from fastcnn.plots import finish, pyplot

    places = _places(list(texts), edges)
    box = (_WIDTH, _HEIGHT * max(map(len, texts.values())))
    along, across = (box[0] + _GAP, box[1] + _GAP) if sideways else (box[1] + _GAP, box[0] + _GAP)
    clear = (box[1] if sideways else box[0]) / 2 + _GAP / 2  # what an arrow past other boxes swings out
    beside = max(abs(place) for place, _ in places.values()) * across + 2 * clear
    ahead = max(rank for _, rank in places.values()) * along
    size = (ahead + box[0] + _GAP, 2 * beside) if sideways else (2 * beside, ahead + box[1] + _GAP)
    figure, axis = pyplot().subplots(figsize=size, dpi=dpi)
    axis.set_position((0, 0, 1, 1))
    drawn = {}
    for layer, (place, rank) in places.items():
        point = (rank * along, -place * across) if sideways else (place * across, -rank * along)
        look = {"boxstyle": "round", "facecolor": "white"}
        text = "\n".join(texts[layer])
        drawn[layer] = axis.text(*point, text, ha="center", va="center", fontsize=8, bbox=look, zorder=3)
    for before, after in edges:
        (_, first), (_, last) = places[before], places[after]
        bend = 0.0 if last - first == 1 else 2 * clear / ((last - first) * along)
        how = {"arrowstyle": "->", "connectionstyle": f"arc3,rad={bend}", "shrinkA": 0, "shrinkB": 1}
        how |= {"patchA": drawn[before].get_bbox_patch(), "patchB": drawn[after].get_bbox_patch()}
        axis.annotate("", drawn[after].get_position(), drawn[before].get_position(), arrowprops=how)
    ends = (-box[0] / 2 - _GAP / 2, ahead + box[0] / 2 + _GAP / 2) if sideways else (-beside, beside)
    axis.set(xlim=ends, ylim=(-beside, beside) if sideways else (-ahead - (box[1] + _GAP) / 2, (box[1] + _GAP) / 2))
    axis.set_axis_off()
    return finish(figure, to_file)
