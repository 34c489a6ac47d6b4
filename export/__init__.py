"""Exporting Keras classifiers to TFLite and ONNX, in float32 and int8, and checking what came out.

This folder is imported as `edgecnn.export`.
"""

from __future__ import annotations

if __name__ != "edgecnn.export":
    raise ImportError("this folder is imported as `edgecnn.export`, not as `export`")

from edgecnn.export.pipeline import Exported, export_model

__all__ = ["Exported", "export_model"]
