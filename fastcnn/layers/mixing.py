"""Layers that mix the images of a batch, and their labels with them."""

from collections.abc import Sequence

import numpy as np

from fastcnn.engine.program import Builder, Tensor
from fastcnn.layers.base import Shape
from fastcnn.layers.random_images import RandomImages, Transformation, boxes, limits


class Mixing(RandomImages):
    """What MixUp and CutMix share: called on {"images": ..., "labels": ...}, they mix both, with one-hot labels.

    They are for the data pipeline; in a model, where the labels do not pass, they are refused.
    """

    def lower(self, builder: Builder, x: Tensor) -> Tensor:
        if builder.training and builder.penalties is not None:
            raise ValueError(
                f"{type(self).__name__} cannot be a layer of a model that is trained: the labels must be mixed too. "
                'Call it on {"images": x, "labels": y} where the batches are made'
            )
        return super().lower(builder, x)

    def call_on_dict(self, data: dict, training: bool | None) -> dict:
        if training is False or "labels" not in data:
            return super().call_on_dict(data, training)
        images, labels = np.asarray(data["images"]), np.asarray(data["labels"])
        if labels.ndim < 2:
            expected = f"{type(self).__name__}: labels must be one-hot, (batch, classes), as to_categorical makes them"
            raise ValueError(f"{expected}. Received shape {labels.shape}")
        transformation = self.next_transformation(images.shape)
        mixed = self.transform_images(images, transformation)
        return data | {"images": mixed, "labels": self.transform_labels(labels, transformation)}

    def transform_labels(self, labels: np.ndarray, transformation: Transformation) -> np.ndarray:
        """One-hot labels (N, classes) mixed as the images are, float32."""
        labels = np.asarray(labels, self.dtype or "float32")
        weight = transformation["mix_weight"].reshape(-1, *(1,) * (labels.ndim - 1)).astype(labels.dtype)
        return weight * labels + (1 - weight) * labels[transformation["permutation_order"]]


class MixUp(Mixing):
    """Each image a weighted sum of itself and another one of the batch.

    alpha : of the Beta(alpha, alpha) distribution that the weights come from.
    Source: Zhang, Cisse, Dauphin and Lopez-Paz 2018.
    """

    def __init__(self, alpha: float = 0.2, data_format: str | None = None, seed: int | None = None, **kwargs: object):
        super().__init__(seed, data_format, **kwargs)
        if not alpha > 0:
            raise ValueError(f"MixUp: alpha must be positive. Received: {alpha!r}")
        self.alpha = float(alpha)

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        order = rng.permutation(shape[0])
        return {"mix_weight": rng.beta(self.alpha, self.alpha, shape[0]), "permutation_order": order}

    def change(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        return self.transform_labels(images, transformation)


class CutMix(Mixing):
    """A box of each image comes from another one of the batch; labels count by area.

    factor : alpha of the areas' Beta(alpha, alpha) distribution is drawn from [0, factor], or between two numbers.
    Source: Yun, Han, Oh, Chun, Choe and Yoo 2019.
    """

    def __init__(
        self,
        factor: float | Sequence[float] = 1.0,
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: object,
    ):
        super().__init__(seed, data_format, **kwargs)
        self.factor = limits("CutMix", "factor", factor, 0, 1, lower=0)

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        n, height, width, _ = shape
        alpha = rng.uniform(*self.factor) + 1e-6
        sides = np.sqrt(1 - rng.beta(alpha, alpha, n)) * [[height], [width]]
        starts = rng.random((2, n)) * ([[height], [width]] - sides)
        return {
            "permutation_order": rng.permutation(n),
            "batch_masks": boxes(starts, sides, height, width),
            "mix_weight": 1 - sides.prod(axis=0) / (height * width),
        }

    def change(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        return np.where(transformation["batch_masks"], images[transformation["permutation_order"]], images)
