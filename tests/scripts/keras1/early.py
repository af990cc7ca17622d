from __future__ import absolute_import
from __future__ import print_function
import numpy as np

from keras.datasets import mnist
from keras.models import Sequential, model_from_json
from keras.layers.core import Dense, Dropout, Activation, Flatten
from keras.layers.convolutional import Convolution2D, MaxPooling2D
from keras.objectives import categorical_crossentropy
from keras.optimizers import SGD, RMSprop
from keras.utils import np_utils, generic_utils

'''
    The way it was done with Keras 0.3.
'''

(X_train, y_train), (X_test, y_test) = mnist.load_data()
X_train = X_train.reshape(-1, 28, 28, 1).astype("float32") / 255
X_test = X_test.reshape(-1, 28, 28, 1).astype("float32") / 255
Y_train = np_utils.to_categorical(y_train, 10)
Y_test = np_utils.to_categorical(y_test, 10)

model = Sequential()
model.add(Convolution2D(4, 5, 5, border_mode='valid', input_shape=(28, 28, 1), dim_ordering='tf'))
model.add(Activation('tanh'))
model.add(MaxPooling2D(pool_size=(2, 2), dim_ordering='tf'))
model.add(Dropout(0.25))
model.add(Flatten())
model.add(Dense(20, init='normal'))
model.add(Activation('tanh'))
model.add(Dense(10, init='normal'))
model.add(Activation('softmax'))

sgd = SGD(lr=0.05, decay=1e-6, momentum=0.9, nesterov=True)
model.compile(loss='categorical_crossentropy', optimizer=sgd, class_mode="categorical")

model.fit(X_train, Y_train, batch_size=50, nb_epoch=2, shuffle=True, verbose=1, show_accuracy=True,
          validation_split=0.2)
score = model.evaluate(X_test, Y_test, show_accuracy=True, verbose=0)
print('Test score:', score[0])
print('Test accuracy:', score[1])

# batch by batch, with a progress bar
progbar = generic_utils.Progbar(X_train.shape[0])
for i in range(0, X_train.shape[0], 50):
    loss = model.train_on_batch(X_train[i:i + 50], Y_train[i:i + 50])
    progbar.add(len(X_train[i:i + 50]), values=[("train loss", np.ravel(loss)[0])])

json_string = model.to_json()
open('my_model_architecture.json', 'w').write(json_string)
model.save_weights('my_model_weights.h5', overwrite=True)

again = model_from_json(open('my_model_architecture.json').read())
again.load_weights('my_model_weights.h5')
again.compile(loss='categorical_crossentropy', optimizer=RMSprop())
print('same classes:', (again.predict_classes(X_test, verbose=0) == model.predict_classes(X_test, verbose=0)).all())
print(model.layers[0].W.shape if hasattr(model.layers[0], 'W') else None)
