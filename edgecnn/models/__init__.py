"""Keras model builders, one file per architecture, and ways to load a Keras model.

Nothing here imports Keras before a function is called.
"""
