"""Writes images.npz: image transforms, file loading and small utilities, computed by Keras. See README.md."""

from common import as_json, save  # isort: skip  (sets Keras's environment, so it comes first)

import io
import warnings

import keras
import numpy as np
import scipy.ndimage
from image_files import FILES
from keras.src.legacy.preprocessing import image as legacy

NEUTRAL = {"theta": 0, "tx": 0, "ty": 0, "shear": 0, "zx": 1, "zy": 1}
AXES = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}


def draw_image(height: int, width: int, channels: int, rng: np.random.Generator) -> np.ndarray:
    """Draws a smooth image with some noise, (height, width, channels) uint8."""
    rows, cols, planes = np.ogrid[:height, :width, :channels]
    smooth = 128 + 70 * np.sin(rows / 4 + planes) + 40 * np.cos(cols / 5 - planes)
    return np.clip(smooth + rng.normal(0, 8, smooth.shape), 0, 255).astype(np.uint8)


def documented_matrix(shape: tuple[int, ...], parameters: dict) -> np.ndarray:
    """Returns the (2, 3) map output (row, col) -> input (row, col) that the documentation describes.

    tx moves rows and ty columns; the fixed point of rotation, shear and zoom is ((h - 1) / 2, (w - 1) / 2).
    """
    p = {**NEUTRAL, **parameters}
    angle, shear = np.deg2rad(p["theta"]), np.deg2rad(p["shear"])
    rotate = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    shift = np.array([[1, 0, p["tx"]], [0, 1, p["ty"]], [0, 0, 1]])
    skew = np.array([[1, -np.sin(shear), 0], [0, np.cos(shear), 0], [0, 0, 1]])
    row, col = (shape[0] - 1) / 2, (shape[1] - 1) / 2
    to_centre = np.array([[1, 0, row], [0, 1, col], [0, 0, 1]])
    from_centre = np.array([[1, 0, -row], [0, 1, -col], [0, 0, 1]])
    return (to_centre @ rotate @ shift @ skew @ np.diag([p["zx"], p["zy"], 1.0]) @ from_centre)[:2]


def documented_affine(x: np.ndarray, parameters: dict, fill_mode: str, cval: float, order: int) -> np.ndarray:
    """Applies `documented_matrix` to `x` (H, W, C) as Keras does: SciPy, channel by channel."""
    if {**NEUTRAL, **parameters} == NEUTRAL:
        return x
    matrix = documented_matrix(x.shape, parameters)
    options = {"order": order, "mode": fill_mode, "cval": cval}
    planes = x.transpose(2, 0, 1)
    moved = [scipy.ndimage.affine_transform(plane, matrix[:, :2], matrix[:, 2], **options) for plane in planes]
    return np.stack(moved, axis=2)


class MatrixRecorder:
    """Stands in for the SciPy function that Keras calls, and keeps the last matrix (2, 3) that it was given."""

    def __init__(self) -> None:
        self.matrix = np.eye(2, 3)

    def __call__(self, plane: np.ndarray, matrix: np.ndarray, offset: np.ndarray, **options) -> np.ndarray:
        self.matrix = np.column_stack([matrix, offset])
        return scipy.ndimage.affine_transform(plane, matrix, offset, **options)


def affine_cases() -> list[dict]:
    """Lists 40 parameter sets: each parameter alone, all together, every fill mode, order 0 and 1, both images."""
    alone = [
        {"theta": 30},
        {"theta": -90},
        {"tx": 3.0},
        {"ty": 3.0},
        {"tx": -2.5, "ty": 4.25},
        {"shear": 20},
        {"zx": 1.3},
        {"zy": 0.7},
    ]
    together = {"theta": 17.5, "tx": 2.2, "ty": -3.4, "shear": -12, "zx": 0.9, "zy": 1.25}
    outside = {"theta": -40, "tx": 9.0, "ty": -6.0, "zx": 1.6, "zy": 1.4}
    cases = [{"parameters": p, "fill_mode": "nearest", "cval": 0.0, "order": 1} for p in alone]
    for parameters, orders in ((together, (1,)), (outside, (0, 1))):
        for order in orders:
            for fill_mode in ("nearest", "constant", "reflect", "wrap"):
                cval = 37.0 if fill_mode == "constant" else 0.0
                cases.append({"parameters": parameters, "fill_mode": fill_mode, "cval": cval, "order": order})
    small = [{**case, "image": "square"} for case in cases]
    return small + [{**case, "image": "wide"} for case in cases]


