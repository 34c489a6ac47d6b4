"""Comparison of artifacts with the original model: accuracy, latency and memory, in a report that states its method.

This folder is imported as `edgecnn.bench`.
"""

from __future__ import annotations

if __name__ != "edgecnn.bench":
    raise ImportError("this folder is imported as `edgecnn.bench`, not as `bench`")
