"""Comparing artifacts with the original model: accuracy, latency and memory, and a report with the method in it.

This folder is imported as `edgecnn.bench`.
"""

from __future__ import annotations

if __name__ != "edgecnn.bench":
    raise ImportError("this folder is imported as `edgecnn.bench`, not as `bench`")
