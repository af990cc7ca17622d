"""Rows of the compatibility table that do not work whole: what does not, and what to use instead."""

PARTLY: dict[str, str] = {
    "Model.export": "ONNX alone is written",
    "utils.multi_gpu_model": "gives the model itself: all cores of one machine compute",
}
REFUSED: dict[str, str] = {
    "layers.Conv3D": "layers over volumes are absent: use Conv2D with the third axis among the channels",
    "layers.Masking": "layers for sequences of words are absent",
    "optimizers.Muon": "for large language models: use AdamW",
    "datasets.boston_housing": "data sets without images are absent",
    "datasets.imdb": "data sets without images are absent",
    "datasets.reuters": "data sets without images are absent",
    "legacy.names.Highway": "absent since Keras 2: write it with Dense, Multiply and Add",
    "legacy.names.MaxoutDense": "absent since Keras 2: use Dense and layers.Maximum",
    "legacy.names.model_from_yaml": "absent since Keras 2.6: use to_json() and model_from_json()",
}
