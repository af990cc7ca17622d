"""Networks of our own choice beyond the five: windows, strides, sizes and batches that no kernel was tuned for."""

from fastcnn.networks import Described, Network, conv, head, normalized, pool


def _mobile() -> tuple[Described, ...]:
    """Depthwise and 1x1 convolutions in turns, as in MobileNet."""
    layers = [*normalized(conv(32, strides=2))]
    for filters, strides in ((64, 1), (128, 2), (128, 1), (256, 2)):
        layers += normalized(("DepthwiseConv2D", {"kernel_size": 3, "strides": strides}))
        layers += normalized(conv(filters, 1))
    return *layers, ("GlobalAveragePooling2D", {}), *head(10)[1:]


_SMALL = (conv(32, padding="same"), conv(32), pool(), conv(64, padding="same"), conv(64), pool(), *head(10, 256))
_LENET = (conv(6, 5, "tanh"), pool(2, "Average"), conv(16, 5, "tanh"), pool(2, "Average"))

ZOO = {
    "5x5 windows": Network((conv(32, 5, padding="same"), pool(), conv(64, 5), pool(), *head(10, 128)),
                           (64, 32, 32, 3), 10),
    "7x7 windows, stride 2": Network((conv(64, 7, strides=2), pool(), conv(64, strides=2), *head(10)),
                                     (16, 96, 96, 3), 10),
    "48 and 20 filters, 45x37, batch 7": Network((conv(48), pool(), conv(20), pool(), *head(7, 100)),
                                                 (7, 45, 37, 3), 7),
    "no pooling, batch 100": Network((conv(16), conv(32, strides=2), conv(64, strides=2), *head(10)),
                                     (100, 32, 32, 3), 10),
    "average pooling, tanh": Network((*_LENET, *head(10, 120, 84, activation="tanh")), (100, 28, 28, 1), 10),
    "batch 1": Network(_SMALL, (1, 32, 32, 3), 10),
    "MobileNet-like": Network(_mobile(), (32, 65, 65, 3), 10),
}  # fmt: skip
