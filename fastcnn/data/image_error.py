"""The error that names a photo which cannot be used, and file names that are safe to print."""

import os


def shown(path: str | bytes | os.PathLike) -> str:
    """Returns `path` fit for a message: line breaks, escape sequences and undecodable bytes appear as escapes."""
    text = os.fsdecode(path)
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


class ImageError(ValueError):
    """A photo that cannot be used; the message holds its path, the reason, its place in the list and what to do.

    path : the file, as it was given.
    reason : what is wrong with it, e.g. "truncated JPEG".
    kind : the reason in one or two words, the same for all such files; counts are kept by it.
    """

    def __init__(self, path: str, reason: str, kind: str):
        super().__init__(f"{shown(path)}: {reason}")
        self.path, self.reason, self.kind = path, reason, kind

    def at(self, index: int, total: int, others: int = 0) -> "ImageError":
        """Returns the same error that also says where the photo is in a list, and how many more are like it."""
        error = ImageError(self.path, self.reason, self.kind)
        more = f" and {others:,} more" if others else ""
        advice = 'use on_error="skip" to leave such files out'
        error.args = (f"{error.args[0]} (image {index + 1:,} of {total:,}{more}); {advice}",)
        return error
