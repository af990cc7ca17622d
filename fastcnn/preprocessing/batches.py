"""One batch of photos, made from its sources in independent parts that may run in any thread."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from fastcnn.data.image_error import ImageError
from fastcnn.data.skipping import Omissions
from fastcnn.preprocessing.affine import affine_matrix
from fastcnn.switching import get_backend

if TYPE_CHECKING:
    from fastcnn.data.decode import Reading
    from fastcnn.preprocessing.generator import ImageDataGenerator

# Parts of a batch: enough to share it out evenly, few enough that their hand-over costs nothing.
_PARTS = 8
_AFFINE = ("theta", "tx", "ty", "shear", "zx", "zy")


class Photos(Protocol):
    """Where photos come from."""

    def photo(self, index: int) -> np.ndarray | None:
        """Photo `index` as (H, W, C) uint8 or floating point, not to be written to; None when it is left out."""


@dataclass(frozen=True)
class FilePhotos:
    """Photos in files; the first ones that are read stay in memory, decoded, up to cache_bytes."""

    paths: Sequence[str]
    reading: "Reading"
    omissions: Omissions
    cache_bytes: int
    _kept: dict[int, np.ndarray] = field(default_factory=dict)

    def photo(self, index: int) -> np.ndarray | None:
        """Reads photo `index`.

        Raises:
            ImageError: when it cannot be used and may not be left out.
        """
        from fastcnn.data.decode import read_pixels

        kept = self._kept.get(index)
        if kept is not None or index in self.omissions:
            return kept
        try:
            pixels = read_pixels(self.paths[index], self.reading)
        except ImageError as error:
            self.omissions.add(index, error)
            return None
        if (len(self._kept) + 1) * pixels.nbytes <= self.cache_bytes:  # all have one size
            self._kept[index] = pixels
        return pixels


@dataclass(frozen=True)
class ArrayPhotos:
    """Photos in an array x, (N, H, W, C) or (N, C, H, W)."""

    x: np.ndarray
    channel_axis: int

    def photo(self, index: int) -> np.ndarray:
        """Returns a view of photo `index`."""
        return np.moveaxis(self.x[index], self.channel_axis - 1, 2)


@dataclass(frozen=True)
class Filled:
    """A finished batch: photos x, their positions in the source, and False in `present` for those left out."""

    x: np.ndarray
    indices: np.ndarray
    present: np.ndarray


class BatchJob:
    """The photos of one batch; see fastcnn.data.ahead.Job."""

    def __init__(self, maker: "BatchMaker", epoch: int, indices: np.ndarray):
        self._maker, self._epoch, self._indices = maker, epoch, indices
        self._x = np.empty((len(indices), *maker.image_shape), maker.dtype)
        self._present = np.ones(len(indices), bool)
        self._ranges = maker.generator.ranges if maker.generator and maker.generator.ranges.random else None
        self._step = -(-len(indices) // _PARTS)
        self.size = -(-len(indices) // self._step)

    def run(self, part: int) -> None:
        """Fills a few photos.

        Raises:
            ImageError: for a photo that cannot be used and may not be left out.
        """
        for position in range(part * self._step, min((part + 1) * self._step, len(self._indices))):
            photo = self._maker.photos.photo(int(self._indices[position]))
            if photo is None:
                self._x[position], self._present[position] = 0, False
            else:
                self._fill(self._x[position], photo, int(self._indices[position]))

    def _fill(self, slot: np.ndarray, photo: np.ndarray, index: int) -> None:
        maker = self._maker
        parameters = {}
        if self._ranges is not None:
            # Seeded by what the photo is, not by when or where it is made: any number of threads gives the same.
            rng = np.random.default_rng([maker.seed, self._epoch, index])
            parameters = self._ranges.draw(*photo.shape[:2], rng)
        photo_into(slot, photo, maker.generator, parameters, maker.data_format)

    def result(self) -> Filled:
        """The batch."""
        return Filled(self._x, self._indices, self._present)


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
        return BatchJob(self, epoch, self.order(epoch)[number * self.batch_size :][: self.batch_size])


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
        view[...] = photo
        return
    colour = parameters.get("channel_shift_intensity") is not None or parameters.get("brightness") is not None
    if colour or not generator.only_rescales:
        x = np.asarray(photo if data_format == "channels_last" else np.moveaxis(photo, 2, 0), slot.dtype)
        # A copy, since standardize works in place and x may be the user's own array.
        slot[...] = generator.standardize(np.array(generator.apply_transform(x, parameters), slot.dtype))
        return
    scale = generator.rescale or 1.0
    horizontal, vertical = bool(parameters.get("flip_horizontal")), bool(parameters.get("flip_vertical"))
    matrix = affine_matrix(*photo.shape[:2], **{name: parameters[name] for name in _AFFINE if name in parameters})
    if matrix is None:
        np.multiply(photo[_direction(vertical), _direction(horizontal)], view.dtype.type(scale), out=view)
        return
    whole = view.dtype == np.float32 and view.flags.c_contiguous
    target = view if whole else np.empty(view.shape, np.float32)
    source = np.ascontiguousarray(photo if photo.dtype == np.uint8 else photo.astype(np.float32, copy=False))
    sampling = {"order": generator.interpolation_order, "fill_mode": generator.fill_mode, "cval": float(generator.cval)}
    flips = {"flip_horizontal": horizontal, "flip_vertical": vertical}
    get_backend().image_affine(source, target, matrix, **sampling, **flips, scale=float(scale))
    if not whole:
        view[...] = target


def _direction(backwards: bool) -> slice:
    return slice(None, None, -1 if backwards else 1)
