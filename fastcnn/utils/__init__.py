"""Small tools that scripts use around a model; each is imported when first used."""

from importlib import import_module

_NAMES = {
    "Progbar": "utils.progbar",
    "PyDataset": "utils.dataset",
    "Sequence": "utils.dataset",
    "array_to_img": "preprocessing.image",
    "image_dataset_from_directory": "utils.image_dataset",
    "img_to_array": "preprocessing.image",
    "load_img": "preprocessing.image",
    "normalize": "utils.arrays",
    "plot_model": "utils.model_picture",
    "save_img": "preprocessing.image",
    "set_random_seed": "utils.seeding",
    "to_categorical": "utils.arrays",
}

__all__ = list(_NAMES)


def __getattr__(name: str) -> object:
    if name in _NAMES:
        return getattr(import_module(f"fastcnn.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'fastcnn.utils' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
