"""From a Keras classifier to one clean TensorFlow graph, which every format is converted from."""
