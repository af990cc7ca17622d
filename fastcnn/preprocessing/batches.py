"""From photos to batches: the order of an epoch, each photo's random numbers, and what is done to it."""

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fastcnn.data.batch_job import BatchJob
from fastcnn.data.buffers import BatchBuffers
from fastcnn.data.photos import Photos
from fastcnn.preprocessing.affine import affine_matrix
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
        ranges = self.generator.ranges if self.generator is not None and self.generator.ranges.random else None
        x = self.buffers.take((len(indices), *self.image_shape), self.dtype)
        return BatchJob(self.photos, indices, x, partial(self._fill, epoch, ranges))

    def _fill(self, epoch: int, ranges: object, slot: np.ndarray, photo: np.ndarray, index: int) -> None:
        parameters = {}
        if ranges is not None:
            # Seeded by what the photo is, not by when or where it is made: any number of threads gives the same.
            parameters = ranges.draw(*photo.shape[:2], np.random.default_rng([self.seed, epoch, index]))
        photo_into(slot, photo, self.generator, parameters, self.data_format)


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
