"""The process that fastcnn.data.isolated starts: reads requests for photos from its input until that ends."""

import json
import os
import signal
import sys
from typing import BinaryIO

from fastcnn.data.decode import Reading, read_pixels
from fastcnn.data.image_error import ImageError
from fastcnn.data.isolated import ANSWER, LENGTHS


def reading_from(text: bytes) -> Reading:
    """A Reading out of its JSON, in which tuples are lists."""
    fields = json.loads(text)
    return Reading(**{name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()})


def answer(path: str, reading: Reading) -> bytes:
    """The photo's pixels, or why there are none, with what stands before them."""
    try:
        pixels = read_pixels(path, reading)
    except ImageError as error:
        text = json.dumps({"reason": error.reason, "kind": error.kind}).encode()
        return ANSWER.pack(False, 0, 0, len(text)) + text
    return ANSWER.pack(True, *pixels.shape) + pixels.tobytes()


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answers one request after another."""
    while len(head := requests.read(LENGTHS.size)) == LENGTHS.size:
        path, reading = (requests.read(length) for length in LENGTHS.unpack(head))
        answers.write(answer(os.fsdecode(path), reading_from(reading)))
        answers.flush()


def main() -> None:
    """Keeps Ctrl-C to the parent, and anything that prints out of the answers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
