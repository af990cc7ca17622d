"""Configurations as earlier versions of Keras stored them in files, in today's spelling."""

from collections.abc import Mapping

from fastcnn.compat import table
from fastcnn.compat.calls import translate_call
from fastcnn.compat.notes import silent

# Class in a file -> the one that does the same today; older names of classes come from the table of spellings.
_CLASSES = {
    "L1L2Regularizer": "L1L2",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
}
# Arguments that files hold and constructors no longer have -> the values with which they mean nothing.
_MEANINGLESS: dict[str, tuple] = {
    "quantization_config": (None,),
    "lora_rank": (None,),
    "lora_alpha": (None,),
    "renorm": (False,),
    "renorm_clipping": (None,),
    "renorm_momentum": (0.99, 0.9),
    "synchronized": (False,),
    "virtual_batch_size": (None,),
    "adjustment": (None,),
    "groups": (1,),
    "sparse": (False, None),
    "ragged": (False, None),
    "optional": (False,),
    "input_tensor": (None,),
    "keepdims": (False,),
    "output_padding": (None,),
    "supports_masking": (True, False),
    "stateful": (False,),
    "amsgrad": (False,),
    "momentum": (0.0,),
    "use_ema": (False,),
    "ema_overwrite_frequency": (None, 100),
    "loss_scale_factor": (None,),
    "gradient_accumulation_steps": (None,),
    "global_clipnorm": (None,),
    "clipnorm": (None,),
    "clipvalue": (None,),
    "weight_decay": (None, 0, 0.0),
    "decay": (0.0, 0),
    "initial_decay": (0.0, 0),
    "ignore_class": (None,),
    "output_shape": (None,),
    "mode": (0,),
    "interpolation": ("nearest",),
    "antialias": (False,),
}
# Arguments that never change what is computed here.
_HINTS = {
    "input_dtype",
    "fused",
    "build_config",
    "implementation",
    "jit_compile",
    "is_legacy_optimizer",
    "ema_momentum",
    "fn",
    "data_type",
    "autocast",
    "batch_size",
    "create_input",
    "shared_object_id",
}
# Arguments of a base class that tf.keras stored for layers which have others in their place.
_OF_A_BASE = {
    "SeparableConv1D": ("kernel_initializer", "kernel_regularizer", "kernel_constraint"),
    "SeparableConv2D": ("kernel_initializer", "kernel_regularizer", "kernel_constraint"),
}
_POLICIES = {"mixed_float16": "float32", "mixed_bfloat16": "float32"}
_REDUCTIONS = {"auto": "sum_over_batch_size"}


def era_of(keras_version: str | None) -> str:
    """Whose numeric defaults (`fastcnn.config.era`) a file means that says so; Keras 1 said nothing."""
    major = (keras_version or "1").partition(".")[0]
    return "keras3" if major.isdigit() and int(major) >= 3 else "keras2"


def present_class(name: str, kind: str) -> str:
    """Today's name of a class of a kind ("layers", "regularizers", ...) in a file of any era."""
    listed = table.NAMES.get(kind, {}) | table.SYNONYMS.get(kind, {})
    return listed.get(name, _CLASSES.get(name, name)).rpartition(".")[2]


def why_absent(name: str, kind: str) -> str | None:
    """Why a class of Keras is not here, and what to use; None if nothing is known of it."""
    return table.REFUSED.get(kind, {}).get(name)


def present_spelling(cls: type, config: dict, parameters: Mapping[str, object]) -> dict:
    """A class's configuration with today's names and values, as its constructor takes it.

    Raises:
        ValueError: for an argument that the class does not have, unless it changes nothing.
    """
    if "dtype" in config:
        config["dtype"] = _dtype(config["dtype"])
        if config["dtype"] is None or "dtype" not in parameters:
            del config["dtype"]
    if config.get("reduction") in _REDUCTIONS:
        config["reduction"] = _REDUCTIONS[config["reduction"]]
    if config.get("input_dim", 0) is None or "batch_input_shape" in config:
        config.pop("input_dim", None)
    if config.get("epsilon", 0) is None:  # Keras 2: the usual one
        del config["epsilon"]
    with silent():
        _, config = translate_call(cls, (), config)
    return {key: value for key, value in config.items() if key in parameters or not _drop(cls, key, value)}


def _drop(cls: type, key: str, value: object) -> bool:
    """Whether an argument that the class does not have may be left out; ValueError if it means something."""
    if (
        key in _HINTS
        or key in _OF_A_BASE.get(cls.__name__, ())
        or any(value is one or value == one for one in _MEANINGLESS.get(key, ()))
    ):
        return True
    if key == "decay":  # of all optimizers, before Keras 3; their type takes it
        return False
    raise ValueError(f"{cls.__name__} has no argument {key[:60]!r}, and the file gives {ascii(value)[:60]}")


def _dtype(value: object) -> object:
    """The type's name, of a policy of any era."""
    import warnings

    if isinstance(value, Mapping):
        inner = value.get("config")
        value = inner.get("name") if isinstance(inner, Mapping) else None
    if value in _POLICIES:
        warnings.warn(f"the file asks for {value}: this computes in float32", stacklevel=2)
    return _POLICIES.get(value, value) if isinstance(value, str) else None


def old_object(config: Mapping, kind: str, reader: object) -> object:
    """A regularizer or constraint as Keras 1 stored it: {"name": "WeightRegularizer", "l1": 0.0, "l2": 0.01}."""
    name = config.get("name")
    if not isinstance(name, str):
        raise ValueError(f"it holds a configuration without class_name: {ascii(dict(config))[:80]}")
    inner = {key: value for key, value in config.items() if key != "name"}
    return reader.object({"class_name": name, "config": inner}, kind)
