"""Adafactor: a mean square for each row and column of a matrix in place of one for each weight."""

from functools import partial

import numpy as np

from fastcnn.engine.calls import emit_call
from fastcnn.engine.program import Builder, Tensor
from fastcnn.optimizers.base import Optimizer


class Adafactor(Optimizer):
    """Steps by the gradient over its factored root mean square, relative to the weights' size.

    Source: Shazeer and Stern 2018; defaults as in Keras 3. It computes in NumPy whatever the backend.

    relative_step : take at most the rate 1 / sqrt(step).
    clip_threshold : largest root mean square of a step before it is scaled.
    """

    slot_names = ("rows", "columns", "velocity")
    own = ("beta_2_decay", "epsilon_1", "epsilon_2", "clip_threshold", "relative_step")

    def __init__(
        self,
        learning_rate: object = 0.001,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 1e-3,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        **kwargs: object,
    ):
        self.beta_2_decay, self.relative_step = float(beta_2_decay), bool(relative_step)
        self.epsilon_1, self.epsilon_2 = float(epsilon_1), float(epsilon_2)
        self.clip_threshold = float(clip_threshold)
        super().__init__(learning_rate, **kwargs)

    def slot_shape(self, slot: str, shape: tuple[int, ...]) -> tuple[int, ...]:
        if slot == "velocity":
            return shape if len(shape) < 2 else (1,)  # of a matrix it follows from the others
        factored = shape[:-1] if slot == "rows" else (*shape[:-2], *shape[-1:])
        return factored if len(shape) > 1 else (1,)

    def scalars(self, rate: float, step: int) -> tuple[float, ...]:
        share = min(rate, step**-0.5)
        return share, 1 - step**self.beta_2_decay, self.decay(rate)

    def emit(self, builder: Builder, w: Tensor, dw: Tensor, hyper: Tensor, slots: dict[str, Tensor]) -> None:
        emit_call(builder, "adafactor_update", partial(self._update, hyper.value), {"dw": dw}, updates={"w": w} | slots)

    def _update(
        self, hyper: np.ndarray, dw: np.ndarray, w: np.ndarray, rows: np.ndarray, columns: np.ndarray, v: np.ndarray
    ) -> None:
        share, old, decay = hyper.tolist()
        w -= decay * w
        scale = max(self.epsilon_2, _root_mean_square(w)) * share
        square = np.square(dw) + self.epsilon_1
        if dw.ndim > 1:
            rows[...] = old * rows + (1 - old) * square.mean(axis=-1)
            columns[...] = old * columns + (1 - old) * square.mean(axis=-2)
            mean = (rows / rows.mean(axis=-1, keepdims=True))[..., None] * columns[..., None, :]
        else:
            v[...] = old * v + (1 - old) * square
            mean = v
        step = dw / np.sqrt(mean)
        w -= (scale / max(1.0, _root_mean_square(step) / self.clip_threshold)) * step

    def get_config(self) -> dict:
        return super().get_config() | {name: getattr(self, name) for name in self.own}


def _root_mean_square(x: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))
