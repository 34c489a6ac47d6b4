"""Training of the shipped architectures on CIFAR-10, and evaluation of Keras models."""
