"""Spellings of earlier Keras versions."""
