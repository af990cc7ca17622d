"""Writes training.npz: ten training steps of small networks under every optimizer, computed by Keras. See README.md."""

from common import as_json, save  # isort: skip  (sets Keras's environment, so it comes first)

import keras
import numpy as np

STEPS, BATCH_SIZE, LAST_BATCH_SIZE = 10, 6, 3
SAMPLES = (STEPS - 1) * BATCH_SIZE + LAST_BATCH_SIZE


def layer(class_name: str, **kwargs) -> dict:
    """Returns the description of one layer as it stands in training.npz."""
    return {"class_name": class_name, "kwargs": kwargs}


def body(*convolutions: dict) -> list[dict]:
    """Returns the layers `convolutions`, then 2x2 max pooling and Flatten."""
    return [*convolutions, layer("MaxPooling2D", pool_size=2), layer("Flatten")]


CONV = body(layer("Conv2D", filters=4, kernel_size=3, activation="relu"))
CONV_CONV = body(
    layer("Conv2D", filters=4, kernel_size=3, padding="same", activation="relu"),
    layer("Conv2D", filters=5, kernel_size=3, activation="relu"),
)
# No bias before the batch normalisation: its gradient is rounding noise, which Adam would turn into steps.
CONV_NORM = body(layer("Conv2D", filters=4, kernel_size=3, use_bias=False), layer("BatchNormalization"), layer("ReLU"))
MLP = [layer("Dense", units=8, activation="tanh"), layer("Dense", units=2)]

NETWORKS = {
    "binary": {"input_shape": [8, 8, 3], "layers": [*CONV, layer("Dense", units=1, activation="sigmoid")]},
    "categorical": {"input_shape": [8, 7, 2], "layers": [*CONV_CONV, layer("Dense", units=3, activation="softmax")]},
    "sparse": {"input_shape": [8, 8, 1], "layers": [*CONV_NORM, layer("Dense", units=3, activation="softmax")]},
    "regression": {"input_shape": [5], "layers": MLP},
    "softmax2": {"input_shape": [8, 8, 3], "layers": [*CONV, layer("Dense", units=2, activation="softmax")]},
    "binary_logits": {"input_shape": [8, 8, 3], "layers": [*CONV, layer("Dense", units=1)]},
    "categorical_logits": {"input_shape": [8, 7, 2], "layers": [*CONV_CONV, layer("Dense", units=3)]},
    "sparse_logits": {"input_shape": [8, 8, 1], "layers": [*CONV_NORM, layer("Dense", units=3)]},
}
CLASSES = {"binary": 2, "binary_logits": 2, "softmax2": 2, "regression": 0}  # all others: 3
LOSSES = {
    "binary": ("BinaryCrossentropy", {}),
    "categorical": ("CategoricalCrossentropy", {}),
    "sparse": ("SparseCategoricalCrossentropy", {}),
    "regression": ("MeanSquaredError", {}),
    "softmax2": ("BinaryCrossentropy", {}),
    "binary_logits": ("BinaryCrossentropy", {"from_logits": True}),
    "categorical_logits": ("CategoricalCrossentropy", {"from_logits": True}),
    "sparse_logits": ("SparseCategoricalCrossentropy", {"from_logits": True}),
}
OPTIMIZERS = [
    ("SGD", {"learning_rate": 0.05}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
    ("RMSprop", {}),
    ("RMSprop", {"momentum": 0.9}),
    ("RMSprop", {"centered": True}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True}),
    ("AdamW", {}),
    ("Adam", {"weight_decay": 0.01}),
]
# Settings under which an optimizer's rarer arguments show within ten steps.
SHARP_OPTIMIZERS = [
    ("SGD", {"learning_rate": 0.05, "weight_decay": 0.2}),
    ("SGD", {"learning_rate": 0.05, "clipnorm": 0.1}),
    ("SGD", {"learning_rate": 0.05, "global_clipnorm": 0.2}),
    ("SGD", {"learning_rate": 0.05, "clipvalue": 0.02}),
    ("RMSprop", {"learning_rate": 0.01, "rho": 0.5, "momentum": 0.5, "centered": True, "epsilon": 1e-3}),
    ("Adam", {"learning_rate": 0.01, "beta_1": 0.6, "beta_2": 0.5}),
    ("Adam", {"learning_rate": 0.01, "beta_1": 0.6, "beta_2": 0.5, "amsgrad": True}),
    ("Adam", {"learning_rate": 0.01, "epsilon": 0.01}),
    ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.5}),
]


