"""Sends the values of every epoch to a server."""

import json
import warnings

import numpy as np

from fastcnn.callbacks.base import Callback, Logs

_TIMEOUT = 10.0  # seconds; a server that hangs must not hold up training


class RemoteMonitor(Callback):
    """POST the epoch's number and logs to ``root + path`` after every epoch.

    ``send_as_json`` sends a JSON object, else a form whose ``field`` holds its text. A server that cannot be reached
    costs a warning. Raises ValueError unless ``root`` is an http or https address.
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict[str, str] | None = None,
        send_as_json: bool = False,
    ):
        super().__init__()
        if not root.startswith(("http://", "https://")):
            raise ValueError(f"RemoteMonitor: root must begin with http:// or https://. Received: {root!r}")
        self.root, self.path, self.field, self.headers, self.send_as_json = root, path, field, headers, send_as_json

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Send the epoch."""
        import urllib.parse  # slow to import, needed here only
        import urllib.request

        values = {name: np.asarray(value).tolist() for name, value in (logs or {}).items()}
        text = json.dumps({"epoch": epoch, **values})
        data = text if self.send_as_json else urllib.parse.urlencode({self.field: text})
        kind = "application/json" if self.send_as_json else "application/x-www-form-urlencoded"
        headers = {"Content-Type": kind} | (self.headers or {})
        request = urllib.request.Request(self.root + self.path, data.encode(), headers)  # noqa: S310 (checked above)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT):  # noqa: S310
                pass
        except OSError as error:  # URLError is one
            warnings.warn(f"RemoteMonitor: could not reach {self.root}: {error}", stacklevel=2)
