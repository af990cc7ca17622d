"""The modules that scripts import from Keras and TensorFlow, and where their names are found in fastcnn."""

from functools import cache
from importlib.util import find_spec

# Module below keras -> modules of fastcnn in which its names are looked for, "" being fastcnn itself. The modules of
# fastcnn that have Keras's names stand for themselves.
_LAYERS = ("layers",)
_UTILS = ("utils",)
_PHOTOS = ("preprocessing.image", "utils")
KERAS: dict[str, tuple[str, ...]] = {
    "": ("",),
    **{
        name: (name,)
        for name in (
            *("activations", "backend", "callbacks", "constraints", "datasets", "initializers", "layers"),
            *("losses", "metrics", "models", "ops", "optimizers", "preprocessing", "regularizers", "utils"),
            *("datasets.mnist", "datasets.fashion_mnist", "datasets.cifar10", "datasets.cifar100"),
            *("optimizers.schedules", "applications"),
        )
    },
    "config": ("backend",),
    "random": ("compat.randomness",),
    "saving": ("saving", "custom_objects"),
    # layers, by the files that they were in
    **{
        f"layers.{name}": _LAYERS
        for name in (
            *("core", "convolutional", "pooling", "normalization", "noise", "advanced_activations", "local", "merge"),
            *("embeddings", "wrappers", "recurrent", "convolutional_recurrent", "merging", "reshaping", "activation"),
            *("attention", "regularization", "preprocessing", "experimental", "experimental.preprocessing"),
        )
    },
    "layers.normalization.batch_normalization": _LAYERS,
    "layers.preprocessing.image_preprocessing": _LAYERS,
    "engine": ("layers", "models"),
    "engine.topology": ("layers", "models"),
    "engine.base_layer": _LAYERS,
    "engine.input_layer": _LAYERS,
    "engine.training": ("models",),
    "engine.sequential": ("models",),
    "engine.functional": ("models",),
    "engine.network": ("models",),
    "legacy": ("layers",),
    "legacy.layers": ("layers",),
    "legacy.interfaces": ("compat.calls",),
    "legacy.models": ("models",),
    "legacy.preprocessing": ("preprocessing",),
    "legacy.preprocessing.image": _PHOTOS,
    # modules that changed their names
    "objectives": ("losses",),
    "initializations": ("initializers",),
    "backend.tensorflow_backend": ("backend",),
    "backend.common": ("backend",),
    "callbacks.callbacks": ("callbacks",),
    "optimizers.legacy": ("optimizers",),
    "optimizers.experimental": ("optimizers",),
    "optimizer_v1": ("optimizers",),
    "optimizer_v2": ("optimizers",),
    "optimizers.learning_rate_schedule": ("optimizers.schedules",),
    **{f"optimizer_v2.{name}": ("optimizers",) for name in ("adam", "rmsprop", "adadelta", "gradient_descent")},
    "optimizer_v2.learning_rate_schedule": ("optimizers.schedules",),
    # photos and other data
    "preprocessing.image": _PHOTOS,
    "preprocessing.sequence": _UTILS,
    # utils, by the files that they were in
    **{
        f"utils.{name}": _UTILS
        for name in (
            *("np_utils", "vis_utils", "visualize_util", "generic_utils", "io_utils", "data_utils", "layer_utils"),
            *("training_utils", "multi_gpu_utils", "test_utils", "image_utils", "dataset_utils", "all_utils"),
            *("image_dataset", "image_dataset_utils", "model_visualization", "sequence_utils", "numerical_utils"),
        )
    },
    "utils.losses_utils": ("losses",),
    "saving.hdf5_format": ("saving",),
    "saving.save": ("models",),
    "wrappers": ("compat.scikit_learn",),
    "wrappers.scikit_learn": ("compat.scikit_learn",),
}
_STILL_THERE = (
    "config",
    "random",
    "saving",
    "preprocessing.image",
    "preprocessing.sequence",
    "optimizers.schedules",
    "wrappers",
)
# Modules that Keras 3 does not have: scripts that import them are older.
GONE = frozenset(
    path
    for path, modules in KERAS.items()
    if path and modules != (path,) and path not in _STILL_THERE and "experimental" not in path and "legacy." not in path
)
# What else scripts call Keras, and where below it they come out.
ROOTS: dict[str, str] = {
    "keras": "",
    "tensorflow.keras": "",
    "tensorflow.python.keras": "",
    "tensorflow.contrib.keras": "",
    "tensorflow.compat.v1.keras": "",
    "tensorflow.compat.v2.keras": "",
    "tf_keras": "",
    "keras_preprocessing": "preprocessing",
}
# Modules below keras that are not here -> why.
REFUSED: dict[str, str] = {
    "datasets.imdb": "fastcnn is for images: data sets of words are absent",
    "datasets.reuters": "fastcnn is for images: data sets of words are absent",
    "datasets.boston_housing": "fastcnn is for images: data sets of numbers are absent",
    "datasets.california_housing": "fastcnn is for images: data sets of numbers are absent",
    "mixed_precision": "fastcnn computes in float32: leave mixed precision out",
    "estimator": "estimators are absent since TensorFlow 2.16: use model.fit",
    "applications": "trained networks are absent: build the layers, and read weights with load_weights",
    "preprocessing.text": "fastcnn is for images: tools for words are absent",
}


def below_keras(module: str) -> str | None:
    """The path below Keras of a module under any of its roots: "layers.core" for tensorflow.keras.layers.core."""
    for root in sorted(ROOTS, key=len, reverse=True):
        if module == root or module.startswith(f"{root}."):
            return ".".join(filter(None, (ROOTS[root], module[len(root) + 1 :])))
    return None


@cache
def sources(path: str) -> tuple[str, ...]:
    """Modules of fastcnn that a module below Keras stands for; none when there is no such module."""
    return tuple(source for source in KERAS.get(path, ()) if not source or _is_there(f"fastcnn.{source}"))


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # its package is not there either
        return False


def children(path: str) -> list[str]:
    """Names of the modules directly below a path below Keras."""
    prefix = f"{path}." if path else ""
    below = [p for p in KERAS if p.startswith(prefix) and p != path and sources(p)]
    return sorted({p[len(prefix) :].partition(".")[0] for p in below} - {""})
