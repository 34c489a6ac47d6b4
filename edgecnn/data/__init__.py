"""Labelled images: the CIFAR-10 sample in the package, all of CIFAR-10 in the cache, folders and .npz files."""
