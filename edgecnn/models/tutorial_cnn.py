"""The CNN of the TensorFlow tutorial "Convolutional Neural Network (CNN)", with a Dense layer of 512."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgecnn.models.framework import import_keras

if TYPE_CHECKING:
    import keras


def build(class_count: int = 10) -> keras.Model:
    """Return the untrained model: 586,250 parameters and 5.0 M multiply-accumulates for ten classes.

    Input: float32 or uint8 pixels 0..255, (N, 32, 32, 3), RGB. A layer of the model scales them to 0..1,
    so that nothing is scaled twice. Output: float32 probabilities, (N, class_count).
    """
    keras = import_keras()
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(64, 3, activation="relu"),
            layers.Flatten(),
            layers.Dense(512, activation="relu"),
            layers.Dense(class_count, activation="softmax", dtype="float32"),
        ],
        name="tutorial_cnn",
    )
