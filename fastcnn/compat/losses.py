"""Older names of losses and reductions."""

from fastcnn.compat import table

OLDER_NAMES = table.LOSSES | {short.upper(): name for short, name in table.LOSSES.items() if len(short) < 5}


class Reduction:
    """tf.keras's constants for `reduction`."""

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"


def reduction(given: str | None) -> str | None:
    """A reduction under its present name."""
    return "sum_over_batch_size" if given == Reduction.AUTO else given
