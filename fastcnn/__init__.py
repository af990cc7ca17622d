"""fastcnn: train and use small image classifiers on an ordinary CPU, fast, with the Keras API.

    import fastcnn as keras

Everything below is imported when first used, so that `import fastcnn` itself takes no time.
"""

from importlib import import_module

__version__ = "0.1.0"

_NAMES = {
    "Sequential": "models",
    "Input": "layers",
    "Layer": "layers",
    "Model": "models",
    "available_backends": "switching",
    "get_backend": "switching",
    "set_backend": "switching",
    "use_backend": "switching",
    "get_num_threads": "kernels.threads",
    "set_num_threads": "kernels.threads",
    "load_model": "models",
    "LegacySpellingWarning": "compat.notes",
    "install_as_keras": "compat.stand_in",
}
_MODULES = (
    "activations",
    "backend",
    "callbacks",
    "config",
    "datasets",
    "constraints",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "plots",
    "preprocessing",
    "regularizers",
    "saving",
    "utils",
)

__all__ = [*_NAMES, *_MODULES]


def __getattr__(name: str) -> object:
    if name in _NAMES:
        return getattr(import_module(f"fastcnn.{_NAMES[name]}"), name)
    if name in _MODULES:
        return import_module(f"fastcnn.{name}")
    raise AttributeError(f"module 'fastcnn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
