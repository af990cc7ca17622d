"""Writes generator.npz: photos through whole ImageDataGenerators, and their flows, by Keras. See README.md.

Keras since 2.9 exchanges rows and columns after it has built an affine matrix. Here the exchange is undone before SciPy
gets the matrix, so that shifts, turns and the centre are those of the documentation; all else is Keras's own code.
"""

from common import as_json, save  # isort: skip  (sets Keras's environment, so it comes first)

import itertools
import warnings

import keras
import numpy as np
import scipy.ndimage
from keras.src.legacy.preprocessing import image as legacy
from make_images import draw_image

HEIGHT, WIDTH, PHOTOS = 10, 14, 8  # even: an odd photo sheared alone keeps its middle pixels on the edge to rounding
CASES = 144
NEAR = 1e-3  # values so close to a whole number would make a step of 8 bits depend on rounding
GEOMETRY = [
    {},
    {"theta": (-60, 60)},
    {"tx": (-4, 4), "ty": (-4, 4)},
    {"shear": (-30, 30)},
    {"zx": (0.6, 1.6), "zy": (0.6, 1.6)},
    {"theta": (-30, 30), "tx": (-3, 3), "ty": (-3, 3), "shear": (-15, 15), "zx": (0.7, 1.4), "zy": (0.7, 1.4)},
]
COLOURS = [
    {},
    {"channel_shift_intensity": (-70, 70)},
    {"brightness": (0.2, 0.9)},
    {"brightness": (1.1, 2.2)},
    {"channel_shift_intensity": (-40, 40), "brightness": (0.5, 1.6)},
]
STANDARDS = [
    {},
    {"rescale": 1 / 255},
    {"samplewise_center": True},
    {"rescale": 1 / 127.5, "samplewise_center": True, "samplewise_std_normalization": True},
    {"featurewise_center": True},
    {"rescale": 0.01, "featurewise_center": True, "featurewise_std_normalization": True},
    {"rescale": 1 / 255, "featurewise_center": True, "zca_whitening": True},
    {"samplewise_center": True, "samplewise_std_normalization": True, "featurewise_center": True},
    {"samplewise_center": True, "featurewise_center": True, "featurewise_std_normalization": True},
]
CHOICES = {"geometry": 6, "colours": 5, "standard": 9, "fill": 4, "order": 3, "format": 3, "channels": 3}
CHOICES |= {"function": 8, "signed": 8}
FLOWS = [
    {},
    {"y": True},
    {"y": True, "sample_weight": True},
    {"misc": 1},
    {"misc": 2, "y": True},
    {"y": True, "subset": "training"},
    {"y": True, "subset": "validation"},
    {"misc": 1, "y": True, "subset": "training"},
    {"misc": 1, "y": True, "sample_weight": True, "batch_size": 7},
    {"dtype": "float64", "y": True},
]


def unexchanged(plane: np.ndarray, matrix: np.ndarray, offset: np.ndarray, **options) -> np.ndarray:
    """SciPy's affine_transform with rows and columns as they were before Keras exchanged them."""
    return scipy.ndimage.affine_transform(plane, matrix[::-1, ::-1], offset[::-1], **options)


class BrightnessRecorder:
    """Stands in for Keras's brightness, and tells whether the last photo could be cut to bytes in one way only."""

    def __init__(self) -> None:
        self.certain, self._brighten = True, legacy.apply_brightness_shift

    def __call__(self, x: np.ndarray, *options) -> np.ndarray:
        low, high = float(x.min()), float(x.max())
        levels = x.astype(np.float64)
        if low < 0 or high > 255:
            levels = (levels - low) / (high - low) * 255
        off = np.abs(levels - np.rint(levels))
        self.certain = not np.any((off > 0) & (off < NEAR))
        return self._brighten(x, *options)


def draw_case(chosen: dict[str, int], rng: np.random.Generator) -> dict:
    """What to do to which photo, for the numbers of the choices made."""
    ranges = GEOMETRY[chosen["geometry"]] | COLOURS[chosen["colours"]]
    parameters = {name: round(rng.uniform(*ends), 4) for name, ends in ranges.items()}
    parameters |= {name: True for name in ("flip_horizontal", "flip_vertical") if rng.random() < 0.4}
    options = {"fill_mode": ("nearest", "constant", "reflect", "wrap")[chosen["fill"]], "cval": 11.0}
    options |= {"interpolation_order": int(chosen["order"] > 0), **STANDARDS[chosen["standard"]]}
    options["data_format"] = "channels_first" if chosen["format"] == 0 else "channels_last"
    case = {"channels": (1, 3, 4)[chosen["channels"]], "generator": options, "parameters": parameters}
    case["function"] = [0.5, 3.0] if chosen["function"] == 0 else None
    case["signed"] = chosen["signed"] == 0
    return case


