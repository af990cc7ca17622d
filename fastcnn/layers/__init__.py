"""Layers, under the names of Keras 1, 2 and 3."""

from fastcnn.layers.activation import ELU, Activation, LeakyReLU, ReLU, Softmax
from fastcnn.layers.base import Layer
from fastcnn.layers.convolution import Conv2D, Convolution2D
from fastcnn.layers.core import Dense, Flatten, Rescaling, Reshape
from fastcnn.layers.depthwise import DepthwiseConv2D, SeparableConv2D, SeparableConvolution2D
from fastcnn.layers.input import Input, InputLayer
from fastcnn.layers.normalization import BatchNormalization
from fastcnn.layers.pooling import (
    AveragePooling2D,
    AvgPool2D,
    GlobalAveragePooling2D,
    GlobalAvgPool2D,
    GlobalMaxPool2D,
    GlobalMaxPooling2D,
    MaxPool2D,
    MaxPooling2D,
)
from fastcnn.layers.regularization import Dropout

__all__ = [
    "ELU",
    "Activation",
    "AveragePooling2D",
    "AvgPool2D",
    "BatchNormalization",
    "Conv2D",
    "Convolution2D",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalAvgPool2D",
    "GlobalMaxPool2D",
    "GlobalMaxPooling2D",
    "Input",
    "InputLayer",
    "Layer",
    "LeakyReLU",
    "MaxPool2D",
    "MaxPooling2D",
    "ReLU",
    "Rescaling",
    "Reshape",
    "SeparableConv2D",
    "SeparableConvolution2D",
    "Softmax",
]
