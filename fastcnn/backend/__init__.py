"""K, the functions that Keras scripts call the backend: `from fastcnn import backend as K`.

    def dice_loss(y_true, y_pred):
        y_true, y_pred = K.flatten(y_true), K.flatten(y_pred)
        return 1 - (2 * K.sum(y_true * y_pred) + 1) / (K.sum(y_true) + K.sum(y_pred) + 1)

They take arrays, what is being differentiated in a loss or layer, and symbolic tensors, as those of fastcnn.ops do.
"""

# ruff: noqa: F401
from fastcnn.backend.arrays import (
    arange,
    argmax,
    argmin,
    batch_dot,
    batch_flatten,
    binary_crossentropy,
    categorical_crossentropy,
    clip,
    concatenate,
    cumsum,
    dot,
    expand_dims,
    eye,
    flatten,
    gather,
    hard_sigmoid,
    l2_normalize,
    mean,
    ones,
    ones_like,
    permute_dimensions,
    pow,
    relu,
    repeat,
    repeat_elements,
    reverse,
    sparse_categorical_crossentropy,
    spatial_2d_padding,
    sqrt,
    sum,
    switch,
    temporal_padding,
    tile,
    zeros,
    zeros_like,
)
from fastcnn.backend.function import function
from fastcnn.backend.settings import (
    backend,
    clear_session,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from fastcnn.backend.values import (
    batch_get_value,
    batch_set_value,
    constant,
    count_params,
    dtype,
    eval,
    get_value,
    int_shape,
    is_keras_tensor,
    is_tensor,
    ndim,
    print_tensor,
    random_bernoulli,
    random_normal,
    random_uniform,
    set_value,
    shape,
    update,
    update_add,
    update_sub,
    variable,
)
from fastcnn.ops import (
    abs,
    all,
    any,
    cast,
    cos,
    elu,
    equal,
    exp,
    greater,
    greater_equal,
    less,
    less_equal,
    log,
    logsumexp,
    max,
    maximum,
    min,
    minimum,
    not_equal,
    one_hot,
    prod,
    reshape,
    round,
    sigmoid,
    sign,
    sin,
    softmax,
    softplus,
    softsign,
    square,
    squeeze,
    stack,
    std,
    stop_gradient,
    tanh,
    transpose,
    var,
)


def __getattr__(name: str) -> object:
    from fastcnn.compat import backend as older

    if name in older.NAMES:
        return getattr(older, name)
    reason = older.REFUSED.get(name)
    if reason is not None:
        raise ImportError(f"K.{name} is not offered: {reason}")  # so that `from ... import` says why, too
    raise AttributeError(f"module 'fastcnn.backend' has no attribute {name!r}")
