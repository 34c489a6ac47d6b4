"""`edgecnn[pi]` installs from wheels alone on a 64-bit Raspberry Pi, and brings no TensorFlow."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

OFFLINE = ("error sending request", "Failed to fetch", "dns error", "Connection refused", "timed out")


@pytest.mark.parametrize(
    ("python", "platform"),
    [("3.11", "aarch64-manylinux_2_36"), ("3.13", "aarch64-manylinux_2_40")],
    ids=["bookworm", "trixie"],
)
def test_the_pi_extra_is_wheels_without_tensorflow(python: str, platform: str) -> None:
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv is None:
        pytest.skip("needs uv, which resolves for another platform: pip install uv")
    chosen = ["--python-version", python, "--python-platform", platform, "--only-binary", ":all:"]
    command = [uv, "pip", "compile", "pyproject.toml", "--extra", "pi", *chosen, "--no-header", "--no-annotate"]
    ran = subprocess.run([*command, "--quiet"], cwd=ROOT, capture_output=True, text=True, check=False)
    if ran.returncode and any(words in ran.stderr for words in OFFLINE):
        pytest.skip("needs a package index")
    assert ran.returncode == 0, ran.stderr
    packages = {line.partition("==")[0] for line in ran.stdout.splitlines()}
    assert {"ai-edge-litert", "onnxruntime", "numpy", "pillow", "click"} <= packages
    assert not {"tensorflow", "tensorflow-cpu", "keras", "onnx", "matplotlib"} & packages
