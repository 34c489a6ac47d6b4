"""Rewrites of TFLite graphs, one per file."""
