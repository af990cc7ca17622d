"""RandAugment: a few of eleven changes for each image."""

from collections.abc import Sequence

import numpy as np

from fastcnn.layers import arguments
from fastcnn.layers.base import Shape
from fastcnn.layers.random_colour import RandomBrightness, RandomColorDegeneration, RandomContrast
from fastcnn.layers.random_geometry import RandomRotation, RandomShear, RandomTranslation
from fastcnn.layers.random_images import RandomImages, Transformation, limits
from fastcnn.layers.random_tones import AutoContrast, Equalization, RandomPosterization, RandomSharpness, Solarization


class RandAugment(RandomImages):
    """Changes each image by `num_ops` of: shear, translation, rotation, brightness, less colour, contrast, sharpness,
    fewer levels, solarization, stretched contrast, equalised histogram.

    factor : how strongly, in [0, 1]; one number f draws strengths from 0 to f.
    Source: Cubuk, Zoph, Shlens and Le 2019, with Keras's list.
    """

    def __init__(
        self,
        value_range: Sequence[float] = (0, 255),
        num_ops: int = 2,
        factor: float | Sequence[float] = 0.5,
        interpolation: str = "bilinear",
        seed: int | None = None,
        data_format: str | None = None,
        **kwargs: object,
    ):
        super().__init__(seed, data_format, **kwargs)
        self.value_range, self.interpolation = tuple(value_range), interpolation
        self.num_ops = arguments.positive("RandAugment", "num_ops", num_ops, 100)
        self.factor = limits("RandAugment", "factor", factor, 0, 1, lower=0)
        moves, values = {"interpolation": interpolation}, {"value_range": value_range}
        self._changes = [
            RandomShear(self.factor, self.factor, **moves),
            RandomTranslation(self.factor, self.factor, **moves),
            RandomRotation(self.factor, **moves),
            RandomBrightness(self.factor, **values),
            RandomColorDegeneration(self.factor, **values),
            RandomContrast(self.factor, **values),
            RandomSharpness(self.factor, **values),
            RandomPosterization(max(1, int(8 * self.factor[1])), **values),
            Solarization(self.factor, self.factor, **values),
            AutoContrast(**values),
            Equalization(**values),
        ]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        arguments.rank("RandAugment", input_shape, 4, "(batch, rows, columns, channels)")
        if input_shape[3] != 3:
            raise ValueError(f"RandAugment expects images of 3 channels. Received: {input_shape}")
        return input_shape

    def draw(self, rng: np.random.Generator, shape: Shape) -> Transformation:
        chosen = rng.integers(0, len(self._changes), (self.num_ops, shape[0]))
        return {"layer_idxes": chosen, "transforms": [layer.draw(rng, shape) for layer in self._changes]}

    def change(self, images: np.ndarray, transformation: Transformation) -> np.ndarray:
        images = images.copy()
        for chosen in transformation["layer_idxes"]:
            for number in np.unique(chosen):
                mine = chosen == number
                drawn = {name: value[mine] for name, value in transformation["transforms"][number].items()}
                images[mine] = self._changes[number].change(images[mine], drawn)
        return images
