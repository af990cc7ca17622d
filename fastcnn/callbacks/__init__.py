"""Callbacks: what happens around training. Each module is imported when one of its names is used."""

from fastcnn.lazy import lazily, names_of

_MODULES = {
    "backup_and_restore": "BackupAndRestore",
    "base": "BaseLogger Callback",
    "callback_list": "CallbackList",
    "csv_logger": "CSVLogger",
    "early_stopping": "EarlyStopping",
    "history": "History",
    "lambda_callback": "LambdaCallback",
    "learning_rate": "LearningRateScheduler ReduceLROnPlateau",
    "model_checkpoint": "ModelCheckpoint",
    "progbar_logger": "ProgbarLogger",
    "remote_monitor": "RemoteMonitor",
    "swap_ema_weights": "SwapEMAWeights",
    "tensorboard": "TensorBoard",
    "terminate_on_nan": "TerminateOnNaN",
}

__all__ = sorted(names_of(_MODULES))
__getattr__ = lazily(__name__, _MODULES)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
