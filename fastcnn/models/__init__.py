"""Models: layers in a row, graphs of layers, and how they are read from files."""

from fastcnn.compat.names import older_names
from fastcnn.models.cloning import clone_model
from fastcnn.models.files import load_model, model_from_json, save_model
from fastcnn.models.model import Model
from fastcnn.models.sequential import Sequential

__all__ = ["Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]

__getattr__ = older_names("models")
