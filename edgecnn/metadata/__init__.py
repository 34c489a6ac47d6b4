"""What viewers and other tools look for inside a model file: labels, pixel format and range, names, licence."""
