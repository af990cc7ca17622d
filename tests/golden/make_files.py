"""Makes files.npz: files that Keras itself writes, and what their models predict and are a training step later.

    python tests/golden/make_files.py

The networks are those of tests/keras_oracle.
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "keras_oracle"))
from networks import NETWORKS
from round_trips import RANDOM, write

HERE = Path(__file__).parent
ENDINGS = (".keras", ".h5", ".weights.h5", "_weights.h5", ".json")


def main() -> None:
    """Writes all networks' files, as bytes, and their outputs."""
    found = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write(folder)
        for name in NETWORKS:
            for ending in ENDINGS:
                found[f"{name}/file/{name}{ending}"] = np.frombuffer(
                    (folder / f"{name}{ending}").read_bytes(), np.uint8
                )
            outputs = dict(np.load(folder / f"{name}.npz"))
            if name in RANDOM:
                del outputs["later"]
            found |= {f"{name}/{key}": value for key, value in outputs.items()}
    np.savez_compressed(HERE / "files.npz", **found)


if __name__ == "__main__":
    main()
