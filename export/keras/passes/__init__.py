"""Rewrites of the TensorFlow graph, one per file. They run first, so that all formats benefit."""
