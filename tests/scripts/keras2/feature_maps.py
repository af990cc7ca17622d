import os
os.environ['TF_CPP_MIN_LOG_LEVEL'] = '2'
import numpy as np
import matplotlib.pyplot as plt
import tensorflow as tf
from keras.backend.tensorflow_backend import set_session

config = tf.ConfigProto()
config.gpu_options.per_process_gpu_memory_fraction = 0.4
config.gpu_options.allow_growth = True
set_session(tf.Session(config=config))

import keras
from keras import backend as K
from keras.models import Sequential, Model, model_from_json
from keras.layers import Dense, Dropout, Flatten, Conv2D, MaxPooling2D, BatchNormalization
from keras.preprocessing import image
from keras.utils.vis_utils import plot_model

num_classes = 2


def build():
    model = Sequential()
    model.add(Conv2D(6, kernel_size=(3, 3), activation='relu', input_shape=(32, 32, 3), name='conv_1'))
    model.add(BatchNormalization())
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Conv2D(8, (3, 3), activation='relu', name='conv_2'))
    model.add(MaxPooling2D(pool_size=(2, 2)))
    model.add(Dropout(0.25))
    model.add(Flatten())
    model.add(Dense(16, activation='relu', name='features'))
    model.add(Dense(num_classes, activation='softmax'))
    return model


x, y = [], []
for label, folder in enumerate(['cats', 'dogs']):
    for name in sorted(os.listdir('data/train/' + folder)):
        img = image.load_img('data/train/%s/%s' % (folder, name), target_size=(32, 32))
        x.append(image.img_to_array(img))
        y.append(label)
x = np.array(x) / 255.
y = keras.utils.to_categorical(y, num_classes)

model = build()
model.compile(loss=keras.losses.categorical_crossentropy,
              optimizer=keras.optimizers.Adadelta(),
              metrics=['accuracy'])
model.fit(x, y, batch_size=8, epochs=2, verbose=0)
print('learning rate of Adadelta:', K.get_value(model.optimizer.lr))

try:
    plot_model(model, to_file='model.png', show_shapes=True)
except (ImportError, OSError) as e:
    print('no picture of the model:', e)

# serialize model to JSON
model_json = model.to_json()
with open("model.json", "w") as json_file:
    json_file.write(model_json)
# serialize weights to HDF5
model.save_weights("model.h5")
print("Saved model to disk")

# load json and create model
json_file = open('model.json', 'r')
loaded_model_json = json_file.read()
json_file.close()
loaded_model = model_from_json(loaded_model_json)
# load weights into new model
loaded_model.load_weights("model.h5")
print("Loaded model from disk")
loaded_model.compile(loss='binary_crossentropy', optimizer='rmsprop', metrics=['accuracy'])
score = loaded_model.evaluate(x, y, verbose=0)
print("%s: %.2f%%" % (loaded_model.metrics_names[1], score[1] * 100))

# feature maps, the way of 2017
get_activations = K.function([model.layers[0].input, K.learning_phase()], [model.layers[3].output])
activations = get_activations([x[:1], 0])[0]
print('feature maps:', activations.shape)

# and the other way
intermediate_layer_model = Model(inputs=model.input, outputs=model.get_layer('features').output)
intermediate_output = intermediate_layer_model.predict(x)
print('features:', intermediate_output.shape)

layer_outputs = [layer.output for layer in model.layers[:4]]
activation_model = Model(inputs=model.input, outputs=layer_outputs)
activations = activation_model.predict(x[:1])
print([a.shape for a in activations])

fig, axes = plt.subplots(2, 4)
for i, ax in enumerate(axes.flat):
    ax.matshow(activations[3][0, :, :, i], cmap='viridis')
plt.savefig('maps.png')

# transfer: all layers but the last, frozen
for layer in loaded_model.layers[:-1]:
    layer.trainable = False
loaded_model.pop()
loaded_model.add(Dense(3, activation='softmax', name='new_top'))
loaded_model.compile('sgd', 'sparse_categorical_crossentropy')
before = loaded_model.layers[0].get_weights()[0]
loaded_model.fit(x, np.arange(len(x)) % 3, epochs=1, verbose=0)
print('frozen:', np.array_equal(before, loaded_model.layers[0].get_weights()[0]))
K.clear_session()
