"""Older names of losses and reductions."""

OLDER_NAMES = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
    "cosine": "cosine_similarity",
    "cosine_proximity": "cosine_similarity",
    "huber_loss": "huber",
}
OLDER_NAMES |= {short.upper(): name for short, name in OLDER_NAMES.items() if len(short) < 5}


class Reduction:
    """tf.keras's constants for `reduction`."""

    AUTO = "auto"
    NONE = "none"
    SUM = "sum"
    SUM_OVER_BATCH_SIZE = "sum_over_batch_size"


def reduction(given: str | None) -> str | None:
    """A reduction under its present name."""
    return "sum_over_batch_size" if given == Reduction.AUTO else given
