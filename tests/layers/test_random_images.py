"""Random image layers: when they act, what they draw, how they are called, and their gradients."""

import numpy as np
import pytest

from fastcnn import Sequential, layers, load_model
from fastcnn.data.dataset import Dataset
from tests.helpers import layer_gradients

RNG = np.random.default_rng(2)
IMAGES = RNG.integers(0, 256, (4, 9, 12, 3)).astype(np.float32)
SHAPE = (4000, 9, 12, 3)
EVERY = {
    "RandomFlip": {},
    "RandomRotation": {"factor": 0.2},
    "RandomZoom": {"height_factor": 0.3},
    "RandomTranslation": {"height_factor": 0.3, "width_factor": 0.3},
    "RandomShear": {"x_factor": 0.5, "y_factor": 0.5},
    "RandomCrop": {"height": 5, "width": 7},
    "RandomContrast": {"factor": 0.5},
    "RandomBrightness": {"factor": 0.5},
    "RandomErasing": {"factor": (1.0, 1.0)},
    "RandomGrayscale": {"factor": 0.6},
    "RandomInvert": {"factor": (0.5, 0.5)},
    "RandomColorDegeneration": {"factor": 0.8},
    "RandomSharpness": {"factor": 1.0},
    "Solarization": {"threshold_factor": 1.0},
    "RandomPosterization": {"factor": (2, 5)},
    "RandAugment": {"num_ops": 3},
}
WITHOUT_GRADIENT = ("Solarization", "RandomPosterization", "RandAugment")
each = pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.covers(f"layers.{n}")) for n in EVERY])


def make(name, **more):
    return getattr(layers, name)(**EVERY[name], **more)


def draws(layer):
    return layer.draw(np.random.default_rng(0), SHAPE)


@each
def test_called_on_images_it_changes_each_of_them_in_its_own_way(name):
    same = np.repeat(IMAGES[:1], 50, axis=0)
    changed = np.asarray(make(name, seed=1)(same))
    assert len(np.unique(changed.reshape(50, -1), axis=0)) > 1
    assert changed.dtype == np.float32


@each
def test_the_same_seed_gives_the_same_images_and_every_call_others(name):
    same = np.repeat(IMAGES[:1], 20, axis=0)
    layer = make(name, seed=5)
    first, second = layer(same), layer(same)
    assert (first == make(name, seed=5)(same, training=True)).all()
    assert (first != second).any()
    assert (first == type(layer).from_config(layer.get_config())(same)).all()


@each
def test_prediction_and_training_false_leave_images_alone(name):
    layer = make(name)
    rest = np.asarray(layer(IMAGES, training=False))
    model = Sequential([layers.Input(IMAGES.shape[1:]), layer])
    assert (model.predict(IMAGES, verbose=0) == rest).all()
    if name == "RandomCrop":
        whole = layers.Resizing(5, 7, crop_to_aspect_ratio=True)
        assert (rest == np.asarray(whole(IMAGES))).all()
    else:
        assert (rest == IMAGES).all()


@each
def test_one_image_bytes_and_dicts_are_taken(name):
    layer = make(name)
    one = layer(IMAGES[0].astype(np.uint8))
    assert one.ndim == 3
    found = layer({"images": IMAGES, "labels": np.arange(4)})
    assert found["images"].shape[0] == 4
    assert list(found["labels"]) == [0, 1, 2, 3]
    with pytest.raises(ValueError, match="bounding boxes and masks are not moved along"):
        layer({"images": IMAGES, "bounding_boxes": {}})