def run_case(case: dict, photos: np.ndarray) -> np.ndarray:
    """What Keras makes of the first of the photos (N, H, W, C), which it also gets for `fit`."""
    a, b = case["function"] or (1, 0)
    function = (lambda x: x * a + b) if case["function"] else None
    generator = legacy.ImageDataGenerator(**case["generator"], preprocessing_function=function)
    x = photos.astype(np.float32) * 2 - 100 if case["signed"] else photos.astype(np.float32)
    x = x.transpose(0, 3, 1, 2) if case["generator"]["data_format"] == "channels_first" else x
    generator.fit(x)
    keras.config.set_image_data_format(case["generator"]["data_format"])  # brightness goes by this
    y = generator.standardize(np.array(generator.apply_transform(x[0], case["parameters"])))
    keras.config.set_image_data_format("channels_last")
    return y


def record_photos(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Records apply_transform and standardize of Keras; parameters are drawn anew where bytes would be uncertain."""
    photos = {c: np.stack([draw_image(HEIGHT, WIDTH, c, rng) for _ in range(PHOTOS)]) for c in (1, 3, 4)}
    recorder, cases, arrays = BrightnessRecorder(), [], {f"photos/{c}": x for c, x in photos.items()}
    choices = {name: rng.permutation(np.arange(CASES) % count).tolist() for name, count in CHOICES.items()}
    legacy.apply_brightness_shift = recorder
    scipy.ndimage.interpolation.affine_transform = unexchanged
    for number in range(CASES):
        for _ in itertools.count():
            recorder.certain = True
            case = draw_case({name: made[number] for name, made in choices.items()}, rng)
            y = run_case(case, photos[case["channels"]])
            if recorder.certain:
                break
        cases.append(case)
        arrays[f"photo/{number}"] = y.astype(np.float32)
    return {"photo/cases": as_json(cases), **arrays}


def record_fits(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Records the statistics of `fit` for other channels, orders of axes and rounds than images.npz has."""
    common = {"featurewise_center": True}
    listed = [
        {"generator": {"data_format": "channels_first", "featurewise_std_normalization": True, **common}},
        {"generator": {"rescale": 1 / 255, "zca_whitening": True, **common}},
        {"generator": {"data_format": "channels_first", "zca_whitening": True, **common}},
        {"generator": {"featurewise_std_normalization": True, "rescale": -2.0, **common}},
        {"generator": {"featurewise_std_normalization": True, **common}, "augment": True, "rounds": 3},
        {"generator": {"samplewise_center": True}},
    ]
    x, arrays = rng.integers(0, 256, (6, 4, 3, 4)).astype(np.uint8), {}
    for number, case in enumerate(listed):
        generator = legacy.ImageDataGenerator(**case["generator"])
        generator.fit(x, augment=case.get("augment", False), rounds=case.get("rounds", 1), seed=3)
        for name in ("mean", "std", "zca_whitening_matrix"):
            if getattr(generator, name) is not None:
                arrays[f"fit/{number}/{name}"] = getattr(generator, name)
    return {"fit/x": x, "fit/cases": as_json(listed), **arrays}


def flow_arguments(case: dict, arrays: dict[str, np.ndarray]) -> tuple[object, dict]:
    """x and the keyword arguments of `flow` that a case stands for."""
    options = {name: case[name] for name in ("subset",) if name in case}
    options |= {name: arrays[f"flow/{name}"] for name in ("y", "sample_weight") if case.get(name)}
    misc = [arrays["flow/misc"], arrays["flow/sample_weight"]][: case.get("misc", 0)]
    return ((arrays["flow/x"], misc) if misc else arrays["flow/x"]), options


def record_flows(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Records the batches of one epoch of `flow`, in order, each batch's arrays in the order in which they come."""
    arrays = {"flow/x": rng.integers(0, 256, (10, 3, 2, 3)).astype(np.uint8), "flow/y": np.arange(10) % 2}
    arrays |= {"flow/misc": rng.normal(size=(10, 2)), "flow/sample_weight": np.linspace(0, 1, 10)}
    described = []
    for number, case in enumerate(FLOWS):
        generator = legacy.ImageDataGenerator(rescale=0.5, validation_split=0.4, dtype=case.get("dtype", "float32"))
        x, options = flow_arguments(case, arrays)
        size = case.get("batch_size", 4)
        flow = generator.flow(x, batch_size=size, shuffle=False, **options)
        batches = [next(flow) for _ in range(len(flow) + 1)]  # one more: after the last comes the first
        described.append({"case": case, "layout": [layout(batch) for batch in batches]})
        for i, batch in enumerate(batches):
            arrays |= {f"flow/{number}/{i}/{j}": one for j, one in enumerate(leaves(batch))}
    return {"flow/cases": as_json(described), **arrays}


def layout(batch: object) -> object:
    """Kinds of containers, and types of what they hold."""
    if isinstance(batch, np.ndarray):
        return str(batch.dtype)
    return [type(batch).__name__, *map(layout, batch)]


def leaves(batch: object) -> list[np.ndarray]:
    """The arrays of a batch from left to right."""
    return [batch] if isinstance(batch, np.ndarray) else [one for part in batch for one in leaves(part)]


def main() -> None:
    """Writes generator.npz."""
    rng = np.random.default_rng(5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        save("generator", record_photos(rng) | record_fits(rng) | record_flows(rng))


if __name__ == "__main__":
    main()
