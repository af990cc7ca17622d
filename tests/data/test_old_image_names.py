"""Scripts written for Keras 1 and 2 find their words."""

import numpy as np
import pytest

from fastcnn.preprocessing.image import (
    ImageDataGenerator,
    array_to_img,
    img_to_array,
    list_pictures,
    load_img,
    random_rotation,
)
from tests.data.photos import folder, pixels, save


@pytest.mark.covers("legacy.arguments.grayscale")
def test_grayscale_was_the_second_argument_of_load_img(tmp_path):
    path = save(tmp_path / "a.png", pixels(1))
    assert load_img(path, True).mode == load_img(path, grayscale=True).mode == "L"
    assert load_img(path, False).mode == load_img(path, grayscale=False).mode == "RGB"
    assert load_img(path, True, (5, 4)).size == (4, 5)


@pytest.mark.parametrize(("old", "shape"), [("tf", (12, 10, 3)), ("th", (3, 12, 10)), ("default", (12, 10, 3))])
def test_dim_ordering_is_data_format(tmp_path, old, shape):
    image = load_img(save(tmp_path / "a.png", pixels(1)))
    x = img_to_array(image, dim_ordering=old)
    assert x.shape == img_to_array(image, old).shape == shape
    np.testing.assert_array_equal(np.asarray(array_to_img(x, dim_ordering=old, scale=False)), pixels(1))
    assert ImageDataGenerator(dim_ordering=old).data_format == ImageDataGenerator(data_format=old).data_format


def test_capital_x_and_old_axis_names_are_understood():
    x = np.stack([pixels(1)])
    assert ImageDataGenerator().flow(X=x).n == 1
    ImageDataGenerator(featurewise_center=True).fit(X=x)
    turned = random_rotation(x[0], 5, row_index=0, col_index=1, channel_index=2)
    assert turned.shape == x[0].shape


def test_iterators_have_their_old_attributes(tmp_path):
    it = ImageDataGenerator().flow_from_directory(folder(tmp_path / "top", a=2, b=1))
    assert (it.nb_sample, it.N, it.nb_class, it.num_class) == (3, 3, 2, 2)
    assert it.next()[0].shape == (3, 256, 256, 3)
    with pytest.raises(AttributeError, match="'DirectoryIterator' object has no attribute 'nb_samples'"):
        _ = it.nb_samples


def test_list_pictures_finds_photos_below_a_folder(tmp_path):
    folder(tmp_path / "top", a=2)
    (tmp_path / "top" / "notes.txt").touch()
    assert len(list_pictures(str(tmp_path))) == 2


def test_the_old_and_the_new_name_together_are_an_error(tmp_path):
    with pytest.raises(TypeError, match=r"'grayscale' is the older name of 'color_mode'"):
        load_img(tmp_path / "a.png", color_mode="rgb", grayscale=True)


def test_an_unknown_argument_is_still_an_error():
    with pytest.raises(TypeError, match="colour"):
        ImageDataGenerator(colour=1)
