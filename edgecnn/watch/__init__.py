"""Classification of live frames: from a camera, a video, or a folder that files are dropped into.

`source.open_source` gives frames, `loop.watch` paces and classifies them, observers show them and start commands.
"""
