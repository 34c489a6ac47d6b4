"""Labelled images: the CIFAR-10 sample in the package, the full set in the cache, folders and .npz files."""
