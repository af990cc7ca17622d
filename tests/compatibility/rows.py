"""The rows of the Keras compatibility table: what Keras offers for image classifiers, by its public path.

A tier says how often scripts use it: A in any tutorial, B commonly, C rarely; L marks spellings of earlier versions.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One line of the table.

    name : the path below `keras`, which tests give to the `covers` marker.
    """

    section: str
    tier: str
    name: str


def _rows(section: str, prefix: str, **tiers: str) -> list[Row]:
    return [Row(section, tier, prefix + name) for tier, names in tiers.items() for name in names.split()]


def _arguments(optimizer: str, names: str) -> list[Row]:
    return _rows("Arguments of optimizers", f"optimizers.{optimizer}.", C=names)


ROWS = [
    *_rows(
        "Core, activation and reshaping layers",
        "layers.",
        A="Dense Flatten Activation Input ReLU",
        B="InputLayer LeakyReLU Softmax Reshape Lambda ZeroPadding2D UpSampling2D Layer",
        C="PReLU ELU Permute RepeatVector Identity Masking Cropping2D ZeroPadding1D Cropping1D UpSampling1D "
        "ThresholdedReLU Layer.add_weight",
    ),
    *_rows(
        "Convolution",
        "layers.",
        A="Conv2D Convolution2D",
        B="DepthwiseConv2D SeparableConv2D Conv2DTranspose Conv1D",
        C="Conv3D SeparableConv1D DepthwiseConv1D Conv1DTranspose LocallyConnected2D LocallyConnected1D "
        "Convolution1D Convolution1DTranspose Convolution2DTranspose SeparableConvolution1D SeparableConvolution2D",
    ),
    *_rows(
        "Pooling",
        "layers.",
        A="MaxPooling2D",
        B="AveragePooling2D GlobalAveragePooling2D",
        C="GlobalMaxPooling2D MaxPooling1D AveragePooling1D GlobalAveragePooling1D GlobalMaxPooling1D "
        "AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveMaxPooling1D AdaptiveMaxPooling2D MaxPool1D "
        "MaxPool2D AvgPool1D AvgPool2D GlobalAvgPool1D GlobalAvgPool2D GlobalMaxPool1D GlobalMaxPool2D",
    ),
    *_rows(
        "Merging",
        "layers.",
        B="Add Concatenate Multiply Average",
        C="Subtract Maximum Minimum Dot add average concatenate dot maximum minimum multiply subtract",
    ),
    *_rows(
        "Normalisation",
        "layers.",
        A="BatchNormalization",
        C="LayerNormalization GroupNormalization UnitNormalization SpectralNormalization",
    ),
    *_rows(
        "Regularisation layers",
        "layers.",
        A="Dropout",
        B="SpatialDropout2D",
        C="SpatialDropout1D GaussianNoise GaussianDropout AlphaDropout ActivityRegularization",
    ),
    *_rows(
        "Preprocessing and augmentation layers",
        "layers.",
        A="Rescaling",
        B="Resizing CenterCrop RandomFlip RandomRotation RandomZoom RandomTranslation RandomContrast RandomCrop "
        "Normalization",
        C="RandomBrightness RandomShear RandomErasing MixUp CutMix RandAugment Pipeline "
        "AutoContrast RandomColorDegeneration RandomGrayscale RandomInvert RandomPosterization RandomSharpness "
        "Solarization",
    ),
    *_rows(
        "Activations",
        "activations.",
        A="relu softmax sigmoid linear tanh",
        B="elu selu leaky_relu relu6 softplus softsign silu swish gelu exponential hard_sigmoid",
        C="mish log_softmax hard_silu hard_swish celu glu squareplus hard_tanh hard_shrink soft_shrink tanh_shrink "
        "threshold sparsemax sparse_plus sparse_sigmoid log_sigmoid "
        "get serialize deserialize",
    ),
    *_rows(
        "Initializers",
        "initializers.",
        A="GlorotUniform Zeros Ones",
        B="HeNormal HeUniform GlorotNormal RandomNormal RandomUniform TruncatedNormal",
        C="LecunNormal LecunUniform VarianceScaling Orthogonal Constant Identity",
    ),
    *_rows("Regularizers", "regularizers.", B="L1 L2 L1L2", C="OrthogonalRegularizer get"),
    *_rows("Constraints", "constraints.", B="MaxNorm", C="NonNeg UnitNorm MinMaxNorm"),
    *_rows(
        "Losses",
        "losses.",
        A="CategoricalCrossentropy BinaryCrossentropy SparseCategoricalCrossentropy MeanSquaredError",
        B="MeanAbsoluteError BinaryFocalCrossentropy CategoricalFocalCrossentropy",
        C="Huber Hinge SquaredHinge CategoricalHinge KLDivergence Poisson LogCosh CosineSimilarity "
        "MeanAbsolutePercentageError MeanSquaredLogarithmicError Dice Tversky CTC Circle "
        "binary_crossentropy binary_focal_crossentropy categorical_crossentropy categorical_focal_crossentropy "
        "categorical_hinge cosine_similarity dice hinge huber kl_divergence log_cosh mean_absolute_error "
        "mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error poisson "
        "sparse_categorical_crossentropy squared_hinge tversky get serialize deserialize",
    ),
    *_rows(
        "Metrics",
        "metrics.",
        A="BinaryAccuracy CategoricalAccuracy SparseCategoricalAccuracy",
        B="TopKCategoricalAccuracy SparseTopKCategoricalAccuracy Precision Recall AUC F1Score FBetaScore "
        "MeanSquaredError MeanAbsoluteError RootMeanSquaredError Mean Sum",
        C="TruePositives TrueNegatives FalsePositives FalseNegatives BinaryCrossentropy CategoricalCrossentropy "
        "MeanIoU IoU OneHotIoU CosineSimilarity Hinge KLDivergence R2Score Accuracy "
        "BinaryIoU OneHotMeanIoU SparseCategoricalCrossentropy CategoricalHinge SquaredHinge Poisson LogCoshError "
        "MeanAbsolutePercentageError MeanSquaredLogarithmicError ConcordanceCorrelation PearsonCorrelation "
        "PrecisionAtRecall RecallAtPrecision SensitivityAtSpecificity SpecificityAtSensitivity MeanMetricWrapper "
        "Metric Metric.add_weight Metric.reset_states get serialize deserialize",
    ),
    *_rows(
        "Optimizers",
        "optimizers.",
        A="Adam SGD RMSprop",
        B="Adadelta AdamW",
        C="Adagrad Adamax Nadam Ftrl Lion Lamb Adafactor Muon ScheduleFreeAdamW",
    ),
    *_arguments("Adadelta", "learning_rate rho epsilon weight_decay"),
    *_arguments("Adafactor", "learning_rate relative_step clip_threshold weight_decay"),
    *_arguments("Adagrad", "learning_rate initial_accumulator_value epsilon weight_decay"),
    *_arguments(
        "Adam",
        "learning_rate amsgrad weight_decay clipnorm clipvalue global_clipnorm use_ema ema_momentum "
        "ema_overwrite_frequency loss_scale_factor gradient_accumulation_steps",
    ),
    *_arguments("AdamW", "learning_rate"),
    *_arguments("Adamax", "learning_rate beta_1 beta_2 epsilon weight_decay"),
    *_arguments(
        "Ftrl",
        "learning_rate learning_rate_power initial_accumulator_value l1_regularization_strength "
        "l2_regularization_strength l2_shrinkage_regularization_strength beta",
    ),
    *_arguments("Lamb", "learning_rate beta_1 beta_2 epsilon weight_decay global_clipnorm"),
    *_arguments("Lion", "learning_rate beta_1 beta_2 weight_decay"),
    *_arguments("Nadam", "learning_rate beta_1 beta_2 epsilon weight_decay gradient_accumulation_steps"),
    *_arguments("RMSprop", "learning_rate momentum centered weight_decay clipnorm use_ema"),
    *_arguments(
        "SGD",
        "learning_rate momentum nesterov weight_decay clipnorm clipvalue global_clipnorm use_ema ema_momentum "
        "ema_overwrite_frequency loss_scale_factor gradient_accumulation_steps",
    ),
    *_rows(
        "Learning-rate schedules",
        "optimizers.schedules.",
        B="ExponentialDecay PiecewiseConstantDecay",
        C="CosineDecay CosineDecayRestarts PolynomialDecay InverseTimeDecay",
    ),
    *_rows(
        "Callbacks",
        "callbacks.",
        A="History EarlyStopping ModelCheckpoint ReduceLROnPlateau LearningRateScheduler",
        B="CSVLogger TensorBoard LambdaCallback TerminateOnNaN Callback",
        C="BackupAndRestore ProgbarLogger BaseLogger RemoteMonitor SwapEMAWeights CallbackList",
    ),
    *_rows(
        "Models",
        "",
        A="models.Sequential models.load_model Model.compile Model.fit Model.evaluate Model.predict Model.summary "
        "Model.save Model.fit_generator Model.evaluate_generator Model.predict_generator Model.predict_classes "
        "Model.predict_proba",
        B="models.Model models.save_model Model.train_on_batch Model.test_on_batch Model.predict_on_batch "
        "Model.get_layer Model.get_weights Model.set_weights Model.count_params Model.get_config Model.from_config "
        "Model.to_json models.model_from_json models.clone_model Model.export Model.__call__ "
        "Model.save_weights Model.load_weights Model.compile.metrics Model.compile.weighted_metrics "
        "Model.metrics_names Model.history",
        C="Model.compile.loss_weights",
    ),
    *_rows(
        "Files",
        "saving.",
        A="h5 h5_weights keras",
        B="weights_h5 json",
        C="onnx register_keras_serializable",
    ),
    *_rows(
        "Utilities",
        "utils.",
        A="to_categorical load_img img_to_array array_to_img save_img image_dataset_from_directory",
        B="set_random_seed plot_model Progbar normalize get_file split_dataset Sequence PyDataset",
        C="pad_sequences get_custom_objects custom_object_scope register_keras_serializable print_summary "
        "multi_gpu_model HDF5Matrix",
    ),
    *_rows(
        "Backend functions",
        "backend.",
        B="image_data_format set_image_data_format image_dim_ordering set_image_dim_ordering backend clear_session "
        "epsilon set_epsilon floatx set_floatx get_value set_value learning_phase set_learning_phase function mean sum "
        "square sqrt abs round clip maximum log exp argmax cast flatten relu softmax sigmoid set_session",
        C="arange argmin batch_dot batch_flatten concatenate constant cumsum dot expand_dims eye gather hard_sigmoid "
        "l2_normalize ones_like permute_dimensions pow print_tensor repeat repeat_elements reverse spatial_2d_padding "
        "stack switch temporal_padding tile binary_crossentropy categorical_crossentropy "
        "sparse_categorical_crossentropy elu softplus softsign std var",
    ),
    *_rows(
        "Photos",
        "preprocessing.image.",
        A="ImageDataGenerator ImageDataGenerator.flow_from_directory ImageDataGenerator.flow ImageDataGenerator.fit",
        B="ImageDataGenerator.flow_from_dataframe ImageDataGenerator.random_transform "
        "ImageDataGenerator.apply_transform ImageDataGenerator.get_random_transform ImageDataGenerator.standardize "
        "DirectoryIterator NumpyArrayIterator",
        C="apply_affine_transform random_rotation random_shift random_shear random_zoom random_channel_shift "
        "random_brightness",
    ),
    *_rows(
        "Datasets",
        "datasets.",
        A="mnist.load_data cifar10.load_data fashion_mnist.load_data",
        B="cifar100.load_data",
        C="boston_housing california_housing imdb reuters",
    ),
    *_rows(
        "Arguments of Keras 1 and 2",
        "legacy.arguments.",
        L="output_dim nb_filter nb_row filter_length subsample subsample_length atrous_rate border_mode dim_ordering "
        "pool_length length init W_regularizer b_regularizer W_constraint b_constraint bias p sigma beta_init "
        "gamma_init mode padding_dict weights input_dim batch_input_shape output_shape alpha input lr decay nb_epoch "
        "samples_per_epoch nb_val_samples val_samples nb_worker pickle_safe max_q_size show_accuracy nb_classes "
        "grayscale class_mode epsilon input_length l m nb_col output padding stride y",
    ),
    *_rows(
        "Names of Keras 1 and 2",
        "legacy.names.",
        L="Convolution1D Convolution2D Deconvolution2D Deconv2D SeparableConvolution2D AtrousConvolution2D MaxPool2D "
        "AvgPool2D merge Highway MaxoutDense objectives initializations l1l2 maxnorm nonneg unitnorm np_utils "
        "model_from_yaml WeightRegularizer SReLU ParametricSoftplus TimeDistributedDense",
    ),
    *_rows("Attributes of Keras 1", "legacy.attributes.", L="W nb_filter"),
    *_rows(
        "Metrics of Keras 1",
        "legacy.metrics.",
        L="accuracy precision recall fmeasure fbeta_score matthews_correlation",
    ),
    *_rows(
        "Import paths of Keras 1, 2 and tf.keras",
        "legacy.paths.",
        L="keras.layers.core keras.layers.convolutional keras.layers.pooling keras.layers.normalization "
        "keras.layers.noise keras.layers.advanced_activations keras.layers.local keras.layers.merge "
        "keras.layers.experimental.preprocessing keras.utils.np_utils keras.utils.vis_utils keras.utils.visualize_util "
        "keras.utils.generic_utils keras.optimizers.legacy keras.optimizer_v2 keras.initializations keras.objectives "
        "keras.preprocessing.image keras_preprocessing.image keras.backend.tensorflow_backend "
        "keras.wrappers.scikit_learn keras.engine tensorflow.keras tensorflow.python.keras tensorflow "
        "keras keras.models keras.layers keras.metrics keras.optimizers keras.constraints keras.regularizers "
        "keras.datasets.mnist keras.preprocessing keras.preprocessing.sequence keras.saving "
        "keras.engine.topology keras.engine.training keras.legacy.layers tensorflow.keras.layers "
        "tensorflow.keras.optimizers.schedules "
        "tensorflow.keras.preprocessing.image tensorflow.python.keras.layers tensorflow.compat.v1.keras.layers",
    ),
    *_rows("Traps", "trap.", L=" ".join(map(str, range(1, 16))) + " channels_first"),
]
