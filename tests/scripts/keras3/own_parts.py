"""Everything of one's own: layer, loss, metric, callback, dataset; saved and loaded."""

import os

os.environ["KERAS_BACKEND"] = "tensorflow"

import math
import numpy as np
import keras
from keras import layers, ops

keras.utils.set_random_seed(812)


@keras.utils.register_keras_serializable(package="my_layers")
class SquaredReLU(layers.Layer):
    def __init__(self, units=16, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight(
            shape=(input_shape[-1], self.units), initializer="glorot_uniform", trainable=True, name="w"
        )
        self.b = self.add_weight(shape=(self.units,), initializer="zeros", trainable=True, name="b")

    def call(self, inputs):
        return ops.square(ops.relu(ops.matmul(inputs, self.w) + self.b))

    def get_config(self):
        config = super().get_config()
        config.update({"units": self.units})
        return config


class SmoothL1(keras.losses.Loss):
    def __init__(self, beta=1.0, name="smooth_l1", **kwargs):
        super().__init__(name=name, **kwargs)
        self.beta = beta

    def call(self, y_true, y_pred):
        error = ops.abs(ops.cast(y_true, y_pred.dtype) - y_pred)
        return ops.mean(ops.where(error < self.beta, 0.5 * error**2 / self.beta, error - 0.5 * self.beta), axis=-1)


class HitRate(keras.metrics.Metric):
    def __init__(self, name="hit_rate", **kwargs):
        super().__init__(name=name, **kwargs)
        self.hits = self.add_weight(name="hits", initializer="zeros")
        self.total = self.add_weight(name="total", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        same = ops.cast(ops.equal(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1)), "float32")
        self.hits.assign_add(ops.sum(same))
        self.total.assign_add(ops.cast(ops.size(same), "float32"))

    def result(self):
        return self.hits / self.total

    def reset_state(self):
        self.hits.assign(0.0)
        self.total.assign(0.0)


class Blobs(keras.utils.PyDataset):
    def __init__(self, x_set, y_set, batch_size, **kwargs):
        super().__init__(**kwargs)
        self.x, self.y = x_set, y_set
        self.batch_size = batch_size

    def __len__(self):
        return math.ceil(len(self.x) / self.batch_size)

    def __getitem__(self, idx):
        low = idx * self.batch_size
        high = min(low + self.batch_size, len(self.x))
        return self.x[low:high], self.y[low:high]


class Printer(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print("\nepoch {}: hit rate {:.2f}, rate {:.5f}".format(
            epoch, logs["hit_rate"], float(self.model.optimizer.learning_rate)))


rng = np.random.default_rng(0)
y = rng.integers(0, 3, 90)
x = rng.normal(size=(90, 8)).astype("float32")
x[np.arange(90), y] += 3
y = keras.utils.to_categorical(y)

schedule = keras.optimizers.schedules.CosineDecay(1e-2, decay_steps=40)
inputs = keras.Input((8,))
hidden = SquaredReLU(12)(inputs)
hidden = layers.LayerNormalization()(hidden)
outputs = layers.Dense(3, activation="softmax", kernel_regularizer=keras.regularizers.L2(1e-4))(hidden)
model = keras.Model(inputs, outputs, name="own")
model.compile(
    optimizer=keras.optimizers.AdamW(learning_rate=schedule, weight_decay=1e-3, clipnorm=1.0),
    loss=SmoothL1(beta=0.5),
    metrics=[HitRate()],
)
history = model.fit(Blobs(x, y, 16, workers=2), epochs=3, callbacks=[Printer()], verbose=2)

model.save("own.keras")
loaded = keras.saving.load_model("own.keras", custom_objects={"SmoothL1": SmoothL1, "HitRate": HitRate})
np.testing.assert_allclose(model.predict(x), loaded.predict(x), rtol=1e-5)
print("saved and loaded:", loaded.name, [type(layer).__name__ for layer in loaded.layers])
