"""Twelve networks, written once for Keras and fastcnn: `k` is either module."""


def _compiled(model, optimizer, loss, metrics=("accuracy",)):
    model.compile(optimizer=optimizer, loss=loss, metrics=list(metrics))
    return model


def tutorial(k):
    """Convolution, pooling, dense, sigmoid; Adam."""
    L = k.layers
    layers = [L.Input((12, 12, 3)), L.Conv2D(4, (3, 3), activation="relu"), L.MaxPooling2D((2, 2)), L.Flatten()]
    model = k.Sequential([*layers, L.Dense(8, activation="relu"), L.Dense(1, activation="sigmoid")])
    return _compiled(model, "adam", "binary_crossentropy")


def first_layer_says_the_shape(k):
    """No Input layer; RMSprop with momentum."""
    L = k.layers
    model = k.Sequential(name="old_style")
    model.add(L.Conv2D(3, 3, strides=2, padding="same", input_shape=(10, 9, 1)))
    model.add(L.Activation("tanh"))
    model.add(L.AveragePooling2D(2))
    model.add(L.Flatten())
    model.add(L.Dense(3, activation="softmax"))
    return _compiled(model, k.optimizers.RMSprop(0.01, momentum=0.5, centered=True), "categorical_crossentropy")


def normalised(k):
    """Batch normalisation, dropout, no bias; SGD with momentum and a schedule."""
    L = k.layers
    layers = [L.Input((8, 8, 3)), L.Rescaling(1 / 255), L.Conv2D(4, 3, use_bias=False), L.BatchNormalization()]
    layers += [L.ReLU(max_value=6.0), L.Dropout(0.5), L.GlobalAveragePooling2D(), L.Dense(3, activation="softmax")]
    rate = k.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)
    return _compiled(k.Sequential(layers), k.optimizers.SGD(rate, momentum=0.9), "sparse_categorical_crossentropy")


def depthwise(k):
    """Depthwise and separable convolutions, dilation; Adam with amsgrad."""
    L = k.layers
    layers = [L.Input((9, 9, 4)), L.DepthwiseConv2D(3, depth_multiplier=2), L.LeakyReLU(), L.SeparableConv2D(5, 3)]
    layers += [L.Conv2D(4, 2, dilation_rate=2, groups=1), L.GlobalMaxPooling2D(), L.Dense(2)]
    return _compiled(k.Sequential(layers), k.optimizers.Adam(1e-3, amsgrad=True), "mse", ["mae"])


def nested(k):
    """A model in a model in a model, with statistics inside."""
    L = k.layers
    inner = k.Sequential([L.Input((6, 6, 4)), L.Conv2D(4, 3), L.BatchNormalization()])
    middle = k.Sequential([L.Input((6, 6, 4)), inner, L.ELU(), L.Flatten()])
    model = k.Sequential([L.Input((8, 8, 2)), L.Conv2D(4, 3), middle, L.Dense(3), L.Softmax()])
    return _compiled(model, "sgd", "categorical_crossentropy")


def regularized(k):
    """Initializers, regularizers and constraints as objects; AdamW."""
    L = k.layers
    wanted = {
        "kernel_initializer": k.initializers.HeNormal(seed=3),
        "kernel_regularizer": k.regularizers.L2(0.01),
        "bias_regularizer": "l1",
        "kernel_constraint": k.constraints.MaxNorm(2, axis=[0, 1, 2]),
    }
    layers = [L.Input((7, 7, 3)), L.Conv2D(4, 3, **wanted), L.Reshape((100,)), L.Dense(5, kernel_regularizer="l2")]
    layers += [L.Dense(2, activation="softmax", name="probabilities")]
    return _compiled(k.Sequential(layers), k.optimizers.AdamW(0.002), "categorical_crossentropy")


def frozen(k):
    """Some layers do not train."""
    L = k.layers
    layers = [L.Input((8, 8, 3)), L.Conv2D(4, 3, trainable=False), L.BatchNormalization(), L.Conv2D(4, 3), L.Flatten()]
    model = k.Sequential([*layers, L.Dense(2, activation="softmax")])
    model.layers[1].trainable = False
    return _compiled(model, "adam", "categorical_crossentropy")


def enlarged(k):
    """Padding, cropping, enlarging, transposed convolution."""
    L = k.layers
    layers = [L.Input((6, 6, 2)), L.ZeroPadding2D(1), L.Conv2D(3, 3), L.UpSampling2D(2), L.Cropping2D(((1, 0), (2, 1)))]
    layers += [L.Conv2DTranspose(2, 3, strides=2), L.GlobalAveragePooling2D(), L.Dense(2)]
    return _compiled(k.Sequential(layers), "adam", "mse", ["mse"])


def augmented(k):
    """Layers that are random in training and do nothing in prediction."""
    L = k.layers
    layers = [L.Input((8, 8, 3)), L.RandomFlip("horizontal"), L.RandomRotation(0.1), L.RandomZoom(0.2)]
    layers += [L.GaussianNoise(0.1), L.SpatialDropout2D(0.2), L.Conv2D(3, 3), L.Flatten(), L.Dense(2)]
    return _compiled(k.Sequential(layers), "adam", "mse", ["mae"])


def residual(k):
    """A residual network of the functional API, with a projection."""
    L = k.layers
    x = L.Input((8, 8, 3), name="photo")
    y = L.BatchNormalization()(L.Conv2D(4, 3, padding="same", use_bias=False)(x))
    y = L.Activation("relu")(y)
    z = L.Conv2D(4, 3, padding="same")(y)
    y = L.Add()([z, y])
    short = L.Conv2D(6, 1, strides=2)(y)
    y = L.Conv2D(6, 3, strides=2, padding="same", activation="relu")(y)
    y = L.Conv2D(6, 3, padding="same")(y)
    y = L.ReLU()(L.Add()([short, y]))
    y = L.Dense(3, activation="softmax")(L.GlobalAveragePooling2D()(y))
    return _compiled(k.Model(x, y, name="residual"), k.optimizers.SGD(0.1, momentum=0.9), "categorical_crossentropy")


def shared(k):
    """A layer that is called twice, and a model as a layer of a functional model."""
    L = k.layers
    x = L.Input((8, 8, 3))
    twice = L.Conv2D(3, 3, padding="same", activation="relu")
    y = twice(twice(x))
    head = k.Sequential([L.Input((8, 8, 3)), L.Flatten(), L.Dense(4, activation="tanh")])
    return _compiled(k.Model(x, L.Dense(2, activation="softmax")(head(y))), "adam", "categorical_crossentropy")


def joined(k):
    """Branches that are concatenated, averaged and multiplied."""
    L = k.layers
    x = L.Input((6, 6, 2))
    a, b = L.Conv2D(3, 3, padding="same")(x), L.Conv2D(3, 1)(x)
    y = L.Concatenate()([a, b, L.Average()([a, b]), L.Multiply()([a, b])])
    y = L.Dense(2)(L.Flatten()(y))
    return _compiled(k.Model(inputs=x, outputs=y), "rmsprop", "mse", ["mae"])


NETWORKS = {
    f.__name__: f
    for f in (
        *(tutorial, first_layer_says_the_shape, normalised, depthwise, nested, regularized, frozen),
        *(enlarged, augmented, residual, shared, joined),
    )
}
