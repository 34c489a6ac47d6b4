"""edgecnn: quantized image classifiers for the edge, and numbers about them that can be trusted.

    import edgecnn

    classifier = edgecnn.load("tutorial_cnn-int8.tflite")
    scores = classifier.predict(images)          # uint8 NHWC in, float32 probabilities out

Exporting is in `edgecnn.export`, benchmarking in `edgecnn.bench`. Importing this package imports nothing heavy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgecnn._version import __version__
from edgecnn.lazy import lazy_names

if TYPE_CHECKING:
    from edgecnn.contract import Contract, read_contract
    from edgecnn.errors import EdgecnnError
    from edgecnn.runtime.classifier import Classifier
    from edgecnn.runtime.load import load

__all__ = ["Classifier", "Contract", "EdgecnnError", "__version__", "load", "read_contract"]

__getattr__ = lazy_names(
    __name__,
    {
        "Classifier": "edgecnn.runtime.classifier",
        "Contract": "edgecnn.contract",
        "EdgecnnError": "edgecnn.errors",
        "load": "edgecnn.runtime.load",
        "read_contract": "edgecnn.contract",
    },
)
