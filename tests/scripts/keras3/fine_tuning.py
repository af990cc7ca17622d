"""Weights from one model to another, frozen layers, training by hand."""

import keras
import numpy as np
from keras import layers

keras.utils.set_random_seed(1)

(x_train, y_train), (x_test, y_test) = keras.datasets.cifar10.load_data()
x_train, x_test = x_train / 255.0, x_test / 255.0


def base():
    return keras.Sequential(
        [
            layers.Input((32, 32, 3)),
            layers.Conv2D(8, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, padding="same", activation="gelu"),
            layers.GlobalAveragePooling2D(),
        ],
        name="base",
    )


def classifier(body, classes):
    inputs = keras.Input((32, 32, 3))
    x = body(inputs, training=False)
    x = layers.Dropout(0.2)(x)
    return keras.Model(inputs, layers.Dense(classes, activation="softmax")(x))


first = classifier(base(), 10)
first.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
early = keras.callbacks.EarlyStopping(monitor="val_loss", patience=2, restore_best_weights=True)
first.fit(x_train, y_train, epochs=2, batch_size=16, validation_split=0.2, callbacks=[early], verbose=2)

body = keras.models.clone_model(first.get_layer("base"))
body.set_weights(first.get_layer("base").get_weights())
body.trainable = False

second = classifier(body, 2)
second.compile(
    optimizer=keras.optimizers.SGD(learning_rate=0.1, momentum=0.9, nesterov=True),
    loss=keras.losses.SparseCategoricalCrossentropy(),
    metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")],
)
second.summary()
print("trainable:", len(second.trainable_weights), "frozen:", len(second.non_trainable_weights))

animals = (y_train >= 2) & (y_train <= 7)
before = body.get_weights()
for step in range(4):
    picked = np.random.choice(len(x_train), 16)
    logs = second.train_on_batch(x_train[picked], animals[picked].astype("int64"), return_dict=True)
    print(f"step {step}: loss {logs['loss']:.3f}")
print("body unchanged:", all(np.array_equal(a, b) for a, b in zip(before, body.get_weights())))

second.save_weights("second.weights.h5")
again = classifier(base(), 2)
again.load_weights("second.weights.h5")
np.testing.assert_allclose(again.predict(x_test), second.predict(x_test), rtol=1e-5)
probabilities = second(x_test[:3]).numpy()
print("probabilities:", probabilities.shape)
