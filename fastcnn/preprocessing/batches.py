"""From photos to batches: the order of an epoch, each photo's random numbers, and what is done to it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastcnn.data.batch_job import BatchJob
from fastcnn.data.buffers import BatchBuffers
from fastcnn.data.photos import Photos
from fastcnn.preprocessing.affine import affine_matrix
from fastcnn.preprocessing.random_parameters import DRAWS
from fastcnn.preprocessing.standardizing import Tones
from fastcnn.random import item_uniforms
from fastcnn.switching import get_backend

if TYPE_CHECKING:
    from fastcnn.preprocessing.generator import ImageDataGenerator

_UNMOVED = np.eye(2, 3)
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
    """What is done to the photos of one batch: decided by the first thread that needs it, applied photo by photo."""

    def __init__(self, maker: BatchMaker, epoch: int, indices: np.ndarray):
        self._maker, self._epoch, self._indices = maker, epoch, indices
        self._decided: tuple[list[dict], Tones | None] | None = None

    def __call__(self, slot: np.ndarray, photo: np.ndarray, position: int) -> None:
        """Fills the slot of the photo at `position` of the batch."""
        if self._decided is None:
            self._decided = self._decide()  # a second thread that comes by now decides the same
        drawn, tones = self._decided
        photo_into(slot, photo, self._maker.generator, drawn[position], tones, self._maker.data_format)

    def _decide(self) -> tuple[list[dict], Tones | None]:
        """Each photo's random parameters, and how all are normalised."""
        maker, drawn = self._maker, [{}] * len(self._indices)
        if maker.generator is None:
            return drawn, None
        height, width, channels = maker.image_shape
        if maker.data_format == "channels_first":
            channels, height, width = maker.image_shape
        if maker.generator.ranges.random:
            # By what the photos are, not by when or where they are made: any number of threads gives the same.
            uniforms = item_uniforms([maker.seed, self._epoch], self._indices, DRAWS)
            drawn = maker.generator.ranges.draw(height, width, uniforms)
        return drawn, maker.generator.tones(channels)


def photo_into(
    slot: np.ndarray,
    photo: np.ndarray,
    generator: "ImageDataGenerator | None",
    parameters: dict,
    tones: Tones | None,
    data_format: str,
) -> None:
    """Writes one photo (H, W, C) into its slot of a batch, changed by `parameters` and normalised by `tones`.

    From the decoded bytes to the slot it is one pass of kernels. Without `tones` Keras's steps are taken one by one.
    """
    view = slot if data_format == "channels_last" else np.moveaxis(slot, 0, 2)
    if generator is None:
        view[...] = photo[:, :, : view.shape[2]]
    elif tones is None or view.dtype != np.float32:
        photo = photo[:, :, : view.shape[2]]
        x = np.asarray(photo if data_format == "channels_last" else np.moveaxis(photo, 2, 0), slot.dtype)
        # A copy, since standardize works in place and x may be the user's own array.
        slot[...] = generator.standardize(np.array(generator.apply_transform(x, parameters), slot.dtype))
    else:
        whole = view if view.flags.c_contiguous else np.empty(view.shape, np.float32)
        _by_kernels(whole, photo, generator, parameters, tones)
        if whole is not view:
            view[...] = whole


def _by_kernels(
    target: np.ndarray, photo: np.ndarray, generator: "ImageDataGenerator", parameters: dict, tones: Tones
) -> None:
    """Geometry, then colours, straight into `target`: (H, W, C) float32."""
    backend = get_backend()
    source = np.ascontiguousarray(photo if photo.dtype == np.uint8 else photo.astype(np.float32, copy=False))
    shift, brightness = parameters.get("channel_shift_intensity") or 0.0, parameters.get("brightness")
    coloured = bool(shift) or brightness is not None or not tones.only_scales
    matrix = affine_matrix(*photo.shape[:2], **{name: parameters[name] for name in _AFFINE if name in parameters})
    flips = {name: bool(parameters.get(name)) for name in ("flip_horizontal", "flip_vertical")}
    if matrix is not None or any(flips.values()):
        order = generator.interpolation_order if matrix is not None else 0
        sampling = {"order": order, "fill_mode": generator.fill_mode, "cval": float(generator.cval)}
        scale = 1.0 if coloured else tones.scale
        backend.image_affine(source, target, _UNMOVED if matrix is None else matrix, **sampling, **flips, scale=scale)
        if not coloured:
            return
        source = target
    settings = {"scale": tones.scale, "center": tones.center, "normalise": tones.normalise}
    settings |= {"shift": float(shift), "brightness": None if brightness is None else float(brightness)}
    backend.image_tones(source, target, tones.offset, tones.factor, **settings)
