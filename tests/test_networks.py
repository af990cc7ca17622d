"""The networks that are measured: built as described, with data that fit them."""

import subprocess
import sys

import numpy as np
import pytest

from fastcnn.networks import NETWORKS, Network, head, normalized

SMALL = Network((*normalized(("Conv2D", {"filters": 2, "kernel_size": 3})), *head(3, 4)), (5, 6, 6, 1), 3)


@pytest.mark.parametrize("name", sorted(set(NETWORKS) - {"tutorial 256x256"}))
def test_every_network_can_be_built_and_takes_its_own_data(name):
    network = NETWORKS[name]
    model, (x, y) = network.build("numpy"), network.data(2)
    assert model.input_shape[1:] == x.shape[1:] == network.batch[1:]
    assert model.output_shape == (None, network.classes)
    assert model.loss == network.loss
    assert len(x) == len(y) == 2
    assert 0 <= y.min() <= y.max() < max(network.classes, 2)


def test_a_described_network_trains():
    model, (x, y) = SMALL.build("numpy"), SMALL.data()
    assert [type(layer).__name__ for layer in model.layers] == [name for name, _ in SMALL.layers]
    assert not model.layers[0].use_bias
    assert np.isfinite(model.train_on_batch(x, y)).all()


def test_descriptions_load_no_kernels():
    code = "import sys, fastcnn.networks; assert not [m for m in sys.modules if m.startswith('fastcnn.kernels')]"
    subprocess.run([sys.executable, "-c", code], check=True)