def list_runs() -> list[dict]:
    """Returns every run: network, optimizer, loss, and the special arguments of a few."""

    def run(network, optimizer, loss_kwargs=None, **special):
        loss, kwargs = LOSSES[network]
        return {
            "network": network,
            "optimizer": {"class_name": optimizer[0], "kwargs": optimizer[1]},
            "loss": {"class_name": loss, "kwargs": {**kwargs, **(loss_kwargs or {})}},
            "class_weight": None,
            "sample_weight": False,
            **special,
        }

    plain = ("binary", "categorical", "sparse", "regression")
    runs = [run(network, optimizer) for network in plain for optimizer in OPTIMIZERS]
    sgd, adam = ("SGD", {"learning_rate": 0.05}), ("Adam", {"learning_rate": 0.01})
    runs += [run(network, adam) for network in NETWORKS if network not in plain]
    runs += [run("categorical", optimizer) for optimizer in SHARP_OPTIMIZERS]
    runs += [run("binary", sgd, class_weight={"0": 1.0, "1": 3.0})]
    runs += [run("categorical", sgd, class_weight={"0": 0.5, "1": 1.0, "2": 2.0})]
    runs += [run("sparse", sgd, class_weight={"0": 0.5, "1": 1.0, "2": 2.0})]
    runs += [run(network, sgd, sample_weight=True) for network in plain]
    runs += [run(network, sgd, {"label_smoothing": 0.1}) for network in ("binary", "categorical", "categorical_logits")]
    return runs


