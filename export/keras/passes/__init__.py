"""Rewrites of the TensorFlow graph, one a file. They come first, so that all formats profit."""
