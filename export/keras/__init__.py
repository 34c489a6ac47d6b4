"""Turn a Keras classifier into one clean TensorFlow graph, from which every format is converted."""
