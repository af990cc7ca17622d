"""Mistakes of hurried users, and the word that helps."""

import numpy as np
import pytest

from fastcnn import activations, layers, losses, metrics, models, optimizers, regularizers, utils


def model(*last: layers.Layer) -> models.Sequential:
    made = models.Sequential([layers.Input((8, 8, 1)), layers.Conv2D(2, 3), *last, layers.Dense(3)])
    made.compile("sgd", losses.SparseCategoricalCrossentropy(from_logits=True))
    return made


IMAGES, LABELS = np.zeros((12, 8, 8, 1)), np.arange(12) % 3

MISSPELT = [
    (lambda: layers.Conv2D(3, 3, activaton="relu"), "Conv2D: unexpected argument 'activaton'", "activation"),
    (lambda: layers.Conv2D(3, kernal_size=3), "Conv2D: unexpected argument 'kernal_size'", "kernel_size"),
    (lambda: optimizers.Adam(learning_rat=1), "Adam: unexpected argument 'learning_rat'", "learning_rate"),
    (lambda: model().fit(IMAGES, LABELS, epoch=2), "fit: unexpected argument 'epoch'", "epochs"),
    (lambda: model().compile(optimiser="adam"), "compile: unexpected argument 'optimiser'", "optimizer"),
    (lambda: activations.get("rellu"), "unknown activation. Received: 'rellu'", "relu"),
    (lambda: optimizers.get("rmsprob"), "unknown optimizer. Received: 'rmsprob'", "rmsprop"),
    (lambda: metrics.get("acuracy"), "metric: unknown name. Received: 'acuracy'", "accuracy"),
    (lambda: losses.get("mean_squared_eror"), "unknown loss. Received: 'mean_squared_eror'", "mean_squared_error"),
    (lambda: regularizers.get("l1_l3"), "unknown regularizer. Received: 'l1_l3'", "l1_l2"),
]


@pytest.mark.parametrize(("call", "message", "meant"), MISSPELT, ids=[meant for _, _, meant in MISSPELT])
def test_the_nearest_name_is_suggested(call, message, meant):
    with pytest.raises((TypeError, ValueError)) as caught:
        call()
    assert str(caught.value).startswith(f"{message} (did you mean {meant!r}?)")


def test_nothing_is_suggested_for_what_is_far_from_everything():
    with pytest.raises(ValueError, match=r"unknown optimizer. Received: 'quantum'\. Known"):
        optimizers.get("quantum")
    with pytest.raises(TypeError) as caught:
        layers.Dense(3, colour="red")
    assert str(caught.value) == "Dense: unexpected argument 'colour'"
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'units'"):
        layers.Dense()


def test_arguments_of_a_users_own_layer_are_the_users_own():
    class Mine(layers.Layer):
        def __init__(self, **kwargs):
            self.extra = kwargs.pop("extra")
            super().__init__(**kwargs)

    assert Mine(extra=3, name="mine").extra == 3


def test_attributes_let_python_suggest():
    with pytest.raises(AttributeError) as caught:
        model().fitt  # noqa: B018
    assert (caught.value.name, type(caught.value.obj)) == ("fitt", models.Sequential)


MISTAKES = [
    (lambda: model(layers.Flatten()).predict(IMAGES[0]), r"A single image needs a batch axis: x\[np.newaxis\]"),
    (lambda: model(layers.Flatten()).predict(IMAGES[..., 0]), "Add the channel axis"),
    (lambda: model().fit(IMAGES, LABELS), r"Received: \(batch, 6, 6, 3\). Put Flatten\(\) or GlobalAverage"),
    (lambda: models.Sequential([layers.Flatten]), r"expected a layer; write Flatten\(\). Received"),
    (lambda: utils.to_categorical(["cat", "dog"]), r"labels must be whole numbers; np\.unique"),
]


@pytest.mark.parametrize(("call", "message"), MISTAKES, ids=range(len(MISTAKES)))
def test_common_mistakes_are_answered_with_what_to_do(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


@pytest.mark.parametrize(
    "last", [[layers.Dense(1, activation="softmax")], [layers.Dense(1), layers.Activation("softmax")]]
)
def test_softmax_over_one_unit_is_warned_of(last):
    made = models.Sequential([layers.Input((4,)), *last])
    made.compile("sgd", "binary_crossentropy")
    with pytest.warns(UserWarning, match="always 1, so nothing can be learnt: use activation='sigmoid'"):
        made.fit(np.zeros((4, 4)), [0, 1, 0, 1], verbose=0)
