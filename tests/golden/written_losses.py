"""Losses as users write them, on whichever array functions: those of keras.ops or of fastcnn.ops."""

from types import ModuleType


def written_losses(ops: ModuleType) -> dict[str, object]:
    """Functions of (y_true, y_pred) by name."""

    def dice_coefficient(y_true, y_pred, smooth=1.0):
        y_true, y_pred = ops.reshape(y_true, (-1,)), ops.reshape(y_pred, (-1,))
        overlap = ops.sum(y_true * y_pred)
        return (2.0 * overlap + smooth) / (ops.sum(y_true) + ops.sum(y_pred) + smooth)

    def dice_loss(y_true, y_pred):
        return 1.0 - dice_coefficient(y_true, y_pred)

    def focal_loss(y_true, y_pred):
        y_pred = ops.clip(y_pred, 1e-7, 1.0 - 1e-7)
        right = ops.where(ops.equal(y_true, 1), y_pred, 1.0 - y_pred)
        return -ops.mean(0.25 * (1.0 - right) ** 2.0 * ops.log(right), axis=-1)

    def weighted_squared_error(y_true, y_pred):
        weights = ops.convert_to_tensor([1.0, 5.0, 0.5])
        return ops.mean(weights * ops.square(y_true - y_pred), axis=-1)

    def every_element(y_true, y_pred):
        return ops.abs(y_true - y_pred) + 0.1 * ops.square(y_pred)

    def root_mean_squared_error(y_true, y_pred):
        return ops.sqrt(ops.mean(ops.square(y_pred - y_true)))

    def quantile_loss(y_true, y_pred):
        error = y_true - y_pred
        return ops.mean(ops.maximum(0.7 * error, -0.3 * error), axis=-1)

    def picked_class(y_true, y_pred):
        chosen = ops.one_hot(ops.cast(y_true, "int32"), 4)
        chosen = ops.reshape(chosen, (-1, 4))
        return -ops.log(ops.sum(chosen * y_pred, axis=-1) + 1e-7)

    made = (dice_loss, focal_loss, weighted_squared_error, every_element, root_mean_squared_error, quantile_loss)
    return {function.__name__: function for function in (*made, picked_class)}
