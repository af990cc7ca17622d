"""RemoteMonitor against a real server on this machine; SwapEMAWeights."""

import json
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest

from fastcnn import Sequential, callbacks, layers, optimizers
from fastcnn.utils import set_random_seed

X, Y = np.random.default_rng(0).standard_normal((12, 3)).astype("f4"), np.ones(12)


def fitted(*listed: object, epochs: int = 2, use_ema: bool = False, **kwargs: object) -> Sequential:
    set_random_seed(1)
    model = Sequential([layers.Input((3,)), layers.Dense(1)], backend="numpy")
    model.compile(optimizers.SGD(0.1, use_ema=use_ema, ema_momentum=0.5), "mse")
    model.fit(X, Y, epochs=epochs, batch_size=4, shuffle=False, verbose=0, callbacks=list(listed), **kwargs)
    return model


@pytest.fixture
def server():
    """(address, list of (path, headers, text of each request))."""
    received = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            received.append((self.path, dict(self.headers), text))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()
        thread.join()


@pytest.mark.covers("callbacks.RemoteMonitor")
def test_remote_monitor_posts_every_epoch_as_json_or_as_a_form(server):
    root, received = server
    model = fitted(callbacks.RemoteMonitor(root, send_as_json=True, headers={"X-Run": "7"}))
    model.fit(X, Y, verbose=0, callbacks=[callbacks.RemoteMonitor(root, "/p", field="f")])
    assert [path for path, _, _ in received] == ["/publish/epoch/end/"] * 2 + ["/p"]
    assert [json.loads(text)["epoch"] for _, _, text in received[:2]] == [0, 1]
    assert received[0][1]["X-Run"] == "7"
    assert received[0][1]["Content-Type"] == "application/json"
    form = urllib.parse.parse_qs(received[2][2])
    assert json.loads(form["f"][0]) == {"epoch": 0, "loss": model.history.history["loss"][0]}


@pytest.mark.covers("callbacks.RemoteMonitor")
def test_remote_monitor_goes_on_when_nobody_listens():
    with pytest.warns(UserWarning, match=r"could not reach http://127.0.0.1:9"):
        fitted(callbacks.RemoteMonitor("http://127.0.0.1:9"), epochs=1)
    with pytest.raises(ValueError, match=r"root must begin with http:// or https://. Received: 'file:///etc'"):
        callbacks.RemoteMonitor("file:///etc")


def average(model: Sequential) -> np.ndarray:
    return model.optimizer.slot(model.trainable_weights[0], "average").numpy()


@pytest.mark.covers("callbacks.SwapEMAWeights")
@pytest.mark.parametrize("swap_on_epoch", [False, True])
def test_averages_stand_for_the_weights_while_these_are_looked_at(swap_on_epoch):
    seen = {}

    class Look(callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen["trained"] = self.model.get_weights()[0]

        def on_test_batch_end(self, batch, logs=None):
            seen["tested"] = self.model.get_weights()[0]

    def save(epoch, logs):
        seen.setdefault("saved", []).append(model_of.model.get_weights()[0])

    plain, model_of = fitted(Look(), use_ema=True), callbacks.SwapEMAWeights(swap_on_epoch)
    weights = seen["trained"]
    last = callbacks.LambdaCallback(on_epoch_end=save)
    last.comes_last = 3
    model = fitted(model_of, Look(), last, use_ema=True, validation_data=(X, Y))
    np.testing.assert_array_equal(seen["trained"], weights)  # training itself is the same
    np.testing.assert_array_equal(seen["tested"], plain.get_weights()[0])
    assert (seen["tested"] != seen["trained"]).any()
    np.testing.assert_array_equal(seen["saved"][-1], seen["tested" if swap_on_epoch else "trained"])
    np.testing.assert_array_equal(model.get_weights()[0], average(plain))
    model.predict(X, verbose=0, callbacks=[callbacks.SwapEMAWeights()])
    np.testing.assert_array_equal(model.get_weights()[0], average(plain))


@pytest.mark.covers("callbacks.SwapEMAWeights")
def test_optimizer_without_averages_is_refused_before_training():
    with pytest.raises(ValueError, match="make it with use_ema=True"):
        fitted(callbacks.SwapEMAWeights())
