"""Sequences of different lengths as one array."""

from collections.abc import Sequence

import numpy as np


def pad_sequences(
    sequences: Sequence[Sequence],
    maxlen: int | None = None,
    dtype: object = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: object = 0.0,
) -> np.ndarray:
    """The sequences as rows (N, maxlen, ...), cut or filled with `value` at the beginning ("pre") or end ("post").

    maxlen : None for the longest one's length.

    Raises:
        ValueError: for another padding or truncating, and for samples of different shapes.
    """
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in ("pre", "post"):
            raise ValueError(f'pad_sequences: {name} must be "pre" or "post". Received: {side!r}')
    lengths = [len(sequence) for sequence in sequences]
    width = max(lengths, default=0) if maxlen is None else maxlen
    sample = next((np.shape(sequence)[1:] for sequence in sequences if len(sequence)), ())
    kind = object if isinstance(value, str) and dtype is object else dtype
    padded = np.full((len(lengths), width, *sample), value, dtype=kind)
    for row, sequence in zip(padded, sequences, strict=True):
        kept = np.asarray(sequence[-width:] if truncating == "pre" else sequence[:width], dtype=kind)
        if not len(kept) or not width:
            continue
        if kept.shape[1:] != sample:
            raise ValueError(f"pad_sequences: samples of shapes {sample} and {kept.shape[1:]} do not fit together")
        row[slice(-len(kept), None) if padding == "pre" else slice(0, len(kept))] = kept
    return padded
