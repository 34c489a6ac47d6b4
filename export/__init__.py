"""Export Keras classifiers to TFLite and ONNX, in float32 and int8, and check the results.

This folder is imported as `edgecnn.export`.
"""

from __future__ import annotations

if __name__ != "edgecnn.export":
    raise ImportError("this folder is imported as `edgecnn.export`, not as `export`")

from typing import TYPE_CHECKING

from edgecnn.lazy import lazy_names

if TYPE_CHECKING:
    from edgecnn.export.folder import Exported
    from edgecnn.export.pipeline import export_model

__all__ = ["Exported", "export_model"]

__getattr__ = lazy_names(__name__, {"Exported": "edgecnn.export.folder", "export_model": "edgecnn.export.pipeline"})
