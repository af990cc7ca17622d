"""Layers over volumes, which are absent: scripts may import them, and are told so when they make one."""

from fastcnn.layers.base import Layer


class _Volume(Layer):
    """Refuses to be made."""

    def __init__(self, *args: object, **kwargs: object):
        name = type(self).__name__
        raise NotImplementedError(
            f"{name}: fastcnn has layers over images (batch, rows, columns, channels) and sequences, not over volumes. "
            f"Use {name.replace('3D', '2D')} with the third axis among the channels (Reshape), or Keras itself"
        )


class Conv3D(_Volume):
    """Absent."""


class Conv3DTranspose(_Volume):
    """Absent."""


class MaxPooling3D(_Volume):
    """Absent."""


class AveragePooling3D(_Volume):
    """Absent."""


class GlobalMaxPooling3D(_Volume):
    """Absent."""


class GlobalAveragePooling3D(_Volume):
    """Absent."""


class AdaptiveMaxPooling3D(_Volume):
    """Absent."""


class AdaptiveAveragePooling3D(_Volume):
    """Absent."""


class ZeroPadding3D(_Volume):
    """Absent."""


class Cropping3D(_Volume):
    """Absent."""


class UpSampling3D(_Volume):
    """Absent."""


Convolution3D = Conv3D
Convolution3DTranspose = Conv3DTranspose
MaxPool3D = MaxPooling3D
AvgPool3D = AveragePooling3D
GlobalMaxPool3D = GlobalMaxPooling3D
GlobalAvgPool3D = GlobalAveragePooling3D
