"""ONNX Runtime: predictions alone."""

import numpy as np
import onnxruntime

from bench.peers.measure import Timed, repeated
from bench.peers.onnx_model import onnx_model
from fastcnn.networks import Network


class Contestant:
    """One network."""

    def __init__(self, network: Network, threads: int):
        model, self.params = onnx_model(network)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        content = model.SerializeToString()
        self.network = network
        self.session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        self.version = f"ONNX Runtime {onnxruntime.__version__}"

    def training(self) -> dict[str, Timed]:
        """None."""
        return {}

    def prediction(self, size: int) -> dict[str, Timed]:
        """A prediction of `size` images."""
        x = np.ascontiguousarray(self.network.data(size)[0].transpose(0, 3, 1, 2))
        return {"run": repeated(lambda: self.session.run(None, {"x": x}))}
