"""Writes layers_windows.npz: layers with windows, poolings, reshaping layers, by Keras. See README.md for the keys."""

from common import as_json, save  # isort: skip  (sets Keras's environment, so it comes first)

import keras
import numpy as np
import unet
from make_layers import run_case

Case = tuple[str, dict, tuple[int, ...]]


def convolutions_1d() -> list[Case]:
    """(class_name, kwargs, input_shape) of Conv1D, DepthwiseConv1D and SeparableConv1D: every option."""

    def plain(shape, **kwargs):
        return ("Conv1D", {"filters": 4, "kernel_size": 3, **kwargs}, shape)

    def depthwise(shape, **kwargs):
        return ("DepthwiseConv1D", {"kernel_size": 3, **kwargs}, shape)

    def separable(shape, **kwargs):
        return ("SeparableConv1D", {"filters": 4, "kernel_size": 3, **kwargs}, shape)

    return [
        plain((9, 3)),
        plain((9, 3), padding="same", activation="relu"),
        plain((9, 3), padding="causal"),
        plain((9, 3), padding="causal", dilation_rate=2, activation="tanh"),
        plain((10, 2), padding="causal", strides=2),
        plain((10, 2), padding="same", strides=2, kernel_size=[4]),
        plain((11, 2), strides=3, kernel_size=2),
        plain((11, 2), dilation_rate=3, padding="same"),
        plain((8, 4), groups=2),
        plain((8, 4), groups=4, padding="causal", use_bias=False),
        plain((7, 16), filters=32, kernel_size=5, padding="SAME", activation="sigmoid"),
        plain((6, 1), filters=1, kernel_size=1),
        plain((5, 3), activation="softmax"),
        depthwise((9, 3)),
        depthwise((9, 3), padding="same", depth_multiplier=2, activation="relu"),
        depthwise((10, 5), strides=2, padding="same"),
        depthwise((10, 2), dilation_rate=2, use_bias=False),
        depthwise((8, 1), kernel_size=4, depth_multiplier=3),
        separable((9, 3)),
        separable((9, 3), padding="same", depth_multiplier=2, activation="relu"),
        separable((10, 5), strides=2, padding="same", use_bias=False),
        separable((10, 2), dilation_rate=2, kernel_size=2, activation="elu"),
    ]


def convolutions_2d() -> list[Case]:
    """What layers.npz leaves out: groups, and strides together with dilation in depthwise convolutions."""
    return [
        ("Conv2D", {"filters": 4, "kernel_size": 3, "groups": 2}, (6, 5, 4)),
        ("Conv2D", {"filters": 6, "kernel_size": [3, 2], "groups": 3, "strides": 2, "padding": "Same"}, (7, 6, 3)),
        ("DepthwiseConv2D", {"kernel_size": 3, "strides": 2, "dilation_rate": 2, "padding": "same"}, (9, 8, 3)),
        ("DepthwiseConv2D", {"kernel_size": 2, "strides": 2, "dilation_rate": 3}, (9, 8, 2)),
        ("SeparableConv2D", {"filters": 3, "kernel_size": 3, "strides": 2, "dilation_rate": 2}, (9, 8, 2)),
    ]


def transposed() -> list[Case]:
    """(class_name, kwargs, input_shape) of Conv2DTranspose and Conv1DTranspose: every option."""

    def images(shape, **kwargs):
        return ("Conv2DTranspose", {"filters": 3, "kernel_size": 3, **kwargs}, shape)

    def rows(shape, **kwargs):
        return ("Conv1DTranspose", {"filters": 3, "kernel_size": 3, **kwargs}, shape)

    return [
        images((4, 5, 2)),
        images((4, 5, 2), padding="same"),
        images((4, 5, 2), strides=2),
        images((4, 5, 2), strides=2, padding="same", activation="relu"),
        images((3, 4, 2), strides=3, kernel_size=2),
        images((3, 4, 2), strides=3, kernel_size=2, padding="same"),
        images((3, 4, 2), strides=[2, 1], kernel_size=[4, 3], padding="same"),
        images((3, 4, 2), strides=[1, 2], kernel_size=[2, 5], use_bias=False),
        images((3, 4, 2), strides=2, output_padding=1),
        images((3, 4, 2), strides=2, output_padding=0, padding="same"),
        images((3, 4, 2), strides=2, output_padding=1, padding="same"),
        images((3, 4, 2), strides=[3, 2], output_padding=[2, 1], kernel_size=2, padding="same"),
        images((3, 4, 2), strides=3, output_padding=[2, 0], kernel_size=4),
        images((4, 5, 2), dilation_rate=2),
        images((4, 5, 2), dilation_rate=2, padding="same", kernel_size=2),
        images((4, 5, 2), dilation_rate=[1, 3], padding="same"),
        images((5, 4, 16), filters=32, padding="same", activation="relu"),
        images((3, 3, 8), filters=8, kernel_size=4, strides=2, padding="same", activation="sigmoid"),
        images((3, 3, 1), filters=1, kernel_size=1),
        rows((5, 2)),
        rows((5, 2), padding="same", activation="relu"),
        rows((5, 2), strides=2),
        rows((5, 2), strides=3, padding="same", kernel_size=2),
        rows((5, 2), strides=2, output_padding=1, padding="same"),
        rows((5, 2), strides=2, output_padding=1, use_bias=False),
        rows((5, 2), dilation_rate=2, padding="same"),
    ]


