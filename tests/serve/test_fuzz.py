"""Requests that a fuzzer makes up from the OpenAPI description."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import PATIENCE
from tests.serve.server import TFLITE, Served, serving

EXAMPLES = 40


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("schemathesis") is None, reason="needs schemathesis, the fuzzer")
def test_a_fuzzer_finds_no_answer_but_those_that_are_described(tmp_path: Path) -> None:
    """No 5xx, and each status, content type and body as /openapi.json says."""
    with serving(TFLITE, "--timeout", 5) as served:
        ended = fuzz(served, tmp_path)
        assert ended.returncode == 0, ended.stdout[-5000:] + ended.stderr[-2000:]
        text = served.ask("GET", "/metrics")[1].decode()
    answered = {
        (endpoint, int(status)): float(count)
        for endpoint, status, count in re.findall(r'requests_total\{endpoint="(\w+)",status="(\d+)"\} (\S+)', text)
    }
    assert not [key for key in answered if key[1] >= 500]
    assert sum(answered.values()) > 8 * EXAMPLES
    assert answered["infer", 200] > 0
    assert answered["infer", 400] > 0
    assert answered["classify", 400] > 0


def fuzz(served: Served, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable, "-m", "schemathesis.cli", "run", f"{served.url}/openapi.json",
        "--max-examples", str(EXAMPLES), "--seed", "1", "--generation-deterministic", "--no-color",
        "--phases", "examples,coverage,fuzzing", "--mode", "all",
        "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
    ]  # fmt: skip
    return subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        env={**os.environ, "CI": "1"},
    )
