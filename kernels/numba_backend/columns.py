"""Runs of rows of a matrix (M, C): the fixed blocks that sums over columns are cut into."""

from fastcnn.kernels.numba_backend.cache import compiled

NUMBERS = 32_768  # numbers in a run


@compiled
def rows_of(columns):
    """Rows of a run."""
    return max(1, NUMBERS // columns)


def row_parts(shape: tuple[int, int]) -> int:
    """Runs in a matrix of this shape."""
    return -(-shape[0] // max(1, NUMBERS // shape[1]))


@compiled
def add_parts(work, out, parts):
    """out = sum of `parts` vectors that lie one after another in work, in that order."""
    for c in range(out.size):
        out[c] = work[c]
    for part in range(1, parts):
        other = work[part * out.size : (part + 1) * out.size]
        for c in range(out.size):
            out[c] += other[c]
