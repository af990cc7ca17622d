# -*- coding: utf-8 -*-
'''Two towers of convolutions that are merged, the functional way (Keras 1).'''
import numpy as np
np.random.seed(0)
import keras
from keras.models import Model
from keras.layers import Input, Dense, Dropout, Flatten, merge
from keras.layers.convolutional import Convolution2D, MaxPooling2D, AveragePooling2D
from keras.layers.normalization import BatchNormalization
from keras.layers.advanced_activations import LeakyReLU, PReLU
from keras.regularizers import l2
from keras.constraints import maxnorm
from keras.callbacks import Callback, LearningRateScheduler, EarlyStopping
from keras.utils.np_utils import to_categorical


class LossHistory(Callback):
    def on_train_begin(self, logs={}):
        self.losses = []

    def on_batch_end(self, batch, logs={}):
        self.losses.append(logs.get('loss'))


def step_decay(epoch):
    return 0.01 * (0.5 ** (epoch // 2))


def conv_bn(x, nb_filter, nb_row, nb_col, border_mode='same', subsample=(1, 1)):
    x = Convolution2D(nb_filter, nb_row, nb_col, subsample=subsample, activation='linear',
                      border_mode=border_mode, W_regularizer=l2(1e-4), b_constraint=maxnorm(2))(x)
    x = BatchNormalization(mode=0, axis=-1)(x)
    return LeakyReLU(alpha=0.1)(x)


X = np.random.rand(64, 16, 16, 3).astype('float32')
y = np.random.randint(0, 4, 64)
X[np.arange(64), :, :, y % 3] += y[:, None, None]
Y = to_categorical(y, nb_classes=4)

img_input = Input(shape=(16, 16, 3))
branch1x1 = conv_bn(img_input, 4, 1, 1)
branch7x1 = conv_bn(img_input, 4, 1, 7)
branch7x1 = conv_bn(branch7x1, 4, 7, 1)
x = merge([branch1x1, branch7x1], mode='concat', concat_axis=-1)
x = MaxPooling2D((2, 2), strides=(2, 2), border_mode='same')(x)
shortcut = Convolution2D(8, 1, 1, bias=False)(x)
x = conv_bn(x, 8, 3, 3)
x = merge([x, shortcut], mode='sum')
x = AveragePooling2D(pool_size=(2, 2))(x)
x = Flatten()(x)
x = Dense(16, W_constraint=maxnorm(m=3), init='he_uniform')(x)
x = PReLU()(x)
x = Dropout(p=0.25)(x)
out = Dense(4, activation='softmax')(x)

model = Model(input=img_input, output=out)
model.summary()

adam = keras.optimizers.Adam(lr=0.01, beta_1=0.9, beta_2=0.999, epsilon=1e-08)
model.compile(optimizer=adam, loss='categorical_crossentropy', metrics=['accuracy'])

history = LossHistory()
hist = model.fit(X, Y, batch_size=16, nb_epoch=4, verbose=2, validation_split=0.25,
                 callbacks=[history, LearningRateScheduler(step_decay), EarlyStopping(monitor='val_loss', patience=3)])
print('batches seen: %d' % len(history.losses))
print('accuracies: %s' % ', '.join('%.2f' % a for a in hist.history['acc']))
print(hist.history.keys())
