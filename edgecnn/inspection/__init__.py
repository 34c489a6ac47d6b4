"""Inspecting .tflite and .onnx files of any origin without running them."""
