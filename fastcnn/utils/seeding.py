"""One seed for everything."""

import random

import numpy as np


def set_random_seed(seed: int) -> None:
    """Seed Python's ``random``, NumPy's global state and, by that, every generator that the library draws afterwards.

    Raises ValueError unless 0 <= seed < 2**32.
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or not 0 <= seed < 2**32:
        raise ValueError(f"set_random_seed: seed must be an integer in [0, 2**32). Received: {seed!r}")
    random.seed(int(seed))
    np.random.seed(int(seed))
