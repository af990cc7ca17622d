"""fastcnn, on one of its backends."""

from bench.peers.measure import Timed, repeated
from fastcnn import __version__
from fastcnn.networks import Network


class Contestant:
    """One network on one backend."""

    def __init__(self, network: Network, threads: int, backend: str):
        from fastcnn import set_num_threads

        set_num_threads(threads)
        self.network, self.model = network, network.build(backend)
        self.params = self.model.count_params()
        self.version = f"fastcnn {__version__}, {backend}"

    def training(self) -> dict[str, Timed]:
        """A training step."""
        x, y = self.network.data()
        return {"train_on_batch": repeated(lambda: self.model.train_on_batch(x, y))}

    def prediction(self, size: int) -> dict[str, Timed]:
        """A prediction of `size` images."""
        x, _ = self.network.data(size)
        return {"predict_on_batch": repeated(lambda: self.model.predict_on_batch(x))}
