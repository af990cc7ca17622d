"""Optimizers and learning-rate schedules."""

from fastcnn.compat.names import older_names
from fastcnn.optimizers import schedules
from fastcnn.optimizers.base import Optimizer
from fastcnn.optimizers.lookup import get
from fastcnn.optimizers.methods import SGD, Adam, AdamW, RMSprop

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "RMSprop", "get", "schedules"]

__getattr__ = older_names("optimizers")
