"""Optimizers and learning-rate schedules."""

from fastcnn.compat.names import older_names
from fastcnn.optimizers import schedules
from fastcnn.optimizers.adafactor import Adafactor
from fastcnn.optimizers.adaptive import Adadelta, Adagrad, Adamax, Ftrl, Lamb, Lion, Nadam
from fastcnn.optimizers.base import Optimizer
from fastcnn.optimizers.lookup import deserialize, get, serialize
from fastcnn.optimizers.methods import SGD, Adam, AdamW, RMSprop

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "Nadam",
    "Optimizer",
    "RMSprop",
    "deserialize",
    "get",
    "schedules",
    "serialize",
]

__getattr__ = older_names("optimizers")
