"""Model to file and back: one module a format."""


def __getattr__(name: str) -> object:
    from fastcnn.compat.names import older_names

    return older_names("saving")(name)
