"""OpenVINO: predictions alone."""

import numpy as np
import openvino

from bench.peers.measure import Timed, repeated
from bench.peers.onnx_model import onnx_model
from fastcnn.networks import Network


class Contestant:
    """One network, in float32 as everybody."""

    def __init__(self, network: Network, threads: int):
        self.network = network
        self.model, self.params = onnx_model(network)
        self.settings = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
        self.version = f"OpenVINO {openvino.__version__}"

    def training(self) -> dict[str, Timed]:
        """None."""
        return {}

    def prediction(self, size: int) -> dict[str, Timed]:
        """A prediction of `size` images: with any batch allowed, and compiled for this one."""
        x = np.ascontiguousarray(self.network.data(size)[0].transpose(0, 3, 1, 2))
        core, content = openvino.Core(), self.model.SerializeToString()
        made = {}
        for name in ("any batch", "this batch"):
            model = core.read_model(content, b"")
            if name == "this batch":
                model.reshape(x.shape)
            compiled = core.compile_model(model, "CPU", self.settings)
            made[name] = repeated(lambda compiled=compiled: compiled([x]))
        return made
