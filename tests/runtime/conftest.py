"""The artifacts that runtimes are tested on.

`EDGECNN_TEST_ARTIFACTS` names a folder that was exported elsewhere, so that an environment without TensorFlow, such
as the one for tflite-runtime, is tested on the same files.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def folder(request: pytest.FixtureRequest) -> Path:
    if given := os.environ.get("EDGECNN_TEST_ARTIFACTS"):
        return Path(given)
    exported: Any = request.getfixturevalue("shipped_export")
    return Path(exported.folder)
