"""`import keras` and `import tensorflow`, in every way that scripts have written it, give fastcnn."""

import importlib
import sys
import types

import numpy as np
import pytest

import fastcnn
from fastcnn import config, datasets, layers, models, optimizers, utils
from fastcnn.compat import paths, scikit_learn, stand_in, tensorflow
from fastcnn.preprocessing.image import ImageDataGenerator

TOPS = ("keras", "tf_keras", "keras_preprocessing", "tensorflow")


@pytest.fixture(autouse=True)
def installed(monkeypatch):
    """Keras stands for fastcnn during a test, and for nothing afterwards."""
    before = {name: module for name, module in sys.modules.items() if name.partition(".")[0] in TOPS}
    for name in before:
        del sys.modules[name]
    monkeypatch.setattr(sys, "meta_path", [f for f in sys.meta_path if not isinstance(f, stand_in._Finder)])
    fastcnn.install_as_keras()
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] in TOPS]:
        del sys.modules[name]
    sys.modules.update(before)


def imported(line: str) -> dict[str, object]:
    """What an import line binds."""
    names: dict[str, object] = {}
    exec(line, names)
    return {name: value for name, value in names.items() if not name.startswith("__")}


def absent(line: str, message: str, row: str):
    """A line that imports what is absent, which is a row of the compatibility table."""
    return pytest.param(line, message, marks=pytest.mark.covers(row))


LINES = [
    ("from keras.models import Sequential", models.Sequential),
    ("from keras.layers.core import Dense", layers.Dense),
    ("from keras.layers.core import Activation", layers.Activation),
    ("from keras.layers.convolutional import Convolution2D", layers.Conv2D),
    ("from keras.layers.convolutional import MaxPooling2D", layers.MaxPooling2D),
    ("from keras.layers.normalization import BatchNormalization", layers.BatchNormalization),
    ("from keras.layers.advanced_activations import LeakyReLU", layers.LeakyReLU),
    ("from keras.layers.pooling import MaxPooling2D", layers.MaxPooling2D),
    ("from keras.engine.topology import Layer", layers.Layer),
    ("from keras.engine.training import Model", models.Model),
    ("from keras.engine import Layer", layers.Layer),
    ("from keras.legacy.layers import Dense", layers.Dense),
    ("from keras.layers.experimental.preprocessing import Rescaling", layers.Rescaling),
    ("from keras import Sequential", models.Sequential),
    ("from keras.utils.np_utils import to_categorical", utils.to_categorical),
    ("from keras.utils.generic_utils import Progbar", utils.Progbar),
    ("from keras.optimizers import adam", optimizers.Adam),
    ("from keras.optimizers.legacy import Adam", optimizers.Adam),
    ("from keras.preprocessing.image import ImageDataGenerator", ImageDataGenerator),
    ("from keras_preprocessing.image import ImageDataGenerator", ImageDataGenerator),
    ("from tensorflow.keras.preprocessing.image import ImageDataGenerator", ImageDataGenerator),
    ("from tensorflow.keras.layers import Conv2D", layers.Conv2D),
    ("from tensorflow.python.keras.layers import Conv2D", layers.Conv2D),
    ("from tensorflow.compat.v1.keras.layers import Conv2D", layers.Conv2D),
    ("from tensorflow.keras.optimizers.schedules import ExponentialDecay", optimizers.schedules.ExponentialDecay),
    ("from keras.layers import merge", layers.merge),
    ("from keras.layers.merge import add", layers.add),
    ("from keras.saving import load_model", models.load_model),
    ("from keras.saving import register_keras_serializable", utils.register_keras_serializable),
    ("from keras.preprocessing import image_dataset_from_directory", utils.image_dataset_from_directory),
    ("from keras.preprocessing.sequence import pad_sequences", utils.pad_sequences),
    ("from keras.regularizers import l2", fastcnn.regularizers.L2),
    ("from keras.regularizers import l1l2", fastcnn.regularizers.l1_l2),
    ("from keras.metrics import mse", fastcnn.metrics.mean_squared_error),
    ("from keras.constraints import maxnorm", fastcnn.constraints.MaxNorm),
    ("from keras.backend.tensorflow_backend import set_session", fastcnn.backend.set_session),
    ("from keras.wrappers.scikit_learn import KerasClassifier", scikit_learn.KerasClassifier),
    ("from keras.datasets.mnist import load_data", datasets.mnist.load_data),
    ("from keras.objectives import get", fastcnn.losses.get),
    ("from keras.initializations import get", fastcnn.initializers.get),
    ("from keras.layers.local import LocallyConnected2D", layers.LocallyConnected2D),
    ("from keras.layers.noise import GaussianNoise", layers.GaussianNoise),
    ("from keras.optimizer_v2 import adam", optimizers.Adam),
    ("from keras.utils.vis_utils import plot_model", utils.plot_model),
    ("from keras.utils.visualize_util import plot", utils.plot_model),
    ("from tensorflow.keras import Sequential", models.Sequential),
    ("from tensorflow.python.keras import Sequential", models.Sequential),
]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(line, found, marks=pytest.mark.covers(f"legacy.paths.{line.split()[1]}"), id=line)
        for line, found in LINES
    ],
)
def test_import_lines(line, expected):
    assert list(imported(line).values()) == [expected]


