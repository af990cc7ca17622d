"""Small tools that scripts use around a model."""

from fastcnn.utils.arrays import normalize, to_categorical
from fastcnn.utils.dataset import PyDataset, Sequence
from fastcnn.utils.model_picture import plot_model
from fastcnn.utils.progbar import Progbar
from fastcnn.utils.seeding import set_random_seed

__all__ = ["Progbar", "PyDataset", "Sequence", "normalize", "plot_model", "set_random_seed", "to_categorical"]
