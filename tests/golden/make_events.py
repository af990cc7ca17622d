"""Writes events.npz: records of an event file, made by TensorBoard's own classes. See README.md.

Needs the package tensorboard, and nothing of Keras.
"""

import io
from pathlib import Path

import numpy as np
from tensorboard.compat.proto import event_pb2, summary_pb2, tensor_pb2
from tensorboard.summary.writer.record_writer import RecordWriter

TIME = 1234567.5


class Buffer(io.BytesIO):
    """Keeps its bytes when it is closed."""

    def close(self):
        self.data = self.getvalue()


def recorded(**fields: object) -> np.ndarray:
    """The bytes of one record with this event."""
    buffer = Buffer()
    writer = RecordWriter(buffer)
    writer.write(event_pb2.Event(wall_time=TIME, **fields).SerializeToString(deterministic=True))
    writer.close()
    return np.frombuffer(buffer.data, np.uint8)


def main() -> None:
    """Writes events.npz."""
    value, numbers = summary_pb2.Summary.Value, np.linspace(-1, 2, 61)
    counts, edges = np.histogram(numbers, 30)
    histogram = summary_pb2.HistogramProto(
        min=-1,
        max=2,
        num=61,
        sum=numbers.sum(),
        sum_squares=np.square(numbers).sum(),
        bucket_limit=edges[1:],
        bucket=counts,
    )
    image = summary_pb2.Summary.Image(height=2, width=300, colorspace=1, encoded_image_string=b"png")
    metadata = summary_pb2.SummaryMetadata()
    metadata.plugin_data.plugin_name, metadata.plugin_data.content = "graph_keras_model", b"1"
    text = tensor_pb2.TensorProto(dtype=7, string_val=[b"{}"])
    text.tensor_shape.SetInParent()
    summaries = {
        "scalars": (7, [value(tag="epoch_loss", simple_value=0.25), value(tag="zero", simple_value=0)]),
        "first_step": (0, [value(tag="batch_accuracy", simple_value=-3.5)]),
        "histogram": (300, [value(tag="w/histogram", histo=histogram)]),
        "image": (1, [value(tag="w/image/0", image=image)]),
        "text": (0, [value(tag="keras", tensor=text, metadata=metadata)]),
    }
    made = {
        name: recorded(step=step, summary=summary_pb2.Summary(value=values))
        for name, (step, values) in summaries.items()
    }
    made["version"] = recorded(file_version="brain.Event:2")
    path = Path(__file__).resolve().parent / "events.npz"
    np.savez_compressed(path, **made)
    print(f"{path.name}: {len(made)} records, {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