@pytest.mark.parametrize("name", [name for name in EVERY if name not in WITHOUT_GRADIENT])
def test_the_gradient_agrees_with_differences(name):
    layer = make(name, seed=3)
    x = RNG.uniform(20, 235, (2, 9, 12, 3))
    Sequential([layers.Input(x.shape[1:]), layer], backend="numpy", dtype="float64")
    direction, step = RNG.standard_normal(x.shape), 1e-4

    def run(images):
        return layer_gradients(layer, images, dy, "numpy")

    dy = RNG.standard_normal(layer.compute_output_shape(x.shape))
    slope = (dy * (run(x + step * direction)["y"] - run(x - step * direction)["y"])).sum() / (2 * step)
    np.testing.assert_allclose((run(x)["dx"] * direction).sum(), slope, rtol=1e-6, atol=1e-6)


@each
def test_it_trains_as_the_first_layer_and_behind_weights(name):
    for first in ([], [layers.Conv2D(3, 1)]):
        if first and name in WITHOUT_GRADIENT:
            continue
        model = Sequential([layers.Input(IMAGES.shape[1:]), *first, make(name), layers.Flatten(), layers.Dense(1)])
        model.compile("sgd", "mse")
        history = model.fit(IMAGES / 255, np.zeros(4), batch_size=3, epochs=1, verbose=0)
        assert np.isfinite(history.history["loss"][0])


@each
def test_channels_first_means_the_same(name):
    if name in ("RandomContrast", "RandomBrightness", "Solarization"):
        layer = make(name, seed=2)
        layer.data_format = "channels_first"
    else:
        layer = make(name, seed=2, data_format="channels_first")
    moved = np.asarray(layer(np.moveaxis(IMAGES, -1, 1), training=True))
    assert (np.moveaxis(moved, 1, -1) == np.asarray(make(name, seed=2)(IMAGES))).all()


@pytest.mark.parametrize("name", WITHOUT_GRADIENT)
def test_what_has_no_gradient_says_so(name):
    weights_first = [layers.Conv2D(3, 1), make(name), layers.Flatten(), layers.Dense(1)]
    model = Sequential([layers.Input(IMAGES.shape[1:]), *weights_first])
    model.compile("sgd", "mse")
    with pytest.raises(
        NotImplementedError, match=f"{name} has no gradient: put it before the first layer with weights"
    ):
        model.fit(IMAGES, np.zeros(4), verbose=0)


def test_auto_contrast_spreads_channels_always():
    layer = layers.AutoContrast()
    image = np.stack([np.linspace(50, 100, 12).reshape(3, 4), np.full((3, 4), 7.0)], axis=-1)[None]
    for training in (True, False):
        spread = np.asarray(layer(image, training=training))
        np.testing.assert_allclose(spread[..., 0].ravel(), np.linspace(0, 255, 12), atol=1e-3)
        np.testing.assert_allclose(spread[..., 1], 7.0, rtol=1e-5)
    assert layers.AutoContrast.from_config(layer.get_config()).value_range == (0, 255)


def test_equalization_spreads_the_histogram_of_each_image():
    image = (np.arange(256.0).reshape(16, 16, 1) / 256) ** 2 * 255
    for value_range in ((0, 255), (0, 1)):
        scale = value_range[1] / 255
        layer = layers.Equalization(value_range)
        images = np.stack([image, image / 2, np.full_like(image, 9.0)]).astype(np.float32) * scale
        equal = np.asarray(layer(images)) / scale
        assert equal.min() == 0
        assert abs(np.median(equal[0]) - 128) < 20
        assert abs(np.median(equal[1]) - 128) < 20
        np.testing.assert_allclose(equal[2], 9.0, rtol=1e-5)
    assert (np.asarray(layer(images, training=False)) == images).all()


def test_rand_augment_chooses_for_each_image():
    chosen = layers.RandAugment(num_ops=2).draw(np.random.default_rng(0), (2000, 4, 4, 3))["layer_idxes"]
    assert chosen.shape == (2, 2000)
    np.testing.assert_allclose(np.bincount(chosen.ravel(), minlength=11) / 4000, 1 / 11, atol=0.03)


