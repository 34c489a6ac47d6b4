"""Running model files: one file for each runtime behind one small protocol, and the classifier on top."""