@pytest.mark.covers("legacy.paths.tensorflow", "legacy.paths.tensorflow.keras", "legacy.names.np_utils")
def test_modules_under_short_names():
    found = imported("import tensorflow as tf\nfrom tensorflow import keras\nimport tensorflow.keras.layers as tfl")
    assert found["tf"].keras.Sequential is found["keras"].Sequential is models.Sequential
    assert found["tfl"].Dense is layers.Dense
    assert found["tf"].keras.layers.experimental.preprocessing.Rescaling is layers.Rescaling
    assert imported("import keras.layers.core as core")["core"].Dense is layers.Dense
    assert imported("import keras\nx = keras.utils.np_utils.to_categorical")["x"] is utils.to_categorical


@pytest.mark.covers("legacy.names.objectives", "legacy.names.initializations")
def test_modules_of_keras_1():
    found = imported("from keras import objectives, initializations")
    assert found["objectives"].categorical_crossentropy is fastcnn.losses.categorical_crossentropy
    assert isinstance(found["initializations"].get("he_normal"), fastcnn.initializers.HeNormal)


def test_star_imports_bring_all_names():
    found = imported("from keras.layers import *")
    assert set(layers.__all__) <= set(found)
    assert not {"LSTM", "ruff"} & set(found)
    assert found["Deconvolution2D"] is layers.Conv2DTranspose


def test_keras_3s_random_numbers_and_configuration():
    keras = imported("import keras")["keras"]
    assert (keras.config.floatx(), keras.config.image_data_format()) == ("float32", "channels_last")
    for draw in (keras.random.normal, keras.random.uniform, keras.random.truncated_normal):
        found = draw((50, 4), seed=3)
        assert (found.shape, found.dtype) == ((50, 4), np.float32)
        np.testing.assert_array_equal(found, draw((50, 4), seed=3))
        assert len(np.unique(found)) > 190
    assert np.abs(keras.random.truncated_normal((1000,))).max() <= 2
    assert set(keras.random.randint((200,), 0, 3)) == {0, 1, 2}
    series = keras.random.SeedGenerator(1)
    assert not np.array_equal(keras.random.normal((3,), seed=series), keras.random.normal((3,), seed=series))
    assert sorted(keras.random.shuffle(np.arange(9), seed=1)) == list(range(9))
    assert series.next() != series.next()


def test_every_path_of_the_table_can_be_imported():
    for path in paths.KERAS:
        for root in ("keras", "tensorflow.keras"):
            if paths.sources(path):
                module = importlib.import_module(f"{root}.{path}" if path else root)
                assert isinstance(module, types.ModuleType)
                assert dir(module) == module.__all__


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("from keras.layers import LSTM", "recurrent layers are absent"),
        absent("from keras.layers import Masking", "layers for words and sequences are absent", "layers.Masking"),
        absent("from keras.layers import Highway", "write it with Dense", "legacy.names.Highway"),
        absent("from keras.layers import MaxoutDense", "use Dense and layers.Maximum", "legacy.names.MaxoutDense"),
        absent("from keras.models import model_from_yaml", "use to_json", "legacy.names.model_from_yaml"),
        absent("from keras.layers import SReLU", "use PReLU or LeakyReLU", "legacy.names.SReLU"),
        absent("from keras.layers import ParametricSoftplus", "'softplus'", "legacy.names.ParametricSoftplus"),
        absent("from keras.layers import TimeDistributedDense", "are absent", "legacy.names.TimeDistributedDense"),
        absent("from keras.optimizers import Muon", "use AdamW", "optimizers.Muon"),
        absent("from keras.optimizers import ScheduleFreeAdamW", "CosineDecay", "optimizers.ScheduleFreeAdamW"),
        absent("from keras.datasets import california_housing", "of numbers", "datasets.california_housing"),
        absent("from keras.datasets import imdb", "data sets of words are absent", "datasets.imdb"),
        absent("from keras.datasets.reuters import load_data", "data sets of words are absent", "datasets.reuters"),
        absent("import keras.datasets.boston_housing", "of numbers are absent", "datasets.boston_housing"),
        ("from keras.layers.recurrent import GRU", "recurrent layers are absent"),
        ("from keras.layers import Conv2d", r"fastcnn has no keras.layers.Conv2d; did you mean Conv2D\?"),
        ("import keras.layer", "fastcnn has no keras.layer; did you mean .*layers"),
        ("from keras.preprocessing.text import Tokenizer", "keras.preprocessing.text: .* tools for words are absent"),
        ("from keras.applications import VGG16", "trained networks are absent: build the layers"),
        ("from keras.applications.vgg16 import VGG16", "trained networks are absent: build the layers"),
        ("from keras.layers import Merge", "use Add, Concatenate or their like"),
        ("import tensorflow.lite", r"tensorflow.lite: use model.export"),
        ("from tensorflow import estimator", "estimators are absent"),
    ],
)
def test_what_is_absent_is_said_in_an_import(line, message):
    with pytest.raises(ImportError, match=message):
        imported(line)


