"""Twelve networks through files, from Keras to fastcnn and back; run by hand, with a Python that has Keras:

    python tests/keras_oracle/round_trips.py --keras PYTHON [--keep FOLDER]

Keras makes each network, trains it for two steps and saves it in every format; fastcnn loads each file, compares what
it predicts and what the next training step gives, and saves what it has; Keras loads these files and compares in turn.
Ends with a count, and with status 1 where anything differs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from networks import NETWORKS

WHOLE, WEIGHTS = (".keras", ".h5"), (".weights.h5", "_weights.h5")
TOLERANCE = 1e-5
RANDOM = ("normalised", "augmented")  # dropout and the like: no next step to compare


def data(model: object) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and labels that fit a model."""
    rng = np.random.default_rng(7)
    x = rng.random((6, *model.input_shape[1:]), dtype=np.float32)
    units = model.output_shape[-1]
    if str(getattr(model.loss, "name", model.loss)).startswith("sparse"):
        return x, rng.integers(0, units, 6)
    return x, np.eye(units, dtype=np.float32)[rng.integers(0, units, 6)] if units > 1 else rng.integers(0, 2, (6, 1))


def keras_module() -> object:
    """Keras on one thread."""
    os.environ |= {
        "OMP_NUM_THREADS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
        "KERAS_BACKEND": "tensorflow",
    }
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    return keras


def write(folder: Path) -> None:
    """Keras's part: files of all networks, and what they predict."""
    keras = keras_module()
    for name, make in NETWORKS.items():
        keras.utils.set_random_seed(3)
        model = make(keras)
        x, y = data(model)
        for _ in range(2):
            model.train_on_batch(x, y)
        for ending in WHOLE:
            model.save(folder / f"{name}{ending}")
        model.save_weights(folder / f"{name}.weights.h5")
        import h5py
        from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

        with h5py.File(folder / f"{name}_weights.h5", "w") as file:
            save_weights_to_hdf5_group(file, model)
        (folder / f"{name}.json").write_text(model.to_json())
        outputs = {"x": x, "y": y, "predicted": model.predict(x, verbose=0)}
        model.train_on_batch(x, y)
        np.savez(folder / f"{name}.npz", **outputs, later=model.predict(x, verbose=0))


def check(found: np.ndarray, expected: np.ndarray, what: str) -> None:
    """Raises AssertionError beyond the tolerance."""
    error = float(np.max(np.abs(found - expected)) / max(float(np.max(np.abs(expected))), 1e-3))
    assert error < TOLERANCE, f"{what}: off by {error:.1e}"


def same_after_a_step(model: object, stored: dict, name: str, what: str) -> None:
    """The next training step gives what it gave in Keras, so the optimizer's state is the same."""
    if name not in RANDOM:
        model.train_on_batch(stored["x"], stored["y"])
        check(model.predict(stored["x"], verbose=0), stored["later"], f"{what}, a step later")


def read(folder: Path) -> list[str]:
    """fastcnn's part: reads Keras's files, compares, writes its own."""
    import fastcnn
    from fastcnn.compat.notes import LegacySpellingWarning

    failed = []
    for name, make in NETWORKS.items():
        stored = dict(np.load(folder / f"{name}.npz"))
        for ending in (*WHOLE, *WEIGHTS, ".json"):
            what = f"{name}{ending} read by fastcnn"
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("error")
                    warnings.simplefilter("ignore", LegacySpellingWarning)
                    model = read_one(fastcnn, folder / f"{name}{ending}", make, folder / f"{name}.weights.h5")
                check(model.predict(stored["x"], verbose=0), stored["predicted"], what)
                if ending == ".keras":
                    for own in WHOLE:
                        model.save(folder / f"ours_{name}{own}")
                    model.save_weights(folder / f"ours_{name}.weights.h5")
                    model.save_weights(folder / f"ours_{name}_weights.h5")
                    (folder / f"ours_{name}.json").write_text(model.to_json())
                    model.save(folder / f"{name}.fcnn")
                    model = fastcnn.load_model(folder / f"{name}.fcnn")
                if ending in WHOLE:
                    same_after_a_step(model, stored, name, what)
            except Exception as error:
                failed.append(f"{what}: {type(error).__name__}: {error}")
                if os.environ.get("TRACE"):
                    traceback.print_exc()
    return failed


def read_one(k: object, file: Path, make: object, weights: Path, **more: object) -> object:
    """The model of one file; weights go into the network as its source makes it."""
    if file.suffix == ".json":
        model = k.models.model_from_json(file.read_text())
        model.load_weights(weights)
    elif file.name.endswith(WEIGHTS):
        model = make(k)
        model.load_weights(file)
    else:
        model = k.models.load_model(file, **more)
    return model


def read_back(folder: Path) -> None:
    """Keras's second part: reads fastcnn's files and compares."""
    keras = keras_module()
    failed = []
    for name, make in NETWORKS.items():
        stored = dict(np.load(folder / f"{name}.npz"))
        for ending in (*WHOLE, *WEIGHTS, ".json"):
            what = f"ours_{name}{ending} read by Keras"
            try:
                more = (
                    {} if ending != ".h5" else {"compile": False}
                )  # Keras 3.15 cannot train on from its own .h5 files
                model = read_one(
                    keras, folder / f"ours_{name}{ending}", make, folder / f"ours_{name}.weights.h5", **more
                )
                check(model.predict(stored["x"], verbose=0), stored["predicted"], what)
                if ending == ".keras":
                    same_after_a_step(model, stored, name, what)
            except Exception as error:
                failed.append(f"{what}: {type(error).__name__}: {str(error)[:600]}")
    (folder / "failed.json").write_text(json.dumps(failed))


def main() -> int:
    """Runs the three parts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--keras", help="a Python that has Keras 3 and TensorFlow")
    parser.add_argument("--keep", type=Path, help="folder for the files; they are removed otherwise")
    parser.add_argument("--part", choices=("write", "read_back"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        {"write": write, "read_back": read_back}[options.part](options.keep)
        return 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(exist_ok=True)
        command = [options.keras, __file__, "--keep", str(folder), "--part"]
        subprocess.run([*command, "write"], check=True)
        failed = read(folder)
        subprocess.run([*command, "read_back"], check=True)
        failed += json.loads((folder / "failed.json").read_text())
    print("\n".join(failed))
    count = len(NETWORKS) * (len(WHOLE) + len(WEIGHTS) + 1) * 2
    print(f"{count - len(failed)} of {count} files of {len(NETWORKS)} networks give the same, both ways")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
