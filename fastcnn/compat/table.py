"""Every older spelling and the present one: the only place that knows them. Translation and documentation read this.

Versions: Keras 1 is 0.3 to 1.2, Keras 2 is 2.0 to 2.3 and tf.keras up to 2.15, the present spelling is Keras 3's.
"""

# Older argument -> the present ones. It is translated for any layer, function or method that has no argument of the
# older name and has one of the present ones; so one entry serves all of them.
ARGUMENTS: dict[str, tuple[str, ...]] = {
    # layers
    "output_dim": ("units",),
    "nb_filter": ("filters",),
    "filter_length": ("kernel_size",),
    "subsample": ("strides",),
    "subsample_length": ("strides",),
    "stride": ("strides",),
    "atrous_rate": ("dilation_rate",),
    "border_mode": ("padding",),
    "dim_ordering": ("data_format",),
    "pool_length": ("pool_size",),
    "length": ("size",),
    "init": ("kernel_initializer", "depthwise_initializer", "pointwise_initializer", "alpha_initializer"),
    "W_regularizer": ("kernel_regularizer",),
    "b_regularizer": ("bias_regularizer",),
    "W_constraint": ("kernel_constraint",),
    "b_constraint": ("bias_constraint",),
    "bias": ("use_bias",),
    "p": ("rate",),
    "sigma": ("stddev",),
    "alpha": ("negative_slope",),
    "beta_init": ("beta_initializer",),
    "gamma_init": ("gamma_initializer",),
    "input": ("inputs",),
    "output": ("outputs",),
    # optimizers, regularizers, constraints, initializers, callbacks
    "lr": ("learning_rate",),
    "l": ("l1", "l2"),
    "m": ("max_value",),
    "scale": ("gain",),
    "epsilon": ("min_delta",),
    "on_batch_begin": ("on_train_batch_begin",),
    "on_batch_end": ("on_train_batch_end",),
    # methods of models
    "nb_epoch": ("epochs",),
    "max_q_size": ("max_queue_size",),
    "nb_worker": ("workers",),
    "pickle_safe": ("use_multiprocessing",),
    # photos and arrays
    "grayscale": ("color_mode",),
    "X": ("x",),
    "row_index": ("row_axis",),
    "col_index": ("col_axis",),
    "channel_index": ("channel_axis",),
    "nb_classes": ("num_classes",),
}
# The same, for one class or function alone; these hold even where it has an argument of the older name.
OWN_ARGUMENTS: dict[str, dict[str, tuple[str, ...]]] = {
    "InputLayer": {"input_shape": ("shape",), "batch_input_shape": ("batch_shape",)},
    "to_categorical": {"y": ("x",)},
}

# Keras 1's order of axes -> data_format.
DATA_FORMATS = {"tf": "channels_last", "th": "channels_first"}
# Present argument -> older value -> present value, however the value was given.
VALUES: dict[str, dict[object, object]] = {
    "data_format": {**DATA_FORMATS, "default": None},
    "color_mode": {True: "grayscale", False: "rgb"},
    "class_mode": {"other": "raw"},
}

ANY = object()
_RUNS = ("fit", "evaluate", "predict", "fit_generator", "evaluate_generator", "predict_generator")
# Arguments that mean nothing any more -> (where, LAYERS for all of them; the values that may be left out, ANY for all;
# why, or what to do instead).
LAYERS = ("layers",)
DROPPED: dict[str, tuple[tuple[str, ...], object, str]] = {
    "mode": (("BatchNormalization",), (0,), "only mode=0, per channel, is left"),
    "output_shape": (("Conv2DTranspose",), ANY, "the output's shape follows from the other arguments"),
    "input_dtype": (LAYERS, ANY, "the model's dtype holds"),
    "class_mode": (("compile",), ANY, "the loss says it"),
    "theano_mode": (("compile",), (None,), "there is no Theano"),
    "sample_weight_mode": (("compile",), (None,), "sample weights are one number a sample"),
    "target_tensors": (("compile",), (None,), "targets are arrays"),
    "max_queue_size": (_RUNS, ANY, "batches are prepared ahead by themselves"),
    "workers": (_RUNS, ANY, "threads are used by themselves"),
    "use_multiprocessing": (_RUNS, ANY, "threads are used by themselves"),
    "max_q_size": (_RUNS, ANY, "batches are prepared ahead by themselves"),
    "nb_worker": (_RUNS, ANY, "threads are used by themselves"),
    "pickle_safe": (_RUNS, ANY, "threads are used by themselves"),
    "has_ext": (("flow_from_dataframe", "DataFrameIterator"), ANY, "names are looked up as they are"),
    "sort": (("flow_from_dataframe", "DataFrameIterator"), ANY, "rows keep their order"),
    "drop_duplicates": (("flow_from_dataframe", "DataFrameIterator"), ANY, "rows stay as they are"),
}

