"""Arithmetic on batches of images, in NumPy: resampling, affine maps, colours. It knows nothing of layers."""