def record_affine(images: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Records apply_affine_transform: Keras's result and matrix, and the documented ones."""
    cases, arrays, recorder = affine_cases(), {}, MatrixRecorder()
    original = scipy.ndimage.interpolation.affine_transform
    scipy.ndimage.interpolation.affine_transform = recorder
    for number, case in enumerate(cases):
        x, options = images[case["image"]].astype(np.float32), {k: case[k] for k in ("fill_mode", "cval", "order")}
        key = f"affine/{number}"
        arrays[f"{key}/keras"] = legacy.apply_affine_transform(x, **case["parameters"], **AXES, **options)
        arrays[f"{key}/keras_matrix"] = recorder.matrix
        arrays[f"{key}/documented"] = documented_affine(x, case["parameters"], **options)
        arrays[f"{key}/documented_matrix"] = documented_matrix(x.shape, case["parameters"])
    scipy.ndimage.interpolation.affine_transform = original
    return {"affine/cases": as_json(cases), **arrays}


def record_transforms(images: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Records ImageDataGenerator.apply_transform on dictionaries of parameters."""
    listed = [
        {},
        {"flip_horizontal": True},
        {"flip_vertical": True},
        {"flip_horizontal": True, "flip_vertical": True},
        {"channel_shift_intensity": 25.5},
        {"channel_shift_intensity": -60.0},
        {"brightness": 0.4},
        {"brightness": 1.7},
        {"brightness": 0.0},
        {"channel_shift_intensity": 30.0, "brightness": 1.2, "flip_horizontal": True},
        {"theta": 25, "flip_horizontal": True},
        {"tx": 2.0, "ty": -3.0, "flip_vertical": True},
        {"zx": 1.2, "zy": 1.2, "shear": 8, "channel_shift_intensity": 10.0},
        {"theta": -15, "zx": 0.8, "zy": 0.9, "brightness": 0.8, "flip_horizontal": True, "flip_vertical": True},
    ]
    cases, arrays = [], {}
    for number, parameters in enumerate(listed):
        options = {"fill_mode": ("nearest", "constant", "reflect")[number % 3], "cval": 11.0, "interpolation_order": 1}
        generator = legacy.ImageDataGenerator(**options)
        affine = {name: value for name, value in parameters.items() if name in NEUTRAL}
        others = {name: value for name, value in parameters.items() if name not in NEUTRAL}
        for name in ("square", "wide") if not affine else ("wide",):
            x, key = images[name].astype(np.float32), f"transform/{len(cases)}"
            arrays[f"{key}/keras"] = generator.apply_transform(x, parameters)
            moved = documented_affine(x, affine, options["fill_mode"], options["cval"], 1)
            arrays[f"{key}/documented"] = generator.apply_transform(moved, others)
            cases.append({"image": name, "generator": options, "parameters": parameters})
    # Outside 0..255, brightness goes through a scale of the image's own range.
    x = images["square"].astype(np.float32) * 2 - 100
    arrays["transform/signed/x"] = x
    arrays["transform/signed/brightness"] = legacy.apply_brightness_shift(x, 0.6, scale=False)
    return {"transform/cases": as_json(cases), **arrays}


def record_standardize(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Records ImageDataGenerator.standardize, after fit() where the option needs it."""
    listed = [
        {"rescale": 1 / 255},
        {"samplewise_center": True},
        {"samplewise_center": True, "samplewise_std_normalization": True},
        {"rescale": 1 / 255, "samplewise_std_normalization": True},
        {"featurewise_center": True},
        {"featurewise_center": True, "featurewise_std_normalization": True},
        {"rescale": 1 / 255, "featurewise_std_normalization": True},
        {"rescale": 1 / 255, "zca_whitening": True},
        {"rescale": 1 / 255, "zca_whitening": True, "zca_epsilon": 0.1},
    ]
    # More images than pixels, or the whitening would divide by singular values that are rounding noise.
    x = np.stack([draw_image(4, 3, 2, rng) for _ in range(60)])[..., [0, 1, 0]]
    x = np.clip(x.astype(np.float64) + rng.normal(0, 30, x.shape), 0, 255).astype(np.uint8)
    arrays = {"standardize/x": x, "standardize/cases": as_json(listed)}
    for number, options in enumerate(listed):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            generator = legacy.ImageDataGenerator(**options)
        generator.fit(x.astype(np.float32))
        key = f"standardize/{number}"
        arrays[f"{key}/y"] = np.stack([generator.standardize(one.astype(np.float32)) for one in x[:3]])
        for name in ("mean", "std", "zca_whitening_matrix"):
            if getattr(generator, name) is not None:
                arrays[f"{key}/{name}"] = getattr(generator, name)
    return arrays


def load_cases() -> list[dict]:
    """Lists the load_img calls: every file in every colour mode; every interpolation on the RGB photo."""
    cases = [{"file": name, "color_mode": mode} for name in FILES for mode in ("rgb", "grayscale", "rgba")]
    interpolations = ("nearest", "bilinear", "bicubic", "box", "lanczos", "hamming")
    for size in ([8, 8], [23, 11]):
        for keep in (False, True):
            common = {"file": "rgb.png", "target_size": size, "keep_aspect_ratio": keep}
            cases += [{**common, "interpolation": name} for name in interpolations]
    for name in FILES:
        mode = "grayscale" if name in ("gray.png", "gray16.png") else "rgb"
        for interpolation in ("nearest", "bilinear"):
            cases.append({"file": name, "target_size": [9, 6], "interpolation": interpolation, "color_mode": mode})
    return cases


def record_files() -> dict[str, np.ndarray]:
    """Records load_img + img_to_array over the files of image_files.py."""
    contents = {name: draw() for name, draw in FILES.items()}
    arrays = {f"file/{name}": np.frombuffer(content, np.uint8) for name, content in contents.items()}
    cases = load_cases()
    for number, case in enumerate(cases):
        options = {name: value for name, value in case.items() if name != "file"}
        loaded = keras.utils.load_img(io.BytesIO(contents[case["file"]]), **options)
        case["mode"] = loaded.mode
        arrays[f"load/{number}"] = keras.utils.img_to_array(loaded)
    return {"load/cases": as_json(cases), **arrays}


def record_array_to_img(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Records array_to_img and a save_img round trip through PNG."""
    listed = {
        "signed": rng.normal(0, 3, (5, 6, 3)),
        "bytes": rng.integers(0, 256, (4, 7, 3)).astype(np.float64),
        "gray": rng.uniform(0, 255, (4, 5, 1)),
        "wide_gray": rng.integers(0, 4000, (4, 5, 1)).astype(np.float64),
        "rgba": rng.uniform(0, 200, (3, 4, 4)),
        "constant": np.full((3, 3, 3), 7.0),
        "zero": np.zeros((3, 3, 1)),
    }
    cases, arrays = [], {}
    for name, x in listed.items():
        arrays[f"to_img/{name}"] = x = x.astype(np.float32)
        for scale in (True, False):
            if name == "signed" and not scale:
                continue  # a negative float as uint8 is undefined
            image, buffer, key = keras.utils.array_to_img(x, scale=scale), io.BytesIO(), f"to_img/{len(cases)}"
            case = {"x": name, "scale": scale, "mode": image.mode, "saved": image.mode != "I"}
            arrays[f"{key}/img"] = np.asarray(image)
            if case["saved"]:  # 32-bit images have no PNG form
                keras.utils.save_img(buffer, x, file_format="png", scale=scale)
                arrays[f"{key}/saved"] = keras.utils.img_to_array(keras.utils.load_img(buffer, color_mode="rgba"))
            cases.append(case)
    return {"to_img/cases": as_json(cases), **arrays}


def record_utilities(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Records keras.utils.to_categorical and keras.utils.normalize."""
    labels = [([0, 2, 1], None), ([[0], [2], [1]], None), ([1, 0], 4)]
    labels += [([[0, 1], [2, 0]], 3), (3, 5), ([1.0, 2.0], None)]
    cases = [{"y": y, "num_classes": classes} for y, classes in labels]
    arrays = {"to_categorical/cases": as_json(cases)}
    for number, case in enumerate(cases):
        arrays[f"to_categorical/{number}"] = keras.utils.to_categorical(np.array(case["y"]), case["num_classes"])
    x = rng.normal(0, 2, (4, 3, 2)).astype(np.float32)
    x[1, 2] = 0
    # Keras takes axis=0 for axis=-1 (`axis or -1`), so axis 0 is asked for as -3.
    options = [{}, {"axis": -3}, {"axis": 1, "order": 1}, {"axis": -1, "order": 3}]
    arrays |= {"normalize/x": x, "normalize/cases": as_json(options)}
    for number, kwargs in enumerate(options):
        arrays[f"normalize/{number}"] = keras.utils.normalize(x, **kwargs)
    return arrays


def main() -> None:
    """Writes images.npz."""
    rng = np.random.default_rng(0)
    images = {"wide": draw_image(24, 31, 3, rng), "square": draw_image(17, 17, 1, rng)}
    arrays = {f"image/{name}": x for name, x in images.items()}
    arrays |= record_affine(images) | record_transforms(images) | record_standardize(rng)
    save("images", arrays | record_files() | record_array_to_img(rng) | record_utilities(rng))


if __name__ == "__main__":
    main()