# Layers whose window was given as several integers after the filters -> their names.
WINDOWS: dict[str, tuple[str, ...]] = {
    "Conv2D": ("nb_row", "nb_col"),
    "SeparableConv2D": ("nb_row", "nb_col"),
    "Conv2DTranspose": ("nb_row", "nb_col"),
    "LocallyConnected2D": ("nb_row", "nb_col"),
    "Conv3D": ("kernel_dim1", "kernel_dim2", "kernel_dim3"),
}
# What Keras 1 took by position after the window.
AFTER_WINDOW = ("init", "activation", "weights", "border_mode", "subsample", "dim_ordering")
AFTER_WINDOW_OF = {"Conv2DTranspose": ("output_shape", *AFTER_WINDOW)}

# Module -> older class or function -> where it is now, as module.name, or a module; taken for granted, with a note.
NAMES: dict[str, dict[str, str]] = {
    "regularizers": {
        "l1l2": "regularizers.l1_l2",
        "activity_l1": "regularizers.L1",
        "activity_l2": "regularizers.L2",
        "activity_l1l2": "regularizers.l1_l2",
        "WeightRegularizer": "regularizers.L1L2",
        "ActivityRegularizer": "regularizers.L1L2",
    },
    "constraints": {
        "maxnorm": "constraints.MaxNorm",
        "nonneg": "constraints.NonNeg",
        "unitnorm": "constraints.UnitNorm",
    },
    "initializers": {
        "zero": "initializers.Zeros",
        "one": "initializers.Ones",
        "uniform": "initializers.RandomUniform",
        "normal": "initializers.RandomNormal",
    },
    "utils": {
        "plot": "utils.plot_model",
    },
}
# The same without a note: second names that Keras 3 still has, and what gives a note itself when it is called.
SYNONYMS: dict[str, dict[str, str]] = {
    "layers": {
        "merge": "compat.merging.merge",
        **dict.fromkeys(("Deconvolution2D", "Deconv2D"), "layers.Conv2DTranspose"),
        **dict.fromkeys(("AtrousConvolution1D", "AtrousConv1D"), "layers.Conv1D"),
        **dict.fromkeys(("AtrousConvolution2D", "AtrousConv2D"), "layers.Conv2D"),
    },
    "models": {"Input": "layers.Input"},
    "metrics": {
        **dict.fromkeys(("mse", "MSE"), "metrics.mean_squared_error"),
        **dict.fromkeys(("mae", "MAE"), "metrics.mean_absolute_error"),
        **dict.fromkeys(("mape", "MAPE"), "metrics.mean_absolute_percentage_error"),
        **dict.fromkeys(("msle", "MSLE"), "metrics.mean_squared_logarithmic_error"),
    },
    "saving": {
        **{name: f"models.{name}" for name in ("load_model", "save_model", "model_from_json")},
        **{
            name: f"custom_objects.{name}"
            for name in ("get_custom_objects", "custom_object_scope", "register_keras_serializable")
        },
    },
    "utils": {
        **dict.fromkeys(("np_utils", "vis_utils", "generic_utils", "data_utils", "io_utils", "layer_utils"), "utils"),
        **{name: f"compat.utilities.{name}" for name in ("print_summary", "multi_gpu_model", "HDF5Matrix")},
    },
    "preprocessing": {"sequence": "utils", "image_dataset_from_directory": "utils.image_dataset_from_directory"},
    "optimizers": {
        **{name.lower(): f"optimizers.{name}" for name in ("SGD", "RMSprop", "Adam", "AdamW", "Adagrad", "Adadelta")},
        **{name.lower(): f"optimizers.{name}" for name in ("Adamax", "Nadam", "Ftrl")},
    },
    "regularizers": {name.lower(): f"regularizers.{name}" for name in ("L1", "L2")}
    | {"orthogonal_regularizer": "regularizers.OrthogonalRegularizer"},
    "constraints": {
        "max_norm": "constraints.MaxNorm",
        "non_neg": "constraints.NonNeg",
        "unit_norm": "constraints.UnitNorm",
        "min_max_norm": "constraints.MinMaxNorm",
    },
    "initializers": {
        "zeros": "initializers.Zeros",
        "ones": "initializers.Ones",
        "constant": "initializers.Constant",
        "identity": "initializers.Identity",
        "random_uniform": "initializers.RandomUniform",
        "random_normal": "initializers.RandomNormal",
        "truncated_normal": "initializers.TruncatedNormal",
        "variance_scaling": "initializers.VarianceScaling",
        "orthogonal": "initializers.Orthogonal",
        "glorot_uniform": "initializers.GlorotUniform",
        "glorot_normal": "initializers.GlorotNormal",
        "he_uniform": "initializers.HeUniform",
        "he_normal": "initializers.HeNormal",
        "lecun_uniform": "initializers.LecunUniform",
        "lecun_normal": "initializers.LecunNormal",
    },
}
_RECURRENT = "fastcnn is for images: recurrent layers are absent. Conv1D reads sequences too"
_SEQUENCE = "fastcnn is for images: layers for words and sequences are absent"
_AUGMENTING = "absent: use RandAugment, RandomColorDegeneration, RandomContrast, RandomShear, or a Layer with call"
# Module -> what there was and is not here -> what to use, or that it is absent.
REFUSED: dict[str, dict[str, str]] = {
    "layers": {
        **dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "RNN", "LSTMCell", "GRUCell", "SimpleRNNCell"), _RECURRENT),
        **dict.fromkeys(("StackedRNNCells", "ConvLSTM2D", "Bidirectional", "ConvRecurrent2D"), _RECURRENT),
        **dict.fromkeys(("Embedding", "Masking", "TextVectorization", "StringLookup", "Attention"), _SEQUENCE),
        **dict.fromkeys(("TimeDistributed", "TimeDistributedDense", "MultiHeadAttention"), _SEQUENCE),
        **dict.fromkeys(("AugMix", "CLAHE", "RandomElasticTransform", "RandomGaussianBlur", "RandomHue"), _AUGMENTING),
        **dict.fromkeys(("RandomSaturation", "RandomColorJitter", "RandomPerspective"), _AUGMENTING),
        "SpatialDropout3D": "volumes are absent: use SpatialDropout2D",
        "RMSNormalization": "absent: use LayerNormalization",
        "Wrapper": "absent: keep the layer as an attribute of your own Layer and call it in call()",
        "Highway": "absent since Keras 2: write it with Dense, Multiply and Add in a functional model",
        "MaxoutDense": "absent since Keras 2: use Dense and layers.Maximum in a functional model",
        "SReLU": "absent since Keras 2: use PReLU or LeakyReLU",
        "ParametricSoftplus": "absent since Keras 2: use Activation('softplus')",
        "Graph": "absent since Keras 1: use Model(inputs=..., outputs=...)",
        "Merge": "absent since Keras 2: use Add, Concatenate or their like in a functional model",
    },
    "models": {
        "Graph": "absent since Keras 1: use Model(inputs=..., outputs=...)",
        "model_from_yaml": "YAML is absent since Keras 2.6: use to_json() and model_from_json()",
    },
    "optimizers": {
        "Muon": "for large language models: use AdamW",
        "ScheduleFreeAdamW": "absent: use AdamW with optimizers.schedules.CosineDecay",
        "LossScaleOptimizer": "gradients have 32 bits here, which need no scaling: use the inner optimizer",
    },
    "regularizers": {"EigenvalueRegularizer": "absent since Keras 2"},
}

