"""Rewrites of graphs, one a file. Those of TensorFlow graphs come first, so that both formats profit."""
