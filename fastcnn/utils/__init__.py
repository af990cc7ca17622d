"""Small tools that scripts use around a model; each is imported when first used."""

from importlib import import_module

_NAMES = {
    "CustomObjectScope": "custom_objects",
    "Progbar": "utils.progbar",
    "PyDataset": "utils.dataset",
    "Sequence": "utils.dataset",
    "array_to_img": "preprocessing.image",
    "custom_object_scope": "custom_objects",
    "get_custom_objects": "custom_objects",
    "get_file": "utils.files",
    "get_registered_name": "custom_objects",
    "get_registered_object": "custom_objects",
    "image_dataset_from_directory": "utils.image_dataset",
    "img_to_array": "preprocessing.image",
    "load_img": "preprocessing.image",
    "normalize": "utils.arrays",
    "pad_sequences": "utils.sequences",
    "plot_model": "utils.model_picture",
    "register_keras_serializable": "custom_objects",
    "save_img": "preprocessing.image",
    "set_random_seed": "utils.seeding",
    "split_dataset": "utils.splitting",
    "to_categorical": "utils.arrays",
}

__all__ = list(_NAMES)


def __getattr__(name: str) -> object:
    if name in _NAMES:
        return getattr(import_module(f"fastcnn.{_NAMES[name]}"), name)
    from fastcnn.compat.names import older_names

    return older_names("utils")(name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
