"""TFLite: converting, observing, quantizing, and taking files apart."""
