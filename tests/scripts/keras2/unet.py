from __future__ import print_function
import numpy as np
from keras.models import Model, load_model
from keras.layers import Input, concatenate, Conv2D, MaxPooling2D, Conv2DTranspose, UpSampling2D
from keras.optimizers import Adam
from keras.callbacks import ModelCheckpoint
from keras import backend as K

K.set_image_data_format('channels_last')  # TF dimension ordering in this code

img_rows = 32
img_cols = 32

smooth = 1.


def dice_coef(y_true, y_pred):
    y_true_f = K.flatten(y_true)
    y_pred_f = K.flatten(y_pred)
    intersection = K.sum(y_true_f * y_pred_f)
    return (2. * intersection + smooth) / (K.sum(y_true_f) + K.sum(y_pred_f) + smooth)


def dice_coef_loss(y_true, y_pred):
    return -dice_coef(y_true, y_pred)


def recall(y_true, y_pred):
    true_positives = K.sum(K.round(K.clip(y_true * y_pred, 0, 1)))
    possible_positives = K.sum(K.round(K.clip(y_true, 0, 1)))
    return true_positives / (possible_positives + K.epsilon())


def get_unet():
    inputs = Input((img_rows, img_cols, 1))
    conv1 = Conv2D(8, (3, 3), activation='relu', padding='same')(inputs)
    conv1 = Conv2D(8, (3, 3), activation='relu', padding='same')(conv1)
    pool1 = MaxPooling2D(pool_size=(2, 2))(conv1)

    conv2 = Conv2D(16, (3, 3), activation='relu', padding='same')(pool1)
    pool2 = MaxPooling2D(pool_size=(2, 2))(conv2)

    conv3 = Conv2D(32, (3, 3), activation='relu', padding='same')(pool2)

    up4 = concatenate([Conv2DTranspose(16, (2, 2), strides=(2, 2), padding='same')(conv3), conv2], axis=3)
    conv4 = Conv2D(16, (3, 3), activation='relu', padding='same')(up4)

    up5 = concatenate([UpSampling2D(size=(2, 2))(conv4), conv1], axis=3)
    conv5 = Conv2D(8, (3, 3), activation='relu', padding='same')(up5)

    conv6 = Conv2D(1, (1, 1), activation='sigmoid')(conv5)

    model = Model(inputs=[inputs], outputs=[conv6])
    model.compile(optimizer=Adam(lr=1e-3), loss=dice_coef_loss, metrics=[dice_coef, recall])
    return model


def preprocess(imgs):
    return imgs[..., np.newaxis]


rng = np.random.RandomState(0)
imgs_train = rng.rand(24, img_rows, img_cols).astype('float32')
imgs_mask_train = np.zeros_like(imgs_train)
for i in range(24):
    r, c = rng.randint(4, 20, 2)
    imgs_mask_train[i, r:r + 8, c:c + 8] = 1
    imgs_train[i] += imgs_mask_train[i]

imgs_train = preprocess(imgs_train)
imgs_mask_train = preprocess(imgs_mask_train)

mean = np.mean(imgs_train)  # mean for data centering
std = np.std(imgs_train)  # std for data normalization
imgs_train -= mean
imgs_train /= std

print('-' * 30)
print('Creating and compiling model...')
print('-' * 30)
model = get_unet()
model_checkpoint = ModelCheckpoint('weights.h5', monitor='val_loss', save_best_only=True)

print('Fitting model...')
model.fit(imgs_train, imgs_mask_train, batch_size=8, epochs=2, verbose=1, shuffle=True,
          validation_split=0.2,
          callbacks=[model_checkpoint])

print('Loading saved model...')
model = load_model('weights.h5', custom_objects={'dice_coef_loss': dice_coef_loss, 'dice_coef': dice_coef,
                                                 'recall': recall})
imgs_mask_test = model.predict(imgs_train[:4], verbose=1)
print('masks:', imgs_mask_test.shape, 'dice: %.3f' % -model.evaluate(imgs_train, imgs_mask_train, verbose=0)[0])
