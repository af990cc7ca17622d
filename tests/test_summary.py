"""model.summary(): Keras's table."""

import pytest

from fastcnn import Model, Sequential, layers

pytestmark = pytest.mark.covers("Model.summary")


def shown(model: Model, **options: object) -> list[str]:
    texts: list[str] = []
    model.summary(print_fn=texts.append, **({"line_length": 100} | options))
    return "".join(texts).splitlines()


def chain() -> Sequential:
    inner = Sequential(
        [layers.Input((6, 6, 4)), layers.Flatten(name="flat"), layers.Dense(10, name="head")], name="tail"
    )
    body = [layers.Conv2D(4, 3, name="conv"), layers.BatchNormalization(name="norm"), inner]
    return Sequential([layers.Input((8, 8, 3)), *body], name="chain")


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("│┃").replace("┃", "│").split("│")]


def test_rows_and_totals_are_those_of_keras():
    lines = shown(chain())
    assert lines[0] == 'Model: "chain"'
    assert cells(lines[2]) == ["Layer (type)", "Output Shape", "Param #"]
    assert [cells(line) for line in lines if line.startswith("│")] == [
        ["conv (Conv2D)", "(None, 6, 6, 4)", "112"],
        ["norm (BatchNormalization)", "(None, 6, 6, 4)", "16"],
        ["tail (Sequential)", "(None, 10)", "1,450"],
    ]
    assert [line.strip() for line in lines[-3:]] == [
        "Total params: 1,578 (6.16 KB)",
        "Trainable params: 1,570 (6.13 KB)",
        "Non-trainable params: 8 (32 B)",
    ]


def test_optimizer_counts_after_training():
    model = chain()
    model.compile("sgd", "mse")
    assert "Optimizer params" not in "".join(shown(model))
    model.compile("adam", "mse")
    model.train_on_batch([[[[0.0] * 3] * 8] * 8] * 2, [[0.0] * 10] * 2)
    lines = shown(model)
    assert lines[-1].strip().startswith("Optimizer params: 3,140")
    assert "4,718" in lines[-4]


def test_nested_layers_and_who_is_trained_on_request():
    model = chain()
    model.get_layer("conv").trainable = False
    rows = [cells(line) for line in shown(model, expand_nested=True, show_trainable=True) if line.startswith("│")]
    assert [(row[0], row[3]) for row in rows] == [
        ("conv (Conv2D)", "N"), ("norm (BatchNormalization)", "Y"), ("tail (Sequential)", "Y"),
        ("└ flat (Flatten)", "-"), ("└ head (Dense)", "Y"),
    ]  # fmt: skip


def test_graph_says_what_each_layer_reads():
    x = layers.Input((8, 8, 4), name="image")
    y = layers.Conv2D(4, 3, padding="same", name="conv")(x)
    model = Model(x, layers.Add(name="sum")([x, y]))
    rows = {cells(line)[0]: cells(line)[3] for line in shown(model, line_length=140) if line.startswith("│")}
    assert rows["sum (Add)"] == "image[0][0], conv[0][0]"
    assert rows["conv (Conv2D)"] == "image[0][0]"


def test_range_of_layers():
    rows = [line for line in shown(chain(), layer_range=["norm", "tail"]) if line.startswith("│")]
    assert [cells(row)[0] for row in rows] == ["norm (BatchNormalization)", "tail (Sequential)"]
    with pytest.raises(ValueError, match=r"fits no layer. Layers: \['conv', 'norm', 'tail'\]"):
        shown(chain(), layer_range=["conv", "none"])


def test_layers_without_a_shape_are_unbuilt():
    rows = [cells(line) for line in shown(Sequential([layers.Dense(3, name="head")])) if line.startswith("│")]
    assert rows == [["head (Dense)", "?", "0 (unbuilt)"]]


def test_it_prints_and_returns_none(capsys):
    assert chain().summary() is None
    assert 'Model: "chain"' in capsys.readouterr().out
