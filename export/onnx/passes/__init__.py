"""Rewrites of ONNX graphs, one a file."""
