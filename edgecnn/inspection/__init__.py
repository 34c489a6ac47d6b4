"""What is inside a .tflite or .onnx file, also one that edgecnn did not make, without running it."""
