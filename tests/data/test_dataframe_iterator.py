"""Batches from a table; a dict of lists stands for a DataFrame, of which only table[column] is used."""

import numpy as np
import pytest

from fastcnn.preprocessing.image import ImageDataGenerator
from tests.data.photos import folder

pytestmark = pytest.mark.covers("preprocessing.image.ImageDataGenerator.flow_from_dataframe")


@pytest.fixture
def top(tmp_path):
    """One folder with six photos."""
    return folder(tmp_path / "top", all=6) / "all"


@pytest.fixture
def table():
    """Its rows, in another order than on disk."""
    names = [f"all{i:03}.png" for i in (3, 1, 2, 0, 5, 4)]
    return {
        "filename": names,
        "class": ["b", "a", "b", "a", "b", "a"],
        "tags": [["a"], ["a", "c"], [], ["c"], ["b"], ["a", "b", "c"]],
        "age": [3.5, 1.0, 2.0, 0.0, 5.0, 4.0],
        "weight": [1, 2, 3, 4, 5, 6],
    }


def flow(table, top, **options):
    defaults = {"target_size": (12, 10), "batch_size": 4, "shuffle": False}
    return ImageDataGenerator(validation_split=0.5).flow_from_dataframe(table, top, **{**defaults, **options})


def test_text_labels_become_one_hot_rows(table, top, capsys):
    it = flow(table, str(top))
    assert capsys.readouterr().out == "Found 6 validated image filenames belonging to 2 classes.\n"
    assert it.class_indices == {"a": 0, "b": 1}
    assert it.filenames == table["filename"]
    x, y = it[0]
    assert x.shape == (4, 12, 10, 3)
    np.testing.assert_array_equal(y, [[0, 1], [1, 0], [0, 1], [1, 0]])
    assert y.dtype == np.float32


@pytest.mark.parametrize("mode", ["binary", "sparse"])
def test_text_labels_become_class_numbers(table, top, mode):
    np.testing.assert_array_equal(flow(table, top, class_mode=mode)[0][1], np.array([1, 0, 1, 0], np.float32))


def test_several_labels_become_several_ones(table, top):
    y = flow(table, top, y_col="tags", batch_size=6)[0][1]
    np.testing.assert_array_equal(y, [[1, 0, 0], [1, 0, 1], [0, 0, 0], [0, 0, 1], [0, 1, 0], [1, 1, 1]])


def test_raw_and_multi_output_pass_numbers_on(table, top):
    np.testing.assert_array_equal(flow(table, top, class_mode="raw", y_col="age")[0][1], [3.5, 1, 2, 0])
    both = flow(table, top, class_mode="raw", y_col=["age", "weight"])
    np.testing.assert_array_equal(both[1][1], [[5, 5], [4, 6]])
    ages, weights = flow(table, top, class_mode="multi_output", y_col=["age", "weight"])[1][1]
    np.testing.assert_array_equal(ages, [5, 4])
    np.testing.assert_array_equal(weights, [5, 6])


def test_class_mode_none_needs_no_labels(table, top, capsys):
    it = flow({"filename": table["filename"]}, top, class_mode=None, y_col=None)
    assert it[0].shape == (4, 12, 10, 3)
    assert capsys.readouterr().out == "Found 6 validated image filenames.\n"


def test_weights_come_along_and_vanish_with_a_skipped_photo(table, top):
    (top / "all001.png").write_bytes(b"x")
    it = flow(table, top, weight_col="weight", on_error="skip", max_skipped=0.5)
    np.testing.assert_array_equal(it[0][2], [1, 0, 3, 4])


def test_rows_without_a_file_are_dropped_with_a_warning(table, top):
    table["filename"][2:4] = ["missing.png", "notes.txt"]
    with pytest.warns(UserWarning, match="2 of 6 names in column 'filename' are no files with photos"):
        it = flow(table, top)
    assert it.samples == 4
    np.testing.assert_array_equal(np.argmax(it[0][1], 1), [1, 0, 1, 0])


def test_classes_select_rows(table, top):
    it = flow(table, top, classes=["b"], class_mode="sparse")
    assert it.filenames == ["all003.png", "all002.png", "all005.png"]
    tagged = flow(table, top, y_col="tags", classes=["c", "a"], batch_size=6)
    np.testing.assert_array_equal(tagged[0][1], [[0, 1], [1, 1], [1, 0], [1, 1]])


def test_subsets_are_the_first_share_and_the_rest(table, top):
    assert flow(table, top, subset="validation").filenames == table["filename"][:3]
    assert flow(table, top, subset="training").filenames == table["filename"][3:]


def test_absolute_names_need_no_folder(table, top):
    table["filename"] = [str(top / name) for name in table["filename"]]
    assert flow(table, None).samples == 6


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"y_col": "age"}, TypeError, r'needs text in column \'age\'; class_mode="raw" takes numbers. Received: 3.5'),
        ({"y_col": "tags", "class_mode": "binary"}, TypeError, r"needs text in column 'tags'"),
        ({"x_col": "age"}, TypeError, "all values in column 'age' must be text"),
        ({"weight_col": "class"}, TypeError, "column 'class' must hold numbers"),
        ({"class_mode": "multi_output", "y_col": "age"}, TypeError, "needs a list of columns"),
        ({"class_mode": "binary", "classes": ["a"]}, ValueError, "needs 2 classes. Received: 1"),
        ({"class_mode": "one"}, ValueError, "class_mode must be one of"),
        ({"classes": ["z"]}, ValueError, "no row is left"),
    ],
)
def test_wrong_columns_are_explained(table, top, options, error, message):
    with pytest.raises(error, match=message):
        flow(table, top, **options)
