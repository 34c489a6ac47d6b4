"""Rewrites of TFLite graphs, one a file."""
