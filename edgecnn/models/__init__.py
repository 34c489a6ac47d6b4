"""Keras model builders, one file an architecture, and the ways to get a Keras model.

Nothing here imports Keras before a function is called.
"""
