"""Writes training_surface.npz: twenty steps under every optimizer, regularizer, constraint and clipping, by Keras.

All in float64, so that a difference is one of formulas. Also the values of schedules, regularizers and constraints.
"""

from common import as_json, save  # isort: skip  (sets Keras's environment, so it comes first)

import keras
import numpy as np

STEPS, BATCH = 20, 4
NETWORKS = {"dense": [5], "conv": [6, 6, 2]}  # -> shape of an input


def make(family: object, description: list) -> object:
    """[class name, arguments] of a family such as keras.optimizers -> an instance."""
    made = getattr(family, description[0])(**description[1])
    if description[0] == "OrthogonalRegularizer":
        made.factor = float(made.factor)  # a float32 tensor, which cannot meet float64 weights
    return made


def run(network: str, optimizer: list, loss: str = "", **special: object) -> dict:
    """One run: the network, [class, arguments] of the optimizer, the loss and the arguments of the first layer."""
    default = {"dense": "sparse_categorical_crossentropy", "conv": "binary_crossentropy"}[network]
    return {
        "network": network,
        "optimizer": optimizer,
        "loss": loss or default,
        "layer": {},
        "schedule": None,
    } | special


FAST = [
    ["SGD", {"learning_rate": 0.1}],
    ["SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}],
    ["RMSprop", {"learning_rate": 0.01}],
    ["RMSprop", {"learning_rate": 0.01, "momentum": 0.5, "centered": True, "weight_decay": 0.1}],
    ["Adam", {"learning_rate": 0.01}],
    ["Adam", {"learning_rate": 0.01, "amsgrad": True, "weight_decay": 0.1}],
    ["AdamW", {"learning_rate": 0.02}],
    ["Adadelta", {}],
    ["Adadelta", {"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-5, "weight_decay": 0.01}],
    ["Adagrad", {}],
    ["Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.01, "epsilon": 1e-3, "weight_decay": 0.05}],
    ["Adamax", {}],
    ["Adamax", {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3, "weight_decay": 0.05}],
    ["Nadam", {}],
    ["Nadam", {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3, "weight_decay": 0.05}],
    ["Ftrl", {"learning_rate": 0.1}],
    [
        "Ftrl",
        {
            "learning_rate": 0.2,
            "learning_rate_power": -0.7,
            "initial_accumulator_value": 0.2,
            "l1_regularization_strength": 0.05,
            "l2_regularization_strength": 0.1,
            "l2_shrinkage_regularization_strength": 0.02,
            "beta": 0.3,
        },
    ],
    ["Lion", {}],
    ["Lion", {"learning_rate": 0.01, "beta_1": 0.7, "beta_2": 0.8, "weight_decay": 0.1}],
    ["Lamb", {}],
    ["Lamb", {"learning_rate": 0.05, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3, "weight_decay": 0.05}],
    ["Adafactor", {"learning_rate": 0.1}],
    ["Adafactor", {"learning_rate": 0.5, "relative_step": False, "clip_threshold": 0.5, "weight_decay": 0.05}],
]
SGD, ADAM = ["SGD", {"learning_rate": 0.1}], ["Adam", {"learning_rate": 0.01}]
HELD = [  # arguments that any optimizer takes
    {"clipnorm": 0.05},
    {"clipvalue": 0.01},
    {"global_clipnorm": 0.1},
    {"use_ema": True},
    {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 4},
    {"gradient_accumulation_steps": 3},
    {"gradient_accumulation_steps": 4, "clipnorm": 0.05, "weight_decay": 0.1},
    {"gradient_accumulation_steps": 2, "use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 3},
    {"loss_scale_factor": 8.0},
]
LAYER = [  # arguments of the first layer; lists are [module, class, arguments]
    {"kernel_regularizer": ["regularizers", "L2", {"l2": 0.05}]},
    {"kernel_regularizer": ["regularizers", "L1", {"l1": 0.02}], "bias_regularizer": ["regularizers", "L2", {}]},
    {"kernel_regularizer": ["regularizers", "L1L2", {"l1": 0.01, "l2": 0.03}]},
    {"activity_regularizer": ["regularizers", "L2", {"l2": 0.1}]},
    {"activity_regularizer": ["regularizers", "L1", {"l1": 0.05}], "kernel_regularizer": ["regularizers", "L2", {}]},
    {"kernel_constraint": ["constraints", "MaxNorm", {"max_value": 0.5}]},
    {"kernel_constraint": ["constraints", "UnitNorm", {}], "bias_constraint": ["constraints", "NonNeg", {}]},
    {"kernel_constraint": ["constraints", "MinMaxNorm", {"min_value": 0.4, "max_value": 0.6, "rate": 0.3}]},
]
ROWS = {"kernel_regularizer": ["regularizers", "OrthogonalRegularizer", {"factor": 0.5}]}
COLUMNS = {"kernel_regularizer": ["regularizers", "OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}]}
SCHEDULES = [
    ["ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.7}],
    ["ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.7, "staircase": True}],
    ["PiecewiseConstantDecay", {"boundaries": [4, 11], "values": [0.1, 0.05, 0.2]}],
    ["PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 9, "end_learning_rate": 0.01, "power": 1.5}],
    ["PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 6, "cycle": True}],
    ["InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5}],
    ["InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5, "staircase": True}],
    ["CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 15, "alpha": 0.2}],
    ["CosineDecay", {"initial_learning_rate": 0.0, "decay_steps": 15, "warmup_target": 0.1, "warmup_steps": 4}],
    ["CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5}],
    [
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 6, "t_mul": 1.0, "m_mul": 0.8, "alpha": 0.1},
    ],
    ["CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 3, "t_mul": 1.5, "m_mul": 0.9}],
]
SCHEDULED = [(SCHEDULES[0], "Adam"), (SCHEDULES[2], "SGD"), (SCHEDULES[8], "RMSprop"), (SCHEDULES[9], "Nadam")]


def list_runs() -> list[dict]:
    """Returns every run."""
    runs = [run("dense", optimizer) for optimizer in FAST]
    runs += [run("conv", optimizer) for optimizer in FAST[7:]]
    runs += [run("conv", ADAM, layer=arguments) for arguments in LAYER]
    runs += [run("dense", SGD, "mean_squared_error", layer=arguments) for arguments in LAYER]
    runs += [run("dense", ADAM, layer=arguments) for arguments in (ROWS, COLUMNS)]
    runs += [run("dense", [SGD[0], SGD[1] | arguments]) for arguments in HELD]
    runs += [run("conv", [ADAM[0], ADAM[1] | arguments]) for arguments in HELD]
    runs += [run("dense", ["Nadam", {"gradient_accumulation_steps": 3}])]
    runs += [run("conv", ["Lamb", {"global_clipnorm": 0.1}], layer=LAYER[4])]
    runs += [run("conv", ["RMSprop", {"clipnorm": 0.1, "use_ema": True}], layer=LAYER[0] | LAYER[5])]
    runs += [run("dense", [name, {}], schedule=schedule) for schedule, name in SCHEDULED]
    return runs


def draw_data(network: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Draws x and y, class numbers or 0 / 1, of all steps' samples, in multiples of 1/32."""
    x = np.round(rng.normal(0, 1, (STEPS * BATCH, *NETWORKS[network])) * 32) / 32
    classes = 3 if network == "dense" else 2
    return {"x": x.astype(np.float32), "y": rng.integers(0, classes, len(x)).astype(np.int32)}


def build(described: dict) -> keras.Model:
    """Builds and compiles the network of a run."""
    arguments = {name: make(getattr(keras, value[0]), value[1:]) for name, value in described["layer"].items()}
    layers = keras.layers
    if described["network"] == "dense":
        body = [layers.Dense(6, activation="tanh", **arguments), layers.Dense(3, activation="softmax")]
    else:
        body = [layers.Conv2D(3, 3, activation="relu", **arguments), layers.MaxPooling2D(2), layers.Flatten()]
        body += [layers.Dense(1, activation="sigmoid")]
    model = keras.Sequential([keras.Input(NETWORKS[described["network"]]), *body])
    kwargs = dict(described["optimizer"][1])
    if described["schedule"]:
        kwargs["learning_rate"] = make(keras.optimizers.schedules, described["schedule"])
    optimizer = getattr(keras.optimizers, described["optimizer"][0])(**kwargs)
    model.compile(optimizer=optimizer, loss=described["loss"], jit_compile=False)
    return model


def train(described: dict, data: dict, weights: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Runs the steps; each batch's loss before its update, and the weights in the end."""
    model, losses = build(described), []
    model.set_weights(weights)
    targets = np.eye(3)[data["y"]] if described["loss"] == "mean_squared_error" else data["y"]
    targets = targets[:, None] if described["network"] == "conv" else targets
    for start in range(0, STEPS * BATCH, BATCH):
        model.reset_metrics()
        batch = slice(start, start + BATCH)
        losses.append(float(model.train_on_batch(data["x"][batch].astype(np.float64), targets[batch])))
    model.optimizer.finalize_variable_values(model.trainable_variables)
    model.reset_metrics()
    evaluated = model.evaluate(data["x"].astype(np.float64), targets, batch_size=7, verbose=0)
    made = {"losses": np.array(losses), "evaluate": np.array(evaluated)}
    return made | {f"final/{j}": w for j, w in enumerate(model.get_weights())}


VALUES = np.round(np.random.default_rng(1).normal(0, 1, (4, 3)) * 32) / 32
PENALTIES = [
    ["L1", {}],
    ["L2", {"l2": 0.3}],
    ["L1L2", {"l1": 0.1, "l2": 0.2}],
    ["OrthogonalRegularizer", {"factor": 0.7}],
    ["OrthogonalRegularizer", {"mode": "columns"}],
]
CONSTRAINTS = [
    ["MaxNorm", {"max_value": 1.0}],
    ["MaxNorm", {"max_value": 1.0, "axis": [0, 1]}],
    ["NonNeg", {}],
    ["UnitNorm", {"axis": 1}],
    ["MinMaxNorm", {"min_value": 0.9, "max_value": 1.1, "rate": 0.4}],
]


def main() -> None:
    """Writes the file."""
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    rng, arrays, runs = np.random.default_rng(0), {}, list_runs()
    initial = {}
    for network in NETWORKS:
        data = draw_data(network, rng)
        weights = [rng.uniform(-0.5, 0.5, w.shape).astype(np.float32) for w in build(run(network, SGD)).get_weights()]
        initial[network] = (data, weights)
        arrays |= {f"{network}/{name}": value for name, value in data.items()}
        arrays |= {f"{network}/initial/{j}": w for j, w in enumerate(weights)}
    for number, described in enumerate(runs):
        made = train(described, *initial[described["network"]])
        arrays |= {f"{number}/{name}": value for name, value in made.items()}
        print(number, described["optimizer"], described["layer"], made["losses"][[0, -1]].round(4))
    for number, described in enumerate(SCHEDULES):
        schedule = make(keras.optimizers.schedules, described)
        arrays[f"schedule/{number}"] = np.array([float(schedule(step)) for step in range(40)])
    arrays["values"] = VALUES
    arrays["penalties"] = np.array(
        [float(make(keras.regularizers, d)(keras.ops.convert_to_tensor(VALUES))) for d in PENALTIES]
    )
    for number, described in enumerate(CONSTRAINTS):
        arrays[f"constraint/{number}"] = np.asarray(make(keras.constraints, described)(VALUES))
    described = {"runs": runs, "schedules": SCHEDULES, "regularizers": PENALTIES, "constraints": CONSTRAINTS}
    save("training_surface", arrays | {name: as_json(value) for name, value in described.items()})


if __name__ == "__main__":
    main()
