"""The names outside tf.keras that Keras scripts touch: array functions of fastcnn.ops, and settings without effect."""

import contextlib
import logging
from collections.abc import Callable
from functools import cache, wraps
from importlib import import_module
from types import SimpleNamespace

import numpy as np

from fastcnn.arrays import Array


class Settings:
    """ConfigProto, GPUOptions and the like: takes any argument and attribute, and has no effect."""

    def __init__(self, *args: object, **options: object):
        vars(self).update(options)

    def __getattr__(self, name: str) -> "Settings":
        if name.startswith("__"):
            raise AttributeError(name)
        value = Settings()
        setattr(self, name, value)
        return value

    def __call__(self, *args: object, **options: object) -> "Settings":
        return self


class Session(Settings):
    """A session of TensorFlow 1 beside a Keras model: there is nothing to initialise and nothing to run.

    Raises:
        NotImplementedError: when it is told to run anything but an initializer.
    """

    def run(self, fetches: object = None, *args: object, **options: object) -> None:
        """Nothing, for initializers."""
        if not isinstance(fetches, (Settings, type(None))):
            raise NotImplementedError("graphs of TensorFlow 1 cannot be run here: use model.predict or K.function")

    def as_default(self) -> "Session":
        """Itself, for a `with` block."""
        return self

    def __enter__(self) -> "Session":
        return self

    def __exit__(self, *error: object) -> None:
        return None


def _function(function: Callable | None = None, **options: object) -> Callable:
    """tf.function: the function itself."""
    return function if function is not None else lambda decorated: decorated


def _devices(kind: str | None = None) -> list:
    """The processor; there is no other device."""
    one = SimpleNamespace(name="/physical_device:CPU:0", device_type="CPU")
    return [one] if kind in (None, "CPU") else []


def _nothing(*args: object, **options: object) -> None:
    """A setting that has no effect."""


def _strategy(*args: object, **options: object) -> SimpleNamespace:
    """A strategy of distribution over one device."""
    return SimpleNamespace(scope=contextlib.nullcontext, num_replicas_in_sync=1)


_SAME = (
    *("abs", "argmax", "argmin", "argsort", "cast", "clip", "convert_to_tensor", "cos", "cumsum", "equal", "exp"),
    *("expand_dims", "eye", "greater", "greater_equal", "less", "less_equal", "linspace", "logical_and", "logical_not"),
    *("logical_or", "matmul", "maximum", "minimum", "multiply", "norm", "not_equal", "one_hot", "ones", "ones_like"),
    *(
        "pad",
        "repeat",
        "reshape",
        "round",
        "shape",
        "sigmoid",
        "sign",
        "sin",
        "size",
        "sort",
        "split",
        "sqrt",
        "square",
    ),
    *("squeeze", "stack", "subtract", "add", "divide", "stop_gradient", "tanh", "tensordot", "tile", "transpose"),
    *("unstack", "where", "zeros", "zeros_like", "identity"),
)
_MATHS = {
    **{name: f"ops.{name}" for name in _SAME},
    **{f"reduce_{name}": f"ops.{name}" for name in ("mean", "sum", "max", "min", "prod", "any", "all", "logsumexp")},
    "reduce_std": "ops.std",
    "reduce_variance": "ops.var",
    "log": "ops.log",
    "pow": "ops.power",
    **{name: f"ops.{name}" for name in ("log1p", "floor", "ceil", "rsqrt", "softplus", "erf", "divide_no_nan")},
}
_NN = (
    *(
        "relu",
        "relu6",
        "leaky_relu",
        "elu",
        "selu",
        "sigmoid",
        "softmax",
        "log_softmax",
        "softplus",
        "softsign",
        "tanh",
    ),
    *("gelu", "silu", "swish"),
)
_FORMATS = ("float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool")