def test_what_is_absent_is_said_of_an_attribute():
    keras, tf = imported("import keras")["keras"], imported("import tensorflow as tf")["tf"]
    with pytest.raises(AttributeError, match=r"fastcnn has no keras\.layers\.Foo"):
        _ = keras.layers.Foo
    with pytest.raises(AttributeError, match="fastcnn finds gradients by itself"):
        _ = tf.GradientTape
    assert not hasattr(keras.layers, "Foo")
    assert not hasattr(tf, "foo")
    assert not hasattr(keras, "__wrapped__")


def test_other_modules_are_found_as_before():
    assert imported("import xml.dom")["xml"].dom
    with pytest.raises(ModuleNotFoundError, match="tensorflow_hub"):
        imported("import tensorflow_hub")


def test_the_era_says_which_keras_it_is(monkeypatch):
    monkeypatch.delitem(vars(config), "era", raising=False)
    keras = imported("import keras")["keras"]
    assert keras.__version__.startswith("3.")
    fastcnn.install_as_keras(era="keras2")
    assert (config.era, keras.__version__) == ("keras2", "2.3.1")
    config.era = "keras3"


def test_another_keras_that_is_loaded_is_not_replaced(monkeypatch):
    other = types.ModuleType("keras")
    other.__spec__ = importlib.machinery.ModuleSpec("keras", None)
    other.__file__ = "elsewhere/keras.py"
    monkeypatch.setitem(sys.modules, "keras", other)
    with pytest.raises(RuntimeError, match=r"keras has been imported already, from elsewhere/keras.py"):
        fastcnn.install_as_keras()


def test_tensorflows_functions_compute():
    tf = imported("import tensorflow as tf")["tf"]
    x = tf.constant([[1.0, -2.0], [3.0, 4.0]])
    np.testing.assert_allclose(tf.reduce_mean(tf.nn.relu(x)), 2.0)
    for place in (tf.nn, tf.math, tf.linalg):
        np.testing.assert_allclose(place.l2_normalize(np.ones((2, 4)), axis=1), 0.5)
    np.testing.assert_allclose(tf.math.reduce_max(x, axis=1), [1.0, 4.0])
    np.testing.assert_allclose(tf.nn.softmax(tf.zeros((1, 4))), np.full((1, 4), 0.25))
    assert tf.expand_dims(x, 0).shape == (1, 2, 2)
    assert tf.argmax(x, 1).tolist() == [0, 1]
    assert tf.cast(x, tf.int32).dtype == np.int32
    assert tf.concat([x, x], 0).shape == (4, 2)
    assert tf.random.normal((2, 3)).shape == tf.random.uniform((2, 3)).shape == (2, 3)
    tf.random.set_seed(1)
    assert tf.function(len)("ab") == tf.function(autograph=False)(len)("ab") == 2


def test_arrays_of_tensorflows_functions_have_numpy():
    tf = imported("import tensorflow as tf")["tf"]
    found = tf.nn.softmax(np.zeros((2, 4)))
    np.testing.assert_array_equal(found.numpy(), np.full((2, 4), 0.25))
    assert tf.reduce_sum(found)[()].numpy() == 2


def test_the_latest_checkpoint_is_found(tmp_path):
    tf = imported("import tensorflow as tf")["tf"]
    model = models.Sequential([layers.Input((3,)), layers.Dense(2)])
    folder = tmp_path / "training"
    assert tf.train.latest_checkpoint(folder) is None
    for epoch in (9, 10):
        model.save_weights(folder / f"cp-{epoch:04d}.ckpt")
    assert tf.train.latest_checkpoint(folder) == str(folder / "cp-0010.ckpt")
    before = model.get_weights()
    model.set_weights([w * 0 for w in before])
    model.load_weights(tf.train.latest_checkpoint(folder))
    np.testing.assert_array_equal(model.get_weights()[0], before[0])


def test_settings_of_tensorflow_have_no_effect():
    tf = imported("import tensorflow as tf")["tf"]
    assert tf.__version__.startswith("2.")
    assert (tf.config.list_physical_devices("GPU"), tf.test.is_gpu_available(), tf.data.AUTOTUNE) == ([], False, -1)
    assert len(tf.config.experimental.list_physical_devices("CPU")) == 1
    settings = tf.ConfigProto(gpu_options=tf.GPUOptions(per_process_gpu_memory_fraction=0.3))
    settings.gpu_options.allow_growth = True
    with tf.device("/gpu:0"), tf.compat.v1.Session(config=settings) as session, tf.get_default_graph().as_default():
        session.run(tf.global_variables_initializer())
        with pytest.raises(NotImplementedError, match="graphs of TensorFlow 1 cannot be run"):
            session.run(np.ones(3))
    with tf.distribute.MirroredStrategy().scope():
        tf.get_logger().setLevel("ERROR")
        tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)


def test_every_name_of_tensorflow_is_there():
    missing = []
    for name, target in tensorflow.NAMES.items():
        try:
            tensorflow._find(name)
        except (AttributeError, ImportError):
            missing.append(f"{name}: {target}")
    assert missing == []