def draw_data(network: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draws x, y, sample_weight of `SAMPLES` samples: each class is noise around a pattern of its own."""
    shape = NETWORKS[network]["input_shape"]
    # Multiples of 1/32 are exact in float32 and compress well.
    x = np.round(rng.normal(0, 0.5, (SAMPLES, *shape)) * 32) / 32
    classes = CLASSES.get(network, 3)
    if classes:
        labels = rng.permutation(np.arange(SAMPLES) % classes)
        x += (np.round(rng.normal(0, 0.5, (classes, *shape)) * 32) / 32)[labels]
    if network == "regression":
        y = np.round(np.stack([x[:, 0] - x[:, 1], x[:, 2:].sum(1)], axis=1) * 32) / 32
    elif network.startswith("sparse"):
        y = labels
    elif network in ("binary", "binary_logits"):
        y = labels[:, None]
    else:
        y = np.eye(classes)[labels]
    weights = rng.choice([0.0, 0.5, 1.0, 2.0], SAMPLES)
    kind = np.int32 if network.startswith("sparse") else np.float32
    return {"x": x.astype(np.float32), "y": y.astype(kind), "sample_weight": weights.astype(np.float32)}


def build(network: str, dtype: str = "float32") -> keras.Model:
    """Builds the network by its description, in float32 or float64."""
    keras.config.set_floatx(dtype)
    keras.config.set_dtype_policy(dtype)
    described = NETWORKS[network]
    model = keras.Sequential([keras.Input(described["input_shape"])])
    for part in described["layers"]:
        model.add(getattr(keras.layers, part["class_name"])(**part["kwargs"]))
    return model


def draw_weights(model: keras.Model, rng: np.random.Generator) -> list[np.ndarray]:
    """Draws initial weights in the order of get_weights(): Glorot's limits, small biases, scales near 1."""
    values = []
    for weight in model.weights:
        shape = tuple(weight.shape)
        if weight.name == "kernel":
            limit = np.sqrt(6 / (np.prod(shape[:-1]) + np.prod(shape) / shape[-2]))
            value = rng.uniform(-limit, limit, shape)
        elif weight.name in ("gamma", "moving_variance"):
            value = rng.uniform(0.8, 1.2, shape)
        else:
            value = rng.uniform(-0.1, 0.1, shape)
        values.append(value.astype(np.float32))
    return values


def compiled(run: dict, weights: list[np.ndarray], dtype: str = "float32") -> keras.Model:
    """Returns the network of `run` with `weights`, compiled with its optimizer and loss."""
    model = build(run["network"], dtype)
    model.set_weights(weights)
    optimizer = getattr(keras.optimizers, run["optimizer"]["class_name"])(**run["optimizer"]["kwargs"])
    loss = getattr(keras.losses, run["loss"]["class_name"])(**run["loss"]["kwargs"])
    metrics = ["mae"] if run["network"] == "regression" else ["accuracy"]
    # Without XLA: plain TensorFlow kernels, one per operation.
    model.compile(optimizer=optimizer, loss=loss, metrics=metrics, jit_compile=False)
    return model


def train(run: dict, data: dict, weights: list[np.ndarray], dtype: str = "float32") -> tuple[keras.Model, list[float]]:
    """Trains `STEPS` single steps; returns the model and each batch's loss before its update."""
    model, losses = compiled(run, weights, dtype), []
    class_weight = run["class_weight"] and {int(key): value for key, value in run["class_weight"].items()}
    for start in range(0, SAMPLES, BATCH_SIZE):
        batch = slice(start, start + BATCH_SIZE)
        extra = {"class_weight": class_weight} if class_weight else {}
        if run["sample_weight"]:
            extra["sample_weight"] = data["sample_weight"][batch]
        # train_on_batch returns running means: reset them to get this batch's own loss.
        model.reset_metrics()
        losses.append(float(model.train_on_batch(data["x"][batch], data["y"][batch], **extra)[0]))
    return model, losses


def record_run(run: dict, key: str, data: dict, weights: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Runs `run` in float32 and in float64; returns the arrays under `key`/... and the error of float32 in `run`."""
    exact, exact_losses = train(run, data, weights, "float64")
    model, losses = train(run, data, weights)
    final = model.get_weights()
    pairs = zip(final, exact.get_weights(), strict=True)
    run["float32_error_of_weights"] = float(max(np.abs(a - b).max() for a, b in pairs))
    run["float32_error_of_losses"] = float(np.abs(np.subtract(losses, exact_losses)).max())
    held_out = {"x": data["x"][: 2 * BATCH_SIZE], "y": data["y"][: 2 * BATCH_SIZE]}
    weighted = {"sample_weight": data["sample_weight"][: 2 * BATCH_SIZE]}
    arrays = {f"{key}/losses": np.array(losses, np.float32)}
    arrays |= {f"{key}/final/{number}": value for number, value in enumerate(final)}
    arrays[f"{key}/predict"] = model.predict(held_out["x"], verbose=0)
    evaluated = model.evaluate(**held_out, batch_size=5, verbose=0)
    arrays[f"{key}/evaluate"] = np.array(evaluated, np.float32)
    evaluated = model.evaluate(**held_out, **weighted, batch_size=5, verbose=0)
    arrays[f"{key}/evaluate_weighted"] = np.array(evaluated, np.float32)
    return arrays


def record_fit(network: str, data: dict, weights: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Records fit() with validation_split, shuffle=False, 3 epochs: its History and the final weights."""
    run = next(run for run in list_runs() if run["network"] == network)
    arguments = {"batch_size": 8, "epochs": 3, "validation_split": 0.25, "shuffle": False}
    model = compiled(run, weights)
    history = model.fit(data["x"], data["y"], verbose=0, **arguments)
    described = {"network": network, "optimizer": run["optimizer"], "loss": run["loss"], "fit": arguments}
    arrays = {f"fit/{network}/config": as_json({**described, "history": history.history})}
    arrays |= {f"fit/{network}/final/{number}": value for number, value in enumerate(model.get_weights())}
    return arrays


def main() -> None:
    """Writes training.npz."""
    arrays, runs, data, weights = {}, list_runs(), {}, {}
    for number, network in enumerate(NETWORKS):
        rng = np.random.default_rng(number)
        data[network], model = draw_data(network, rng), build(network)
        weights[network] = draw_weights(model, rng)
        owners = enumerate(model.layers)
        NETWORKS[network]["weights"] = [f"{index}/{weight.name}" for index, owner in owners for weight in owner.weights]
        arrays |= {f"{network}/{name}": value for name, value in data[network].items()}
        arrays |= {f"{network}/initial/{index}": value for index, value in enumerate(weights[network])}
    for number, run in enumerate(runs):
        arrays |= record_run(run, str(number), data[run["network"]], weights[run["network"]])
    for network in ("binary", "categorical", "sparse", "regression"):
        arrays |= record_fit(network, data[network], weights[network])
    described = {"batch_size": BATCH_SIZE, "networks": NETWORKS, "runs": runs}
    save("training", {"described": as_json(described), **arrays})
    for kind in ("weights", "losses"):
        print(f"largest float32 error of {kind}:", max(run[f"float32_error_of_{kind}"] for run in runs))


if __name__ == "__main__":
    main()
