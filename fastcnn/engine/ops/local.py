"""Windows that slide as a convolution's do, with weights of their own at each place."""

from dataclasses import dataclass

import numpy as np

from fastcnn.engine.calls import call
from fastcnn.engine.program import Builder, Tensor
from fastcnn.kernels.geometry import Pair


@dataclass(frozen=True)
class _Local:
    """x (N, H, W, C), w (P, KH KW C, F) -> (N, OH, OW, F): one product for each of the P = OH OW places."""

    kernel_size: Pair
    strides: Pair
    name: str = "locally_connected"

    def _windows(self, x: np.ndarray) -> np.ndarray:
        """(P, N, KH KW C): what each place sees."""
        windows = np.lib.stride_tricks.sliding_window_view(x, self.kernel_size, axis=(1, 2))
        windows = windows[:, :: self.strides[0], :: self.strides[1]].transpose(1, 2, 0, 4, 5, 3)
        rows, cols, n, *window = windows.shape
        return windows.reshape(rows * cols, n, int(np.prod(window)))

    def forward(self, inputs: list[np.ndarray], y: np.ndarray) -> None:
        """As Call wants it."""
        x, w = inputs
        np.copyto(_by_place(y), np.matmul(self._windows(x), w))

    def backward(
        self, inputs: list[np.ndarray], y: np.ndarray, dy: np.ndarray, gradients: list[np.ndarray | None]
    ) -> None:
        """As Call wants it."""
        x, w = inputs
        at_places = _by_place(dy)
        if gradients[0] is not None:
            self._scatter(np.matmul(at_places, w.transpose(0, 2, 1)), dy.shape[1:3], gradients[0])
        if gradients[1] is not None:
            np.matmul(self._windows(x).transpose(0, 2, 1), at_places, out=gradients[1])

    def _scatter(self, windows: np.ndarray, size: Pair, dx: np.ndarray) -> None:
        """Adds up in dx what each place's window (P, N, KH KW C) holds."""
        windows = windows.reshape(*size, len(dx), *self.kernel_size, dx.shape[3])
        dx[...] = 0
        for row, col in np.ndindex(self.kernel_size):
            ends = (start + (n - 1) * step + 1 for start, n, step in zip((row, col), size, self.strides, strict=True))
            rows, cols = (slice(*axis) for axis in zip((row, col), ends, self.strides, strict=True))
            dx[:, rows, cols] += windows[:, :, :, row, col].transpose(2, 0, 1, 3)


def _by_place(y: np.ndarray) -> np.ndarray:
    """A view (P, N, F) of (N, OH, OW, F)."""
    return y.reshape(len(y), -1, y.shape[3]).swapaxes(0, 1)


def locally_connected(builder: Builder, x: Tensor, w: Tensor, size: Pair, kernel_size: Pair, strides: Pair) -> Tensor:
    """x (N, H, W, C), w (OH OW, KH KW C, F) -> (N, OH, OW, F) without padding, `size` being (OH, OW)."""
    return call(builder, _Local(kernel_size, strides), [x, w], (x.shape[0], *size, w.shape[2]))
