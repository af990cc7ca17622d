"""`fastcnn run script.py` runs a script as `python script.py` does, with Keras standing for fastcnn."""

import os
import subprocess
import sys

import pytest

from fastcnn.compat.running import era_of

TRAINING = """
import sys
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
model = Sequential([Dense(1, input_shape=(3,))])
model.compile('sgd', 'mse')
"""


def run(folder, code: str, *arguments: str, options: tuple[str, ...] = (), **environment: str):
    """A process that runs the code as script.py, from another folder than the script's."""
    (folder / "scripts").mkdir(exist_ok=True)
    (folder / "scripts" / "script.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "fastcnn", "run", *options, "scripts/script.py", *arguments]
    return subprocess.run(
        command, cwd=folder, env=os.environ | environment, capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_a_script_sees_what_python_would_show_it(tmp_path):
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "beside.py").write_text("word = 'found'", encoding="utf-8")
    code = """
import sys, os, beside, __main__
class Mine: pass
print(sys.argv, __name__, __spec__, __package__)
same = os.path.samefile
print(same(__file__, 'scripts/script.py'), os.path.isabs(__file__), same(sys.path[0], 'scripts'))
print(beside.word, __main__.Mine is Mine)
"""
    done = run(tmp_path, code, "--epochs", "3", "-v")
    assert done.stdout.splitlines() == [
        "['scripts/script.py', '--epochs', '3', '-v'] __main__ None None",
        "True True True",
        "found True",
    ]
    plain = subprocess.run(
        [sys.executable, "scripts/script.py", "--epochs", "3", "-v"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert plain.stdout == done.stdout
    assert done.stderr == ""
    assert sorted(p.name for p in (tmp_path / "scripts").iterdir() if p.suffix) == ["beside.py", "script.py"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [("import sys; sys.exit(7)", 7), ("raise SystemExit", 0), ("pass", 0), ("1 / 0", 1), ("a b", 1)],
)
def test_the_exit_code_is_the_scripts(tmp_path, code, expected):
    assert run(tmp_path, code).returncode == expected


def test_an_error_shows_the_users_own_lines(tmp_path):
    code = TRAINING + "def train():\n    model.fit(np.zeros((4, 2)), np.zeros(4))\ntrain()\n"
    done = run(tmp_path, code)
    lines = done.stderr.splitlines()
    assert (done.returncode, lines[0]) == (1, "Traceback (most recent call last):")
    assert [line.split(", ")[1] for line in lines if line.startswith("  File")] == ["line 10", "line 9"]
    assert "ValueError: the model expects inputs of shape ('batch', 3). Received: ('batch', 2)" in done.stderr
    assert "fastcnn/training" not in done.stderr
    whole = run(tmp_path, code, options=("--traceback",))
    assert "trainer.py" in whole.stderr


def test_errors_from_errors_show_the_users_own_lines_too(tmp_path):
    code = TRAINING + "try:\n    Dense(0)\nexcept ValueError as error:\n    raise RuntimeError('mine') from error\n"
    done = run(tmp_path, code)
    assert [line.split(", ")[1] for line in done.stderr.splitlines() if line.startswith("  File")] == [
        "line 9",
        "line 11",
    ]
    assert "direct cause" in done.stderr


def test_errors_that_led_to_it_inside_fastcnn_are_left_out(tmp_path):
    done = run(tmp_path, TRAINING + "from keras.layers import Conv2D\nSequential([Conv2D(2, 3, input_shape=(4,))])\n")
    assert done.stderr.count("Error: ") == 1
    assert "conv2d" in done.stderr.splitlines()[-2]


def test_a_missing_part_is_named_at_the_users_line(tmp_path):
    done = run(tmp_path, "from keras.models import Sequential\nfrom keras.layers import LSTM\n")
    assert "line 2" in done.stderr
    assert "ImportError: layers.LSTM: fastcnn is for images: recurrent layers are absent" in done.stderr


def test_a_missing_script_is_one_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "fastcnn", "run", "nothing.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "fastcnn: error: there is no script nothing.py\n")


def test_a_trial_is_cut_short_and_says_so(tmp_path):
    code = TRAINING + (
        "x, y = np.zeros((100, 3)), np.zeros(100)\n"
        "history = model.fit(x, y, epochs=5, batch_size=10, validation_data=(x, y), verbose=0)\n"
        "print(len(history.epoch), int(model.optimizer.iterations), model.predict(x, verbose=0).shape)\n"
    )
    done = run(tmp_path, code, FASTCNN_MAX_EPOCHS="2", FASTCNN_MAX_STEPS="3")
    assert done.stdout.splitlines() == [
        "FASTCNN_MAX_EPOCHS=2: 2 of 5 epochs",
        "FASTCNN_MAX_STEPS=3: 3 of 10 steps with x",
        "FASTCNN_MAX_STEPS=3: 3 of 10 steps with validation_data",
        "2 6 (100, 1)",
    ]
    assert run(tmp_path, code).stdout.splitlines()[-1] == "5 50 (100, 1)"
    refused = run(tmp_path, code, FASTCNN_MAX_STEPS="few")
    assert "FASTCNN_MAX_STEPS must be a positive whole number. Received: 'few'" in refused.stderr


SCRIPTS = [
    ("from keras.models import Sequential\nmodel.fit(x, y, nb_epoch=3)", "keras2"),
    ("import keras\nkeras.layers.Convolution2D(3, 3, 3, border_mode='same')", "keras2"),
    ("from __future__ import print_function\nimport keras", "keras2"),
    ("from keras.utils import np_utils", "keras2"),
    ("from keras.layers.core import Dense", "keras2"),
    ("from keras.models import Sequential\nmodel.fit_generator(g, steps_per_epoch=3)", "keras2"),
    ("from keras.optimizers import SGD\nSGD(lr=0.1)", "keras2"),
    ("from keras.backend.tensorflow_backend import set_session\nimport tensorflow as tf", "keras2"),
    ("import keras\nfrom keras import layers\nlayers.Conv2D(32, 3, activation='relu')", "keras3"),
    ("from keras.preprocessing.image import ImageDataGenerator", "keras3"),
    ("from tensorflow.keras.models import Sequential\nmodel.fit_generator(g)", "keras3"),
    ("import tensorflow as tf\nimport keras\ntf.keras.optimizers.SGD(lr=0.1)", "keras3"),
    ("import matplotlib\nmodel.fit_generator(g)", "keras3"),
    ("print 'Python 2'", "keras3"),
]


@pytest.mark.parametrize(("code", "era"), SCRIPTS, ids=range(len(SCRIPTS)))
def test_the_era_is_found_out_from_the_scripts_words(code, era):
    assert era_of(code.encode()) == era


@pytest.mark.covers("trap.5")
def test_the_era_holds_while_the_script_runs(tmp_path):
    code = (
        "import keras\nfrom keras.utils import np_utils\nimport fastcnn\nprint(keras.__version__, fastcnn.config.era)\n"
    )
    done = run(tmp_path, code)
    assert done.stdout.splitlines() == [
        "fastcnn: script.py is written for Keras 1 or 2, whose numeric defaults hold (or give --era keras3)",
        "2.3.1 keras2",
    ]
    assert run(tmp_path, code, options=("--era", "keras3")).stdout == "3.15.1 keras3\n"


def test_images_of_theano_are_known_by_their_shape(tmp_path):
    code = """
import numpy as np
from keras import backend as K
from keras.layers import Convolution2D, Flatten, Dense
from keras.models import Sequential
model = Sequential()
model.add(Convolution2D(4, 3, 3, border_mode='valid', input_shape=(1, 28, 20)))
model.add(Flatten())
print(K.image_data_format(), model.layers[0].output_shape)
"""
    done = run(tmp_path, code)
    assert done.stdout.splitlines()[-1] == "channels_first (None, 4, 26, 18)"
    assert "input_shape=(1, 28, 20), channels before rows: understood" in done.stderr
    newer = run(tmp_path, code, options=("--era", "keras3"))
    assert "a window of 3x3 pixels (dilation (1, 1)) does not fit an image of 1x28 pixels" in newer.stderr


@pytest.mark.covers("trap.4")
@pytest.mark.parametrize(
    ("read", "key"),
    [("H['acc'], H['val_acc']", "acc"), ("H['accuracy']", "accuracy"), ("H['loss']", "acc"), ("H['acc' + '']", "acc")],
)
def test_logs_have_the_key_that_the_script_reads_out_of_its_own_copy(tmp_path, read, key):
    code = f"""
import numpy as np
from keras.callbacks import Callback
from keras.layers.core import Dense
from keras.models import Sequential
class Monitor(Callback):
    def on_epoch_end(self, epoch, logs={{}}):
        H = dict(logs.items())
        print(sorted(H), {read.replace("'acc' + ''", "'ac' + 'c'")})
model = Sequential([Dense(2, activation='softmax', input_shape=(3,))])
model.compile('sgd', 'categorical_crossentropy', metrics=['accuracy'])
x, y = np.zeros((4, 3)), np.eye(2)[[0, 1, 0, 1]]
model.fit(x, y, validation_data=(x, y), verbose=0, callbacks=[Monitor()])
"""
    done = run(tmp_path, code)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1].startswith(f"['{key}', 'loss', 'val_{key}', 'val_loss']")


def test_layers_of_keras_2_are_counted_from_1(tmp_path):
    code = "from keras.layers.core import Dense\nprint(Dense(1).name, Dense(1).name)\n"
    assert run(tmp_path, code).stdout.splitlines()[-1] == "dense_1 dense_2"
    assert run(tmp_path, code, options=("--era", "keras3")).stdout == "dense dense_1\n"
