"""Model metadata for viewers and other tools: labels, pixel format and range, names, licence."""
