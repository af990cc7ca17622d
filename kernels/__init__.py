"""Compute kernels: numbers in, numbers out; nothing here knows of layers. Installs as `fastcnn.kernels`.

`contract/` states every kernel once; each folder `<name>_backend/` holds the same functions in files of the same names.
"""

if __name__ != "fastcnn.kernels":
    raise ImportError(
        "this folder is the package fastcnn.kernels; import it by that name (`pip install -e .` in the project's root)"
    )