# Older attribute -> the present one; looked up where an object has no attribute of the older name. Attributes of layers
# that hold arguments follow ARGUMENTS.
ATTRIBUTES: dict[str, str] = {
    "nb_sample": "samples",
    "N": "n",
    "nb_class": "num_classes",
    "num_class": "num_classes",
    "W": "kernel",
    "b": "bias",
}

# Losses by their older or shorter names; the short ones also in capitals.
LOSSES: dict[str, str] = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
    "cosine": "cosine_similarity",
    "cosine_proximity": "cosine_similarity",
    "huber_loss": "huber",
}
# Two names for one key of logs and histories; with val_ in front too.
LOG_KEYS = (("acc", "accuracy"), ("lr", "learning_rate"))
# mode of Keras 1's merge() -> the layer that took it over.
MERGE_MODES = {
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
    "concat": "Concatenate",
    "dot": "Dot",
}

# Words of Keras 1 beside which a number by position counts samples.
KERAS_1_COUNTS = (
    *("samples_per_epoch", "nb_epoch", "nb_val_samples", "val_samples"),
    *("max_q_size", "nb_worker", "pickle_safe"),
)

# Keywords that mean nothing but Keras 1 or 2, wherever a script has them.
UNMISTAKABLE = frozenset(
    (
        *(
            "nb_filter",
            "nb_row",
            "nb_col",
            "filter_length",
            "subsample",
            "subsample_length",
            "border_mode",
            "dim_ordering",
        ),
        *("pool_length", "W_regularizer", "b_regularizer", "W_constraint", "b_constraint", "lr", "show_accuracy"),
        *("nb_epoch", "samples_per_epoch", "nb_val_samples", "val_samples", "nb_worker", "max_q_size", "pickle_safe"),
    )
)

# Older method of a model -> how it is done at present.
METHODS: dict[str, str] = {
    "fit_generator": "fit(generator, ...)",
    "evaluate_generator": "evaluate(generator, ...)",
    "predict_generator": "predict(generator, ...)",
    "predict_classes": "predict(x).argmax(axis=-1), or (predict(x) > 0.5).astype('int32') for a single output",
    "predict_proba": "predict(x)",
}
