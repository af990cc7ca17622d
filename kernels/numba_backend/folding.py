"""Batch normalisation folded into weights: NumPy's, since it runs only when weights have changed."""

from fastcnn.kernels.numpy_backend.folding import batchnorm_fold

__all__ = ["batchnorm_fold"]
