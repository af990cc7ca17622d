"""Layers, under the names of Keras 1, 2 and 3. Each module is imported when one of its names is used."""

from fastcnn.compat.names import older_names
from fastcnn.lazy import lazily, names_of

_MODULES = {
    "activation": "Activation ELU Identity LeakyReLU PReLU ReLU Softmax ThresholdedReLU",
    "adaptive": "AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveMaxPooling1D AdaptiveMaxPooling2D",
    "base": "Layer",
    "convolution": "Conv1D Conv2D Convolution1D Convolution2D",
    "core": "Dense Flatten Reshape",
    "depthwise": (
        "DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D SeparableConvolution1D SeparableConvolution2D"
    ),
    "function": "Lambda",
    "input": "Input InputLayer",
    "local": "LocallyConnected1D LocallyConnected2D",
    "merging": (
        "Add Average Concatenate Dot Maximum Minimum Multiply Subtract add average concatenate dot maximum minimum "
        "multiply subtract"
    ),
    "mixing": "CutMix MixUp",
    "moments": "GroupNormalization LayerNormalization UnitNormalization",
    "noise": "AlphaDropout GaussianDropout GaussianNoise SpatialDropout1D SpatialDropout2D",
    "normalization": "BatchNormalization",
    "pipeline": "Pipeline",
    "pooling": (
        "AveragePooling1D AveragePooling2D AvgPool1D AvgPool2D GlobalAveragePooling1D GlobalAveragePooling2D "
        "GlobalAvgPool1D GlobalAvgPool2D GlobalMaxPool1D GlobalMaxPool2D GlobalMaxPooling1D GlobalMaxPooling2D "
        "MaxPool1D MaxPool2D MaxPooling1D MaxPooling2D"
    ),
    "rand_augment": "RandAugment",
    "random_colour": (
        "RandomBrightness RandomColorDegeneration RandomContrast RandomErasing RandomGrayscale RandomInvert"
    ),
    "random_geometry": "RandomCrop RandomFlip RandomRotation RandomShear RandomTranslation RandomZoom",
    "random_tones": "AutoContrast Equalization RandomPosterization RandomSharpness Solarization",
    "regularization": "ActivityRegularization Dropout",
    "reshaping": "Cropping1D Cropping2D Permute RepeatVector UpSampling1D UpSampling2D ZeroPadding1D ZeroPadding2D",
    "resizing": "CenterCrop Resizing",
    "spectral": "SpectralNormalization",
    "standardizing": "Normalization Rescaling",
    "transposed": "Conv1DTranspose Conv2DTranspose Convolution1DTranspose Convolution2DTranspose",
    "volumes": (
        "AdaptiveAveragePooling3D AdaptiveMaxPooling3D AveragePooling3D AvgPool3D Conv3D Conv3DTranspose "
        "Convolution3D Convolution3DTranspose Cropping3D GlobalAveragePooling3D GlobalAvgPool3D GlobalMaxPool3D "
        "GlobalMaxPooling3D MaxPool3D MaxPooling3D UpSampling3D ZeroPadding3D"
    ),
}

__all__ = sorted(names_of(_MODULES))
__getattr__ = lazily(__name__, _MODULES, older_names("layers"))


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
