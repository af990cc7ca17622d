"""A stand-in for fastcnn.data.decode_worker whose decoder dies of files with certain names."""

import os
import signal
import sys
import time

from fastcnn.data import decode_worker

answer = decode_worker.answer


def fragile(path, reading):
    """Dies, hangs or answers, as the file's name says."""
    name = os.path.basename(path)
    for deadly in ("SIGSEGV", "SIGABRT", "SIGKILL"):
        if deadly in name:
            os.kill(os.getpid(), getattr(signal, deadly))
    if "hangs" in name:
        time.sleep(3600)
    if "exits" in name:
        sys.exit(3)
    if "prints" in name:
        print("a library that prints")
    return answer(path, reading)


if __name__ == "__main__":
    decode_worker.answer = fragile
    decode_worker.main()
