"""From photos to batches: the order of an epoch, each photo's random numbers, and what is done to it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastcnn.data.batch_job import BatchJob
from fastcnn.data.buffers import BatchBuffers
from fastcnn.data.photos import Photos
from fastcnn.preprocessing.affine import affine_matrix
from fastcnn.preprocessing.random_parameters import DRAWS
from fastcnn.random import item_uniforms
from fastcnn.switching import get_backend

if TYPE_CHECKING:
    from fastcnn.preprocessing.generator import ImageDataGenerator

_AFFINE = ("theta", "tx", "ty", "shear", "zx", "zy")


@dataclass(frozen=True)
class BatchMaker:
    """Makes the job for batch (epoch, number); holds nothing of the iterator that uses it."""

    photos: Photos
    generator: "ImageDataGenerator | None"
    image_shape: tuple[int, int, int]
    dtype: str
    data_format: str
    total: int
    batch_size: int
    shuffle: bool
    seed: int
    buffers: BatchBuffers

    @property
    def repeats(self) -> bool:
        """Whether every epoch is the same."""
        g = self.generator
        return not (self.shuffle or (g is not None and (g.ranges.random or g.preprocessing_function)))

    def order(self, epoch: int) -> np.ndarray:
        """Positions of all photos in the order of that epoch."""
        if not self.shuffle:
            return np.arange(self.total)
        return np.random.default_rng([self.seed, epoch]).permutation(self.total)

    def job(self, key: tuple[int, int]) -> BatchJob:
        """The job for `key`, (epoch, number of the batch)."""
        epoch, number = key
        indices = self.order(epoch)[number * self.batch_size :][: self.batch_size]
        x = self.buffers.take((len(indices), *self.image_shape), self.dtype)
        return BatchJob(self.photos, indices, x, _Changes(self, epoch, indices))


class _Changes:
    """What is done to the photos of one batch: drawn by the first thread that needs it, applied photo by photo."""

    def __init__(self, maker: BatchMaker, epoch: int, indices: np.ndarray):
        self._maker, self._epoch, self._indices = maker, epoch, indices
        self._drawn: list[dict] | None = None

    def __call__(self, slot: np.ndarray, photo: np.ndarray, position: int) -> None:
        """Fills the slot of the photo at `position` of the batch."""
        if self._drawn is None:
            self._drawn = self._draw()  # a second thread that comes by now draws the same
        photo_into(slot, photo, self._maker.generator, self._drawn[position], self._maker.data_format)

    def _draw(self) -> list[dict]:
        maker = self._maker
        if maker.generator is None or not maker.generator.ranges.random:
            return [{}] * len(self._indices)
        # By what the photos are, not by when or where they are made: any number of threads gives the same.
        uniforms = item_uniforms([maker.seed, self._epoch], self._indices, DRAWS)
        height, width = np.take(maker.image_shape, (0, 1) if maker.data_format == "channels_last" else (1, 2))
        return maker.generator.ranges.draw(int(height), int(width), uniforms)


def photo_into(
    slot: np.ndarray,
    photo: np.ndarray,
    generator: "ImageDataGenerator | None",
    parameters: dict,
    data_format: str,
) -> None:
    """Writes one photo (H, W, C) into its slot of a batch, changed by `parameters` and normalised.

    Geometry and rescale alone go in one step from the decoded bytes to the slot; anything else in Keras's steps.
    """
    view = slot if data_format == "channels_last" else np.moveaxis(slot, 0, 2)
    if generator is None:
        view[...] = photo[:, :, : view.shape[2]]
        return
    colour = parameters.get("channel_shift_intensity") is not None or parameters.get("brightness") is not None
    if colour or not generator.only_rescales:
        photo = photo[:, :, : view.shape[2]]
        x = np.asarray(photo if data_format == "channels_last" else np.moveaxis(photo, 2, 0), slot.dtype)
        # A copy, since standardize works in place and x may be the user's own array.
        slot[...] = generator.standardize(np.array(generator.apply_transform(x, parameters), slot.dtype))
        return
    scale = generator.rescale or 1.0
    horizontal, vertical = bool(parameters.get("flip_horizontal")), bool(parameters.get("flip_vertical"))
    matrix = affine_matrix(*photo.shape[:2], **{name: parameters[name] for name in _AFFINE if name in parameters})
    if matrix is None:
        turned = photo[_direction(vertical), _direction(horizontal), : view.shape[2]]
        np.multiply(turned, view.dtype.type(scale), out=view)
        return
    whole = view.dtype == np.float32 and view.flags.c_contiguous
    target = view if whole else np.empty(view.shape, np.float32)
    photo = photo[:, :, : view.shape[2]]
    source = np.ascontiguousarray(photo if photo.dtype == np.uint8 else photo.astype(np.float32, copy=False))
    sampling = {"order": generator.interpolation_order, "fill_mode": generator.fill_mode, "cval": float(generator.cval)}
    flips = {"flip_horizontal": horizontal, "flip_vertical": vertical}
    get_backend().image_affine(source, target, matrix, **sampling, **flips, scale=float(scale))
    if not whole:
        view[...] = target


def _direction(backwards: bool) -> slice:
    return slice(None, None, -1 if backwards else 1)
