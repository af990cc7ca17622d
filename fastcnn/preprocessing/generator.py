"""ImageDataGenerator: what happens to every photo on its way into a batch."""

import os
import warnings
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import numpy as np

from fastcnn.compat.calls import accepts_old_names
from fastcnn.data.pil_arrays import checked_data_format
from fastcnn.preprocessing.affine import affine_matrix, check_sampling, transformed
from fastcnn.preprocessing.array_iterator import NumpyArrayIterator
from fastcnn.preprocessing.colour import apply_brightness_shift, apply_channel_shift
from fastcnn.preprocessing.dataframe_iterator import DataFrameIterator
from fastcnn.preprocessing.directory_iterator import DirectoryIterator
from fastcnn.preprocessing.random_parameters import DRAWS, Ranges
from fastcnn.preprocessing.standardizing import Standardizer
from fastcnn.random import generator

_AFFINE = ("theta", "tx", "ty", "shear", "zx", "zy")


class ImageDataGenerator(Standardizer):
    """Turns photos into batches, with random changes drawn anew in every epoch and with normalisation.

    Order for one photo: rotation, shift, shear and zoom in one step; channel shift; flips; brightness;
    preprocessing_function; rescale; the photo's own mean and spread; the set's mean, spread and whitening (`fit`).

    featurewise_center, featurewise_std_normalization, zca_whitening : by statistics of the set; call `fit` first.
    samplewise_center, samplewise_std_normalization : by each photo's own mean and standard deviation.
    rotation_range, shear_range : degrees, either way.
    width_shift_range, height_shift_range : a float below 1 is a share of the size, from 1 on pixels; an int n gives
        whole pixels from -(n - 1) to n - 1; a list gives one of its values, either way.
    zoom_range : z means (1 - z, 1 + z); a pair is (low, high). Above 1 the photo shrinks.
    brightness_range : (low, high) factors. channel_shift_range : added to all values, either way.
    fill_mode, cval : what appears beyond the edge: "nearest", "constant" (cval), "reflect" or "wrap".
    interpolation_order : 0 (nearest pixel) or 1 (bilinear).
    validation_split : share of each class that flow_from_directory's subset="validation" takes, its first files.

    Raises:
        ValueError: for an argument outside what is said here.
    """

    @accepts_old_names
    def __init__(
        self,
        featurewise_center: bool = False,
        samplewise_center: bool = False,
        featurewise_std_normalization: bool = False,
        samplewise_std_normalization: bool = False,
        zca_whitening: bool = False,
        zca_epsilon: float = 1e-6,
        rotation_range: float = 0,
        width_shift_range: float | Sequence[float] = 0.0,
        height_shift_range: float | Sequence[float] = 0.0,
        brightness_range: Sequence[float] | None = None,
        shear_range: float = 0.0,
        zoom_range: float | Sequence[float] = 0.0,
        channel_shift_range: float = 0.0,
        fill_mode: str = "nearest",
        cval: float = 0.0,
        horizontal_flip: bool = False,
        vertical_flip: bool = False,
        rescale: float | None = None,
        preprocessing_function: Callable[[np.ndarray], np.ndarray] | None = None,
        data_format: str | None = None,
        validation_split: float = 0.0,
        interpolation_order: int = 1,
        dtype: str | None = None,
    ):
        # As in Keras, every argument is an attribute of the same name.
        vars(self).update({name: value for name, value in locals().items() if name != "self"})
        check_sampling(fill_mode, interpolation_order)
        if validation_split and not 0 < validation_split < 1:
            raise ValueError(f"validation_split must lie between 0 and 1. Received: {validation_split!r}")
        self.brightness_range = _pair_or_none("brightness_range", brightness_range)
        self.zoom_range = _zoom_pair(zoom_range)
        self.dtype = dtype or "float32"
        self.data_format = checked_data_format(data_format)
        last = self.data_format == "channels_last"
        self.channel_axis, self.row_axis, self.col_axis = (3, 1, 2) if last else (1, 2, 3)
        self.mean = self.std = self.zca_whitening_matrix = None
        self._add_implied()

    def _add_implied(self) -> None:
        """Switches on what other options need, with a warning."""
        for option, implied, value in (
            ("zca_whitening", "featurewise_center", True),
            ("zca_whitening", "featurewise_std_normalization", False),
            ("featurewise_std_normalization", "featurewise_center", True),
            ("samplewise_std_normalization", "samplewise_center", True),
        ):
            if getattr(self, option) and bool(getattr(self, implied)) is not value:
                setattr(self, implied, value)
                warnings.warn(f"ImageDataGenerator: {option} sets {implied} to {value}", stacklevel=4)

    @property
    def ranges(self) -> Ranges:
        """The random part of the settings."""
        return Ranges(**{name: getattr(self, name) for name in Ranges.__dataclass_fields__})

    @accepts_old_names
    def flow(
        self,
        x: np.ndarray,
        y: np.ndarray | None = None,
        batch_size: int = 32,
        shuffle: bool = True,
        sample_weight: np.ndarray | None = None,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        ignore_class_split: bool = False,
        subset: str | None = None,
        **options: Any,
    ) -> NumpyArrayIterator:
        """Batches of an array of photos x : (N, H, W, C); see NumpyArrayIterator."""
        named = {"shuffle": shuffle, "sample_weight": sample_weight, "seed": seed, "subset": subset}
        saving = {"save_to_dir": save_to_dir, "save_prefix": save_prefix, "save_format": save_format}
        own = {"data_format": self.data_format, "dtype": self.dtype, "ignore_class_split": ignore_class_split}
        return NumpyArrayIterator(x, y, self, batch_size, **named, **saving, **own, **options)

    @accepts_old_names
    def flow_from_directory(
        self,
        directory: str | os.PathLike,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        follow_links: bool = False,
        subset: str | None = None,
        interpolation: str = "nearest",
        keep_aspect_ratio: bool = False,
        **options: Any,
    ) -> DirectoryIterator:
        """Batches of the photos of a folder with one subfolder per class; see DirectoryIterator."""
        named = {"color_mode": color_mode, "classes": classes, "class_mode": class_mode, "batch_size": batch_size}
        named |= {"shuffle": shuffle, "seed": seed, "follow_links": follow_links, "subset": subset}
        saving = {"save_to_dir": save_to_dir, "save_prefix": save_prefix, "save_format": save_format}
        own = {"data_format": self.data_format, "dtype": self.dtype}
        own |= {"interpolation": interpolation, "keep_aspect_ratio": keep_aspect_ratio}
        return DirectoryIterator(directory, self, target_size, **named, **saving, **own, **options)

    @accepts_old_names
    def flow_from_dataframe(
        self,
        dataframe: Any,
        directory: str | os.PathLike | None = None,
        x_col: str = "filename",
        y_col: str | Sequence[str] = "class",
        weight_col: str | None = None,
        target_size: tuple[int, int] = (256, 256),
        color_mode: str = "rgb",
        classes: Sequence[str] | None = None,
        class_mode: str | None = "categorical",
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int | None = None,
        save_to_dir: str | None = None,
        save_prefix: str = "",
        save_format: str = "png",
        subset: str | None = None,
        interpolation: str = "nearest",
        validate_filenames: bool = True,
        **options: Any,
    ) -> DataFrameIterator:
        """Batches of the photos listed in a table; see DataFrameIterator."""
        named = {"color_mode": color_mode, "classes": classes, "class_mode": class_mode, "batch_size": batch_size}
        named |= {"shuffle": shuffle, "seed": seed, "subset": subset, "validate_filenames": validate_filenames}
        saving = {"save_to_dir": save_to_dir, "save_prefix": save_prefix, "save_format": save_format}
        own = {"data_format": self.data_format, "dtype": self.dtype, "interpolation": interpolation}
        columns = (x_col, y_col, weight_col)
        return DataFrameIterator(dataframe, directory, self, *columns, target_size, **named, **saving, **own, **options)

    @accepts_old_names
    def get_random_transform(self, img_shape: Sequence[int], seed: int | None = None) -> dict[str, Any]:
        """Draws the parameters for `apply_transform` of a photo of that shape, from `seed` or NumPy's global seed."""
        rng = generator() if seed is None else np.random.default_rng(seed)
        size = (img_shape[self.row_axis - 1], img_shape[self.col_axis - 1])
        return self.ranges.draw(*size, rng.random((1, DRAWS)))[0]

    @accepts_old_names
    def apply_transform(self, x: np.ndarray, transform_parameters: dict[str, Any]) -> np.ndarray:
        """Applies drawn (or hand-made) parameters to one photo x; returns x itself when none of them is active.

        transform_parameters : theta and shear (degrees), tx (rows) and ty (columns, pixels), zx and zy (factors),
            flip_horizontal, flip_vertical, channel_shift_intensity, brightness; missing ones do nothing.
        """
        flips = [bool(transform_parameters.get(name)) for name in ("flip_horizontal", "flip_vertical")]
        moves = {name: transform_parameters[name] for name in _AFFINE if name in transform_parameters}
        channel = self.channel_axis - 1
        matrix = affine_matrix(x.shape[self.row_axis - 1], x.shape[self.col_axis - 1], **moves)
        if matrix is not None:
            sampling = (self.fill_mode, self.cval, self.interpolation_order)
            x = np.moveaxis(transformed(np.moveaxis(x, channel, 2), matrix, *sampling, *flips), 2, channel)
        elif any(flips):
            axes = (self.col_axis - 1, self.row_axis - 1)
            x = np.flip(x, [axis for axis, wanted in zip(axes, flips, strict=True) if wanted])
        if transform_parameters.get("channel_shift_intensity") is not None:
            x = apply_channel_shift(x, transform_parameters["channel_shift_intensity"], channel)
        if transform_parameters.get("brightness") is not None:
            x = apply_brightness_shift(x, transform_parameters["brightness"], False, channel)
        return x

    @accepts_old_names
    def random_transform(self, x: np.ndarray, seed: int | None = None) -> np.ndarray:
        """`apply_transform` with parameters from `get_random_transform`."""
        return self.apply_transform(x, self.get_random_transform(x.shape, seed))


def _zoom_pair(zoom_range: float | Sequence[float]) -> list[float]:
    if isinstance(zoom_range, Real):
        return [1 - zoom_range, 1 + zoom_range]
    if len(zoom_range) == 2 and all(isinstance(value, Real) for value in zoom_range):
        return list(zoom_range)
    raise ValueError(f"zoom_range must be a number or a pair of numbers. Received: {zoom_range!r}")


def _pair_or_none(name: str, value: Sequence[float] | None) -> Sequence[float] | None:
    if value is not None and (not isinstance(value, tuple | list) or len(value) != 2):
        raise ValueError(f"{name} must be a pair of numbers or None. Received: {value!r}")
    return value
