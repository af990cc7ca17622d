"""Configurations of layers in files of earlier versions."""

import pytest

from fastcnn.saving.known import Reader

GLOROT = {"class_name": "GlorotUniform", "config": {"seed": None}}
OLD = [
    ("DepthwiseConv2D", {"kernel_size": [3, 3], "groups": 1}),
    ("SeparableConv2D", {"filters": 3, "kernel_size": [3, 3], "groups": 1, "kernel_initializer": GLOROT}),
    ("SeparableConv1D", {"filters": 3, "kernel_size": [3], "kernel_regularizer": None, "kernel_constraint": None}),
    ("Conv2DTranspose", {"filters": 3, "kernel_size": [3, 3], "output_padding": None, "groups": 1}),
    ("LocallyConnected2D", {"filters": 3, "kernel_size": [3, 3], "implementation": 1}),
    ("AveragePooling1D", {"pool_size": [2], "strides": [2], "padding": "valid", "data_format": "channels_last"}),
]


@pytest.mark.parametrize(("name", "config"), OLD, ids=[name for name, _ in OLD])
def test_settings_that_mean_nothing_are_left_out(name, config):
    assert type(Reader().object({"class_name": name, "config": config}, "layers")).__name__ == name


def test_groups_that_mean_something_are_refused():
    with pytest.raises(ValueError, match="DepthwiseConv2D has no argument 'groups'"):
        Reader().object({"class_name": "DepthwiseConv2D", "config": {"kernel_size": 3, "groups": 2}}, "layers")
