"""Backends of other packages: found, run, and harmless when broken."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgecnn.runtime.backend import BACKENDS
from edgecnn.runtime.lookup import find_backend, named_backend
from edgecnn.runtime.plugins import find_plugins
from edgecnn.spec import Format

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "backends.md"
BACKEND = 'Backend("{name}", (Format.ONNX,), "json", "{package}", "", "json:none")'


@pytest.fixture
def add_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that installs a package with one module and one entry point, as pip would lay it out."""

    def add(entry: str, code: str) -> None:
        name = f"edgecnn_test_{entry.replace('-', '_')}"
        (tmp_path / f"{name}.py").write_text(code)
        info = tmp_path / f"{name}-2.5.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 2.5\n")
        (info / "entry_points.txt").write_text(f"[edgecnn.backends]\n{entry} = {name}:BACKEND\n")

    monkeypatch.syspath_prepend(tmp_path)
    find_plugins.cache_clear()
    yield add
    find_plugins.cache_clear()


def imports(backend: str) -> str:
    return f"from edgecnn.runtime.backend import Backend\nfrom edgecnn.spec import Format\nBACKEND = {backend}\n"


def test_the_documented_backend_is_listed_and_runs(tmp_path: Path, folder: Path) -> None:
    """The code is taken out of docs/backends.md, built and installed by pip."""
    pytest.importorskip("onnx")
    from PIL import Image

    from edgecnn.data.sample import load_test_sample

    blocks = re.findall(r"<!-- example: (\S+) -->\n```\w+\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert [name for name, _ in blocks] == ["edgecnn_onnx_reference.py", "pyproject.toml"]
    source, site = tmp_path / "source", tmp_path / "site"
    source.mkdir()
    for name, text in blocks:
        (source / name).write_text(text)
    assert len(blocks[0][1].splitlines()) <= 33
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*install, "--target", site, source], check=True, capture_output=True)
    Image.fromarray(load_test_sample().images[0]).save(tmp_path / "picture.png")
    environment = os.environ | {"PYTHONPATH": f"{site}{os.pathsep}{ROOT}"}

    def edgecnn(*arguments: str | Path) -> str:
        command = [sys.executable, "-m", "edgecnn", *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout

    listed = {one["name"]: one for one in json.loads(edgecnn("backends", "--json"))}
    assert listed["onnx-reference"]["installed"]
    assert listed["onnx-reference"]["formats"] == ["onnx"]
    model = folder / "tutorial_cnn-float32.onnx"
    answers = [
        json.loads(edgecnn("predict", tmp_path / "picture.png", "--model", model, "--backend", name, "--json"))
        for name in ("onnxruntime", "onnx-reference")
    ]
    assert answers[0][0]["answers"][0]["label"] == answers[1][0]["answers"][0]["label"]


def test_a_broken_package_is_one_line_of_warning_and_the_others_work(
    add_package: Callable[[str, str], None], edgecnn: Callable[..., Any]
) -> None:
    add_package("crashes", "raise RuntimeError('no such\\nluck')\n")
    add_package("leaves", "import sys\nsys.exit('bye')\n")
    add_package("number", "BACKEND = 7\n")
    add_package("litert", imports(BACKEND.format(name="litert", package="numpy")))
    add_package("unknown", imports(BACKEND.format(name="unknown", package="edgecnn-test-no-such")))
    add_package("works", imports(BACKEND.format(name="works", package="edgecnn_test_works")))
    ran = edgecnn("backends", "--json")
    names = [one["name"] for one in json.loads(ran.out)]
    assert names == [*BACKENDS, "works"]
    assert {one["name"]: one["version"] for one in json.loads(ran.out)}["works"] == "2.5"
    assert ran.status == 0
    assert ran.err.splitlines() == [
        "edgecnn: warning: edgecnn_test_crashes brings no backend as 'crashes': no such",
        "edgecnn: warning: edgecnn_test_leaves brings no backend as 'leaves': bye",
        "edgecnn: warning: edgecnn_test_litert brings no backend as 'litert': there is another backend named litert",
        "edgecnn: warning: edgecnn_test_number brings no backend as 'number': edgecnn_test_number:BACKEND is int, "
        "not edgecnn.runtime.backend.Backend",
        "edgecnn: warning: edgecnn_test_unknown brings no backend as 'unknown': edgecnn_test_unknown:BACKEND names "
        "'edgecnn-test-no-such' as its distribution, which is not installed",
    ]
    assert edgecnn("predict", "x.png", "--backend", "crashes").err.endswith("no such (see `edgecnn predict --help`)\n")


def test_other_packages_are_not_looked_at_for_a_name_of_edgecnns_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: Any) -> Any:
        raise AssertionError("looked")

    monkeypatch.setattr("edgecnn.runtime.plugins.entry_points", refuse)
    find_plugins.cache_clear()
    assert named_backend("litert") is BACKENDS["litert"]
    assert find_backend(Format.TFLITE).name in BACKENDS
    with pytest.raises(AssertionError, match="looked"):
        named_backend("other")


def test_a_backend_of_another_package_runs_what_nothing_else_runs(
    add_package: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    add_package("works", imports(BACKEND.format(name="works", package="edgecnn_test_works")))
    monkeypatch.setattr("edgecnn.runtime.lookup.BACKENDS", {"keras": BACKENDS["keras"]})
    assert find_backend(Format.ONNX).name == "works"
    assert find_backend(Format.ONNX).requirement == "edgecnn_test_works"
