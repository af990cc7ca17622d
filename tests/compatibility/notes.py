"""Rows of the compatibility table that do not work whole: what does not, and what to use instead."""

# Of rows that work: rare arguments that are refused with a message.
LIMITS: dict[str, str] = {
    "layers.Dense": "not lora_rank, lora_alpha, quantization_config",
    "layers.Input": "not sparse, ragged, tensor, optional",
    "layers.BatchNormalization": "not renorm, synchronized",
    "callbacks.TensorBoard": "not embeddings, profiles",
    "Model.save": "not zipped=False, TensorFlow's SavedModel",
    "Model.save_weights": "not max_shard_size",
}

PARTLY: dict[str, str] = {
    "Model.export": "ONNX alone is written",
    "models.Model": "one input; one output to train, several to predict",
    "utils.multi_gpu_model": "gives the model itself: all cores of one machine compute",
}
REFUSED: dict[str, str] = {
    "layers.Conv3D": "layers over volumes are absent: use Conv2D with the third axis among the channels",
    "layers.Masking": "layers for sequences of words are absent",
    "losses.CTC": "for sequences of text and sound",
    "losses.Circle": "for embeddings: write it as a function of fastcnn.ops",
    "optimizers.ScheduleFreeAdamW": "absent: use AdamW with optimizers.schedules.CosineDecay",
    "optimizers.Muon": "for large language models: use AdamW",
    "datasets.boston_housing": "data sets without images are absent",
    "datasets.california_housing": "data sets without images are absent",
    "datasets.imdb": "data sets without images are absent",
    "datasets.reuters": "data sets without images are absent",
    "legacy.names.Highway": "absent since Keras 2: write it with Dense, Multiply and Add",
    "legacy.names.MaxoutDense": "absent since Keras 2: use Dense and layers.Maximum",
    "legacy.names.ParametricSoftplus": "absent since Keras 2: use Activation('softplus')",
    "legacy.names.SReLU": "absent since Keras 2: use PReLU or LeakyReLU",
    "legacy.names.TimeDistributedDense": "layers for sequences of words are absent",
    "legacy.names.model_from_yaml": "absent since Keras 2.6: use to_json() and model_from_json()",
}