def test_a_row_of_layers_augments_when_called():
    augmentation = Sequential([layers.RandomFlip("horizontal"), layers.RandomRotation(0.1)])
    changed = augmentation(IMAGES, training=True)
    assert isinstance(changed.numpy(), np.ndarray)
    assert (changed != IMAGES).any()
    assert (augmentation(IMAGES) != IMAGES).any()
    assert (augmentation(IMAGES, training=False) == IMAGES).all()
    assert (augmentation(IMAGES[:, :6, :8]).shape) == (4, 6, 8, 3)


def test_flips_happen_half_of_the_time_in_the_directions_asked_for():
    def shares(mode):
        found = draws(layers.RandomFlip(mode))
        return found["horizontal"].mean(), found["vertical"].mean()

    assert shares("horizontal") == (pytest.approx(0.5, abs=0.05), 0)
    assert shares("vertical") == (0, pytest.approx(0.5, abs=0.05))
    both = draws(layers.RandomFlip())
    assert (both["horizontal"] & both["vertical"]).mean() == pytest.approx(0.25, abs=0.05)


@pytest.mark.parametrize(
    ("layer", "parameter", "low", "high"),
    [
        (layers.RandomRotation(0.1), "angle", -36, 36),
        (layers.RandomRotation((0, 0.25)), "angle", 0, 90),
        (layers.RandomZoom(0.2), "height_zoom", 0.8, 1.2),
        (layers.RandomZoom(0.2, (-0.5, -0.1)), "width_zoom", 0.5, 0.9),
        (layers.RandomTranslation((0.0, 0.5), 0.0), "translations", 0, 4.5),
        (layers.RandomTranslation(0.0, 0.5), "translations", -6, 6),
        (layers.RandomShear(0.3), "shear_factor", -0.3, 0.3),
        (layers.RandomContrast(0.2), "contrast_factor", 0.8, 1.2),
        (layers.RandomContrast((0.5, 0.2)), "contrast_factor", 0.5, 1.2),
        (layers.RandomBrightness(0.2), "rgb_delta", -51, 51),
        (layers.RandomBrightness((0, 0.2), (0, 1)), "rgb_delta", 0, 0.2),
        (layers.RandomColorDegeneration(0.3), "factor", -0.3, 0.3),
        (layers.RandomCrop(4, 12), "top", 0, 5),
        (layers.RandomPosterization(5), "shift_factor", 3, 7),
        (layers.Solarization(0.2), "additions", 0, 51),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_parameters_fill_their_range(layer, parameter, low, high):
    found = draws(layer)[parameter]
    margin = 0.01 * (high - low)
    assert low <= found.min() <= low + margin
    assert high - margin <= found.max() <= high


def test_zoom_keeps_proportions_unless_told_otherwise():
    found = draws(layers.RandomZoom(0.2))
    assert (found["height_zoom"] == found["width_zoom"]).all()


def test_shear_goes_either_way():
    found = draws(layers.RandomShear((0.2, 0.3)))["shear_factor"][:, 0]
    assert np.mean(found > 0) == pytest.approx(0.5, abs=0.05)
    assert np.abs(found).min() >= 0.2


def test_erased_boxes_have_the_share_asked_for():
    found = layers.RandomErasing(1.0, (0.25, 0.25)).draw(np.random.default_rng(0), (300, 40, 40, 1))
    assert found["batch_masks"].mean() == pytest.approx(0.25, abs=0.02)
    assert found["apply_erasing"].mean() == pytest.approx(0.5, abs=0.1)
    noise = found["fill_value"]
    assert noise.min() == 0
    assert noise.max() == 255


def test_a_crop_shows_a_window_of_the_image():
    layer = layers.RandomCrop(5, 7)
    found = layer.get_random_transformation(IMAGES, seed=4)
    for image, cut, top, left in zip(IMAGES, layer.transform_images(IMAGES, found), *found.values(), strict=True):
        assert (cut == image[top : top + 5, left : left + 7]).all()
    small = np.asarray(layers.RandomCrop(20, 20)(IMAGES))
    assert (small == np.asarray(layers.Resizing(20, 20, crop_to_aspect_ratio=True)(IMAGES))).all()


def test_parameters_can_be_drawn_and_applied_apart():
    layer = layers.RandomRotation(0.3)
    found = layer.get_random_transformation(IMAGES, seed=1)
    assert (layer.transform_images(IMAGES, found) == layer.transform_images(IMAGES, found)).all()
    assert layer.get_random_transformation(IMAGES, training=False) is None
    assert layer.transform_images(IMAGES, None) is IMAGES


@pytest.mark.parametrize(
    ("make_it", "message"),
    [
        (lambda: layers.RandomFlip("sideways"), "RandomFlip: mode must be 'horizontal', 'vertical' or"),
        (lambda: layers.RandomRotation(2), r"RandomRotation: factor must be a number or two numbers in \[-1, 1\]"),
        (lambda: layers.RandomRotation("much"), "RandomRotation: factor must be a number or two"),
        (lambda: layers.RandomRotation((1, 2, 3)), "RandomRotation: factor must be a number or two"),
        (lambda: layers.RandomRotation(0.1, "mirror"), "RandomRotation: fill_mode must be one of reflect, wrap"),
        (lambda: layers.RandomZoom(0.1, interpolation="cubic"), 'interpolation must be "bilinear" or "nearest"'),
        (lambda: layers.RandomZoom(-1), "RandomZoom: height_factor"),
        (lambda: layers.RandomShear(1.1), r"RandomShear: x_factor must be a number or two numbers in \[-1, 1\]"),
        (lambda: layers.RandomContrast(1.5), "RandomContrast: factor"),
        (lambda: layers.RandomBrightness(0.1, 255), "RandomBrightness: value_range must be two numbers"),
        (lambda: layers.RandomCrop(0, 3), "RandomCrop: height must be an integer from 1"),
        (lambda: layers.RandomGrayscale()(np.ones((2, 3, 3, 1))), "RandomGrayscale expects images of 3 channels"),
        (lambda: layers.RandomFlip()(np.ones((2, 3))), "RandomFlip expects inputs of 4 axes"),
    ],
)
def test_bad_arguments_are_named(make_it, message):
    with pytest.raises(ValueError, match=message):
        make_it()


def test_they_serve_inside_a_dataset():
    augmentation = Sequential([layers.RandomFlip("horizontal"), layers.RandomZoom(0.2)])
    dataset = Dataset.from_tensor_slices((IMAGES, np.arange(4))).map(lambda x, y: (layers.CenterCrop(8, 8)(x), y))
    batches = list(dataset.batch(3).map(lambda x, y: (augmentation(x, training=True), y)))
    assert [images.shape for images, _ in batches] == [(3, 8, 8, 3), (1, 8, 8, 3)]
    again = list(dataset.batch(3).map(lambda x, y: (augmentation(x, training=True), y)))
    assert (batches[0][0] != again[0][0]).any()


def test_training_goes_on_exactly_after_loading(tmp_path):
    def compiled():
        np.random.seed(4)
        random = [layers.RandomRotation(0.2), layers.RandomContrast(0.3), layers.GaussianNoise(0.1)]
        model = Sequential([layers.Input(IMAGES.shape[1:]), *random, layers.Flatten(), layers.Dense(1)])
        model.compile("adam", "mse")
        return model

    fit = {"x": IMAGES / 255, "y": np.arange(4.0), "batch_size": 3, "shuffle": False, "verbose": 0}
    whole, half = compiled(), compiled()
    whole.fit(**fit, epochs=4)
    half.fit(**fit, epochs=2)
    half.save(tmp_path / "model.fcnn")
    resumed = load_model(tmp_path / "model.fcnn")
    resumed.fit(**fit, epochs=4, initial_epoch=2)
    for one, other in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        assert (one == other).all()
