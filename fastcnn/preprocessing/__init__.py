"""Preparing data for a model."""