# Name below tensorflow -> the name in fastcnn that it stands for (text), or what it is.
NAMES: dict[str, object] = {
    "__version__": lambda: "2.15.0",
    "version.VERSION": lambda: "2.15.0",
    **_MATHS,
    **{f"math.{name}": target for name, target in _MATHS.items()},
    **{f"linalg.{name}": f"ops.{name}" for name in ("matmul", "norm")},
    **{f"nn.{name}": f"ops.{name}" for name in _NN},
    **{f"{module}.l2_normalize": "ops.l2_normalize" for module in ("nn", "math", "linalg")},
    "constant": "ops.convert_to_tensor",
    "Variable": "ops.convert_to_tensor",
    "concat": "ops.concatenate",
    "clip_by_value": "ops.clip",
    "range": "ops.arange",
    "to_float": "ops.convert_to_tensor",
    "Tensor": lambda: np.ndarray,
    "data.Dataset": "data.dataset.Dataset",
    "data.AUTOTUNE": lambda: -1,
    "data.experimental.AUTOTUNE": lambda: -1,
    **{name: lambda name=name: name for name in _FORMATS},
    "function": lambda: _function,
    "random.set_seed": "utils.set_random_seed",
    "random.set_random_seed": "utils.set_random_seed",
    "train.latest_checkpoint": "compat.saving.latest_checkpoint",
    "set_random_seed": "utils.set_random_seed",
    **{f"random.{name}": f"compat.randomness.{name}" for name in ("normal", "uniform", "truncated_normal", "shuffle")},
    "losses": "losses",
    "initializers": "initializers",
    "device": lambda: contextlib.nullcontext,
    "config.list_physical_devices": lambda: _devices,
    "config.experimental.list_physical_devices": lambda: _devices,
    "config.list_logical_devices": lambda: _devices,
    "config.get_visible_devices": lambda: _devices,
    **{
        f"config.{name}": lambda: _nothing
        for name in (
            *("set_visible_devices", "experimental.set_memory_growth", "experimental.set_visible_devices"),
            *("run_functions_eagerly", "threading.set_intra_op_parallelism_threads"),
            *("threading.set_inter_op_parallelism_threads", "experimental.enable_op_determinism"),
            *("experimental.set_virtual_device_configuration", "set_logical_device_configuration"),
        )
    },
    "python.client.device_lib.list_local_devices": lambda: _devices,
    "test.is_gpu_available": lambda: lambda *args, **options: False,
    "test.is_built_with_cuda": lambda: lambda: False,
    "test.gpu_device_name": lambda: lambda: "",
    "executing_eagerly": lambda: lambda: True,
    "enable_eager_execution": lambda: _nothing,
    "disable_eager_execution": lambda: _nothing,
    "disable_v2_behavior": lambda: _nothing,
    "reset_default_graph": lambda: _nothing,
    "distribute.MirroredStrategy": lambda: _strategy,
    "distribute.get_strategy": lambda: _strategy,
    "get_logger": lambda: lambda: logging.getLogger("tensorflow"),
    "autograph.set_verbosity": lambda: _nothing,
    "logging.set_verbosity": lambda: _nothing,
    "logging.ERROR": lambda: logging.ERROR,
    "logging.WARN": lambda: logging.WARNING,
    "logging.INFO": lambda: logging.INFO,
    "logging.DEBUG": lambda: logging.DEBUG,
    **{name: lambda: Settings for name in ("ConfigProto", "GPUOptions", "OptimizerOptions", "RunOptions", "Graph")},
    **{name: lambda: Session for name in ("Session", "InteractiveSession")},
    "get_default_graph": lambda: Session,
    "get_default_session": lambda: Session,
    "global_variables_initializer": lambda: Settings,
    "local_variables_initializer": lambda: Settings,
    "initialize_all_variables": lambda: Settings,
}
_GRADIENTS = (
    "fastcnn finds gradients by itself: write layers and losses with fastcnn.ops, and use fit or train_on_batch"
)
# What is not here -> what to use instead.
REFUSED: dict[str, str] = {
    "GradientTape": _GRADIENTS,
    "gradients": _GRADIENTS,
    "placeholder": "graphs of TensorFlow 1 are absent: use keras.Input and layers",
    "estimator": "estimators are absent since TensorFlow 2.16: use model.fit",
    "lite": "use model.export(...)",
    "saved_model": "use model.save('model.keras')",
    "io": "read files with Python, and photos with keras.utils.load_img",
    "image": "use keras.utils.load_img, or layers such as Resizing and RandomFlip",
    "summary": "use callbacks.CSVLogger or callbacks.TensorBoard",
}
_PREFIXES = ("tensorflow.compat.v1", "tensorflow.compat.v2", "tensorflow")
_MODULES = {""} | {name[:i] for name in NAMES for i in range(len(name)) if name[i] == "."}
_MODULES |= {"compat", "python", "python.keras", "contrib"}


def below(fullname: str) -> str | None:
    """The path below tensorflow."""
    found = [p for p in _PREFIXES if fullname == p or fullname.startswith(f"{p}.")]
    return fullname[len(found[0]) + 1 :] if found else None


def reason_against(fullname: str) -> str | None:
    """What to use instead of something below tensorflow that is not here."""
    return REFUSED.get((below(fullname) or "").partition(".")[0])


def names_of(fullname: str) -> tuple[Callable[[str], object], Callable[[], list[str]]] | None:
    """How the names of a module below tensorflow are looked up and listed; None for a module that there is not."""
    path = below(fullname)
    if path not in _MODULES:
        return None
    start = f"{path}." if path else ""
    return lambda name: _find(start + name), lambda: _list(start)


def _find(name: str) -> object:
    target = NAMES.get(name)
    if target is None:
        raise AttributeError(name)
    if not isinstance(target, str):
        return target()
    if "." not in target:
        return import_module(f"fastcnn.{target}")
    module, _, attribute = target.rpartition(".")
    found = getattr(import_module(f"fastcnn.{module}"), attribute)
    return _with_numpy(found) if module == "ops" else found


@cache
def _with_numpy(function: Callable) -> Callable:
    """The function, whose arrays have numpy() as TensorFlow's tensors do."""

    @wraps(function)
    def call(*args: object, **options: object) -> object:
        found = function(*args, **options)
        return found.view(Array) if type(found) is np.ndarray else found

    return call


def _list(start: str) -> list[str]:
    names = {name[len(start) :].partition(".")[0] for name in {*NAMES, *_MODULES} if name.startswith(start)}
    if not start:
        names |= {"keras", "compat"}
    return sorted(names - {""})
