"""ONNX: converting, observing, quantizing, and reading files back."""