def poolings() -> list[Case]:
    """(class_name, kwargs, input_shape) of pooling over sequences, and of adaptive pooling."""
    cases = []
    for name in ("MaxPooling1D", "AveragePooling1D"):
        cases += [
            (name, {"pool_size": 2}, (8, 3)),
            (name, {"pool_size": 2}, (7, 3)),
            (name, {"pool_size": 2, "padding": "same"}, (7, 3)),
            (name, {"pool_size": 3, "strides": 2}, (9, 2)),
            (name, {"pool_size": 3, "strides": 2, "padding": "same"}, (8, 2)),
            (name, {"pool_size": [3], "strides": [1], "padding": "same"}, (5, 9)),
        ]
    for name in ("GlobalMaxPooling1D", "GlobalAveragePooling1D"):
        cases += [(name, {}, (5, 3)), (name, {"keepdims": True}, (6, 9))]
    # Sizes from 2: for 1 Keras pools over nothing as well, and TensorFlow leaves that gradient undefined.
    for kind in ("Average", "Max"):
        cases += [(f"Adaptive{kind}Pooling1D", {"output_size": size}, (7, 3)) for size in (2, 3, 5, 7)]
        cases += [
            (f"Adaptive{kind}Pooling2D", {"output_size": size}, (6, 7, 2)) for size in (3, [2, 3], [4, 5], [6, 2])
        ]
    return cases


def reshapings() -> list[Case]:
    """(class_name, kwargs, input_shape) of the layers that move values."""
    images, rows = (3, 4, 2), (5, 3)
    cases = [
        ("Reshape", {"target_shape": [2, -1]}, images),
        ("Reshape", {"target_shape": [24]}, images),
        ("Permute", {"dims": [2, 1]}, rows),
        ("Permute", {"dims": [3, 1, 2]}, images),
        ("Permute", {"dims": [2, 3, 1]}, images),
        ("Permute", {"dims": [1, 2, 3]}, images),
        ("RepeatVector", {"n": 3}, (4,)),
        ("RepeatVector", {"n": 1}, (4,)),
        ("ZeroPadding1D", {}, rows),
        ("ZeroPadding1D", {"padding": [0, 2]}, rows),
        ("ZeroPadding2D", {}, images),
        ("ZeroPadding2D", {"padding": 2}, images),
        ("ZeroPadding2D", {"padding": [0, 1]}, images),
        ("ZeroPadding2D", {"padding": [[1, 0], [2, 3]]}, images),
        ("Cropping1D", {}, rows),
        ("Cropping1D", {"cropping": [0, 2]}, rows),
        ("Cropping2D", {}, images),
        ("Cropping2D", {"cropping": 1}, images),
        ("Cropping2D", {"cropping": [0, 1]}, images),
        ("Cropping2D", {"cropping": [[1, 0], [2, 1]]}, images),
        ("UpSampling1D", {}, rows),
        ("UpSampling1D", {"size": 3}, rows),
        ("UpSampling2D", {}, images),
        ("UpSampling2D", {"size": 3}, images),
        ("UpSampling2D", {"size": [1, 2]}, images),
        ("UpSampling2D", {"size": [3, 1]}, images),
    ]
    for name in ("bilinear", "bicubic", "lanczos3", "lanczos5"):
        # TensorFlow's bicubic rounds distances to 1/1024 of a pixel: exact for powers of two alone.
        sizes = (2, [4, 1], [2, 4]) if name == "bicubic" else (2, 3, [1, 4])
        cases += [("UpSampling2D", {"size": size, "interpolation": name}, (5, 4, 2)) for size in sizes]
    cases += [("UpSampling2D", {"size": 2, "interpolation": "BILINEAR"}, (1, 7, 3))]
    return cases


def ties() -> list[Case]:
    """Inputs of small integers: which of equal maxima gets the gradient."""
    return [
        ("MaxPooling1D", {"pool_size": 3}, (9, 2)),
        ("MaxPooling1D", {"pool_size": 3, "strides": 2, "padding": "same"}, (8, 2)),
    ]


def train_unet() -> dict[str, np.ndarray]:
    """Losses of each epoch, and predictions after them, of the network of unet.py."""
    model = unet.build(keras.layers, keras.Model)
    model.set_weights(unet.weights(model.get_weights()))
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "binary_crossentropy")
    x, y = unet.photos()
    losses = model.fit(x, y, **unet.FIT).history["loss"]
    return {"unet/losses": np.array(losses), "unet/predict": model.predict(x[:4], verbose=0)}


def main() -> None:
    """Writes layers_windows.npz."""
    smooth = convolutions_1d() + convolutions_2d() + transposed() + poolings() + reshapings()
    listed = [(*case, False) for case in smooth] + [(*case, True) for case in ties()]
    cases, arrays = [], {}
    for number, (class_name, kwargs, input_shape, kinks) in enumerate(listed):
        case = {"class_name": class_name, "kwargs": kwargs, "input_shape": list(input_shape), "kinks": kinks}
        case["batch"] = 2
        case["compiled"] = "Transpose" in class_name and "dilation_rate" in kwargs
        arrays |= run_case(case, str(number), np.random.default_rng(number))
        cases.append(case)
    save("layers_windows", {"cases": as_json(cases), **arrays, **train_unet()})
    print(f"{len(cases)} cases")


if __name__ == "__main__":
    main()
