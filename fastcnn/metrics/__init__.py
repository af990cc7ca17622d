"""Metrics: values accumulated over the samples of an epoch. Each module is imported when one of its names is used."""

from fastcnn.compat.names import older_names
from fastcnn.lazy import lazily, names_of

_MODULES = {
    "accuracies": (
        "Accuracy BinaryAccuracy CategoricalAccuracy SparseCategoricalAccuracy SparseTopKCategoricalAccuracy "
        "TopKCategoricalAccuracy accuracy binary_accuracy categorical_accuracy sparse_categorical_accuracy "
        "sparse_top_k_categorical_accuracy top_k_categorical_accuracy"
    ),
    "agreement": "ConcordanceCorrelation PearsonCorrelation R2Score concordance_correlation pearson_correlation",
    "base": "Metric",
    "confusion": "FalseNegatives FalsePositives Precision Recall TrueNegatives TruePositives",
    "curves": "AUC PrecisionAtRecall RecallAtPrecision SensitivityAtSpecificity SpecificityAtSensitivity",
    "fscores": "F1Score FBetaScore",
    "iou": "BinaryIoU IoU MeanIoU OneHotIoU OneHotMeanIoU",
    "lookup": "deserialize get serialize",
    "margins": "CategoricalHinge Hinge SquaredHinge categorical_hinge hinge squared_hinge",
    "probabilistic": (
        "BinaryCrossentropy CategoricalCrossentropy KLDivergence Poisson SparseCategoricalCrossentropy "
        "binary_crossentropy categorical_crossentropy kl_divergence poisson sparse_categorical_crossentropy"
    ),
    "reductions": "Mean MeanMetricWrapper Sum",
    "regression": (
        "CosineSimilarity LogCoshError MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError "
        "MeanSquaredLogarithmicError RootMeanSquaredError cosine_similarity log_cosh mean_absolute_error "
        "mean_absolute_percentage_error mean_squared_error mean_squared_logarithmic_error"
    ),
}

__all__ = sorted(names_of(_MODULES))
__getattr__ = lazily(__name__, _MODULES, older_names("metrics"))


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
