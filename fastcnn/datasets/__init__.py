"""The small data sets of Keras's examples: `from fastcnn.datasets import mnist; mnist.load_data()`.

They are looked for in FASTCNN_DATASETS, in Keras's cache (KERAS_HOME, else ~/.keras) and where Debian installs them,
and fetched into the cache otherwise.
"""

from fastcnn.datasets import cifar10, cifar100, fashion_mnist, mnist

__all__ = ["cifar10", "cifar100", "fashion_mnist", "mnist"]
