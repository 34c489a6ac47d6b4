"""The tutorial's notebook as it is: what `edgecnn train` is compared with.

Prints seconds since `fit` began and accuracy on the test images after each epoch, and stops at the accuracy wanted.
"""

import sys
import time

import keras
import numpy as np

arrays, wanted, seed = np.load(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
keras.utils.set_random_seed(seed)
train_images, test_images = arrays["train_images"] / 255.0, arrays["test_images"] / 255.0
train_labels, test_labels = arrays["train_labels"], arrays["test_labels"]

layers = keras.layers
model = keras.models.Sequential()
model.add(keras.Input((32, 32, 3)))
model.add(layers.Conv2D(32, (3, 3), activation="relu"))
model.add(layers.MaxPooling2D((2, 2)))
model.add(layers.Conv2D(64, (3, 3), activation="relu"))
model.add(layers.MaxPooling2D((2, 2)))
model.add(layers.Conv2D(64, (3, 3), activation="relu"))
model.add(layers.Flatten())
model.add(layers.Dense(512, activation="relu"))
model.add(layers.Dense(10))
model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])


def tell(epoch: int, logs: dict[str, float]) -> None:  # noqa: ARG001  # Keras names them
    """Print where the training stands, and stop it at the accuracy wanted."""
    print(time.perf_counter() - began, logs["val_accuracy"], flush=True)
    model.stop_training = logs["val_accuracy"] >= wanted


began = time.perf_counter()
model.fit(
    train_images,
    train_labels,
    epochs=10,
    validation_data=(test_images, test_labels),
    callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=tell)],
    verbose=0,
)
