"""Preparing data for a model."""

from fastcnn.compat.names import older_names

__getattr__ = older_names("preprocessing")
