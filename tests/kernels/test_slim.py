"""Without numba installed, everything but that backend works."""

import subprocess
import sys

SCRIPT = """
import sys
sys.modules["numba"] = None  # importing it now fails, as where it is not installed
import numpy as np
import fastcnn
from fastcnn.layers import Conv2D, Dense, Flatten, Input

reasons = fastcnn.available_backends()
assert "numba is not installed" in reasons["numba"], reasons
assert reasons["numpy"] is None
try:
    fastcnn.set_backend("numba")
except RuntimeError as error:
    assert "Available: " in str(error)
else:
    raise AssertionError("the missing backend was taken")
model = fastcnn.Sequential([Input((8, 8, 1)), Conv2D(4, 3), Flatten(), Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy")
x, y = np.random.default_rng(0).random((8, 8, 8, 1)), np.arange(8) % 2
before = model.evaluate(x, y, verbose=0)
model.fit(x, y, epochs=20, verbose=0)
assert model.evaluate(x, y, verbose=0) < before
print("trained")
"""


def test_training_works_and_the_missing_backend_says_why_without_numba():
    done = subprocess.run([sys.executable, "-W", "error", "-c", SCRIPT], capture_output=True, text=True)
    assert done.stdout.strip() == "trained", done.stderr
