"""What happens with photos that cannot be used: an error, or a counted and listed omission."""

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from fastcnn.data.image_error import ImageError

POLICIES = ("raise", "skip")
_FILES_PER_TASK = 64


class Omissions:
    """The unusable photos of one list of files, by position in the list.

    on_error : "raise" makes every one an error; "skip" remembers it, up to max_skipped (a share of all files).
    """

    def __init__(self, total: int, on_error: str = "raise", max_skipped: float = 0.01):
        if on_error not in POLICIES:
            raise ValueError(f'on_error must be "raise" or "skip". Received: {on_error!r}')
        if not 0 <= max_skipped <= 1:
            raise ValueError(f"max_skipped is a share of all files, between 0 and 1. Received: {max_skipped!r}")
        self.total, self.on_error, self.max_skipped = total, on_error, max_skipped
        self._errors: dict[int, ImageError] = {}
        self._told = False
        self._lock = threading.Lock()

    def __contains__(self, index: int) -> bool:
        return index in self._errors

    @property
    def files(self) -> list[tuple[str, str]]:
        """(path, reason) of every photo left out so far, in the order of the list."""
        with self._lock:
            return [(self._errors[i].path, self._errors[i].reason) for i in sorted(self._errors)]

    def add(self, index: int, error: ImageError) -> None:
        """Takes note of one unusable photo.

        Raises:
            ImageError: under "raise", and under "skip" when too many are unusable.
        """
        self.add_all({index: error})

    def add_all(self, errors: dict[int, ImageError]) -> None:
        """Takes note of several at once, so that an error can say how many there are."""
        if not errors:
            return
        first = min(errors)
        if self.on_error == "raise":
            raise errors[first].at(first, self.total, len(errors) - 1)
        with self._lock:
            self._errors |= errors
            count = len(self._errors)
        if count > self.max_skipped * self.total:
            raise self._too_many(count)

    def new_summary(self) -> str:
        """One line on what was left out; empty when nothing was, and after the first time."""
        with self._lock:
            kinds = Counter() if self._told else Counter(error.kind for error in self._errors.values())
            self._told = True
        if not kinds:
            return ""
        listed = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common())
        return f"{kinds.total():,} of {self.total:,} images skipped: {listed}; see .skipped"

    def _too_many(self, count: int) -> ImageError:
        with self._lock:
            first = self._errors[min(self._errors)]
        error = ImageError(first.path, first.reason, first.kind)
        limit = f"max_skipped={self.max_skipped:g} of {self.total:,} images"
        error.args = (f"{count:,} unusable images are more than {limit}; the first is {error.args[0]}",)
        return error


def check_headers(paths: Sequence[str], reading: object, workers: int) -> dict[int, ImageError]:
    """Looks at the header of every file, in parallel; returns the errors by position.

    reading : a fastcnn.data.decode.Reading.
    """
    from fastcnn.data.decode import check_header

    def check(start: int) -> dict[int, ImageError]:
        errors = {}
        for index in range(start, min(start + _FILES_PER_TASK, len(paths))):
            try:
                check_header(paths[index], reading)
            except ImageError as error:
                errors[index] = error
        return errors

    pool = ThreadPoolExecutor(max(1, workers), "fastcnn-headers")
    try:
        found = list(pool.map(check, range(0, len(paths), _FILES_PER_TASK)))
    finally:
        pool.shutdown(cancel_futures=True)  # on Ctrl-C too: what has not begun is dropped
    return {index: error for errors in found for index, error in errors.items()}
