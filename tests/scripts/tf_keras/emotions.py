import os
import numpy as np
import tensorflow as tf
from tensorflow.keras.preprocessing.image import ImageDataGenerator
from tensorflow.keras.layers import Dense, Input, Dropout, Flatten, Conv2D
from tensorflow.keras.layers import BatchNormalization, Activation, MaxPooling2D
from tensorflow.keras.models import Model, Sequential, load_model
from tensorflow.keras.optimizers import Adam
from tensorflow.keras.callbacks import ModelCheckpoint, ReduceLROnPlateau, EarlyStopping, CSVLogger
from tensorflow.keras.utils import plot_model

print("Tensorflow version:", tf.__version__)
physical_devices = tf.config.list_physical_devices('GPU')
if physical_devices:
    tf.config.experimental.set_memory_growth(physical_devices[0], True)
tf.random.set_seed(42)
np.random.seed(42)

img_size = 48
batch_size = 8

datagen_train = ImageDataGenerator(horizontal_flip=True, rescale=1./255, validation_split=0.25)

train_generator = datagen_train.flow_from_directory("data/train/",
                                                    target_size=(img_size, img_size),
                                                    color_mode="grayscale",
                                                    batch_size=batch_size,
                                                    class_mode='categorical',
                                                    subset='training',
                                                    shuffle=True)

validation_generator = datagen_train.flow_from_directory("data/train/",
                                                         target_size=(img_size, img_size),
                                                         color_mode="grayscale",
                                                         batch_size=batch_size,
                                                         class_mode='categorical',
                                                         subset='validation',
                                                         shuffle=False)

# Initialising the CNN
model = Sequential()

# 1 - Convolution
model.add(Conv2D(8, (3, 3), padding='same', input_shape=(48, 48, 1)))
model.add(BatchNormalization())
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.25))

# 2nd Convolution layer
model.add(Conv2D(16, (5, 5), padding='same', kernel_regularizer=tf.keras.regularizers.l2(0.01)))
model.add(BatchNormalization())
model.add(Activation('relu'))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.25))

model.add(Flatten())
model.add(Dense(32))
model.add(BatchNormalization())
model.add(Activation('relu'))
model.add(Dropout(0.25))
model.add(Dense(2, activation='softmax'))

opt = Adam(lr=0.0005)
model.compile(optimizer=opt, loss='categorical_crossentropy',
              metrics=['accuracy', tf.keras.metrics.AUC(name='auc'), tf.keras.metrics.Recall()])
model.summary()

steps_per_epoch = train_generator.n // train_generator.batch_size
validation_steps = max(validation_generator.n // validation_generator.batch_size, 1)

class_weight = {i: 1.0 + i for i in range(2)}
reduce_lr = ReduceLROnPlateau(monitor='val_loss', factor=0.1, patience=1, min_lr=0.00001, mode='auto', verbose=1)
checkpoint = ModelCheckpoint("model_weights.h5", monitor='val_accuracy', save_weights_only=True, mode='max', verbose=1)
early = EarlyStopping(monitor='val_loss', patience=2, restore_best_weights=True)
callbacks = [checkpoint, reduce_lr, early, CSVLogger('log.csv')]

history = model.fit(
    x=train_generator,
    steps_per_epoch=steps_per_epoch,
    epochs=3,
    validation_data=validation_generator,
    validation_steps=validation_steps,
    class_weight=class_weight,
    callbacks=callbacks
)

model_json = model.to_json()
model.save_weights('model_weights.h5')
with open("model.json", "w") as json_file:
    json_file.write(model_json)

model.save('emotions.h5')
again = load_model('emotions.h5')

validation_generator.reset()
y_pred = np.argmax(again.predict(validation_generator), axis=1)
print('labels and predictions:', validation_generator.classes.shape, y_pred.shape)
print('right:', (validation_generator.classes == y_pred).sum(), 'of', validation_generator.samples)
print(sorted(history.history))
