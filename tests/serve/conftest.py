"""One server for all tests that only ask."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("starlette", reason="needs the extra serve: pip install 'edgecnn[serve]'")

from tests.serve.server import ONNX, TFLITE, Served, serving


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """The shipped int8 models with default limits, but for the size of a body."""
    with serving(TFLITE, ONNX, "--max-request", 1_000_000, "--max-pixels", 4_000_000) as running:
        yield running
