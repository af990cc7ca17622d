"""Several layers as one."""

from collections.abc import Mapping, Sequence

from fastcnn.layers.base import Layer


class Pipeline(Layer):
    """Runs layers one after the other, on a batch, or on a dict with images and labels if they all take one."""

    def __init__(self, layers: Sequence[Layer], **kwargs: object):
        super().__init__(**kwargs)
        self.layers = list(layers)
        for layer in self.layers:
            if not isinstance(layer, Layer):
                raise TypeError(f"Pipeline: expected a list of layers. Received: {layer!r}")

    @classmethod
    def from_config(cls, config: dict) -> "Pipeline":
        from fastcnn.saving.known import Reader

        return cls(**config | {"layers": [Reader().object(layer, "layers") for layer in config["layers"]]})

    @property
    def random_when_called(self) -> bool:
        """Whether one of the layers is."""
        return any(layer.random_when_called for layer in self.layers)

    def __call__(self, inputs: object, training: bool | None = None, **kwargs: object) -> object:
        if not isinstance(inputs, Mapping):
            return super().__call__(inputs, training, **kwargs)
        for layer in self.layers:
            inputs = layer(inputs, training)
        return inputs

    def call(self, x: object) -> object:
        for layer in self.layers:
            x = layer(x)
        return x
