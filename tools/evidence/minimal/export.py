"""The least that makes an int8 .tflite: what `edgecnn export --int8` is compared with."""

import sys

import keras
import numpy as np
import tensorflow as tf

model = keras.models.load_model(sys.argv[1], compile=False)
images = np.load(sys.argv[2])
converter = tf.lite.TFLiteConverter.from_keras_model(model)
converter.optimizations = [tf.lite.Optimize.DEFAULT]
converter.representative_dataset = lambda: ([image[None].astype(np.float32)] for image in images)
converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
converter.inference_input_type = converter.inference_output_type = tf.uint8
with open(sys.argv[3], "wb") as file:
    file.write(converter.convert())
