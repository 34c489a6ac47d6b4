"""OpenVINO: reads what it can, says what it refuses, and sends nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgecnn
from edgecnn.data.sample import load_test_sample
from edgecnn.errors import BackendError
from edgecnn.runtime.backend import BACKENDS
from edgecnn.runtime.load import open_model
from edgecnn.runtime.lookup import find_backend
from edgecnn.runtime.shipped import default_artifact
from edgecnn.spec import ExportSpec, Format, Precision

if not BACKENDS["openvino"].is_installed:  # importorskip would import it, and its telemetry with it
    pytest.skip("needs openvino", allow_module_level=True)
ROOT = Path(__file__).parents[2]
REFUSED = {"float16.tflite", "int16x8.tflite"}


@pytest.mark.slow
def test_it_reads_every_precision_or_refuses_it_in_one_line(tmp_path: Path, own: Any) -> None:
    from edgecnn.data.npz import load_npz
    from edgecnn.export import export_model

    data = {"calibration": str(own.calibration), "evaluation": str(own.evaluation)}
    spec = ExportSpec(precisions=tuple(Precision))
    folder = export_model(str(own.model), tmp_path / "all", spec, **data).folder  # type: ignore[arg-type]
    images, refused = load_npz(own.evaluation).images, {}
    for path in sorted([*folder.glob("*.tflite"), *folder.glob("*.onnx")]):
        try:
            found = edgecnn.load(path, backend="openvino").predict(images).argmax(axis=1)
        except BackendError as error:
            refused[path.name.removeprefix("grey_levels-")] = str(error).removeprefix(f"openvino refuses {path}: ")
            continue
        expected = edgecnn.load(path).predict(images).argmax(axis=1)
        assert (found == expected).mean() >= 0.98, path.name
    assert refused == dict.fromkeys(REFUSED, "Chosen Builtin Option is not accessible for this node")


def test_the_formats_own_runtimes_come_first() -> None:
    assert find_backend(Format.TFLITE).name != "openvino"
    assert find_backend(Format.ONNX).name != "openvino"


@pytest.mark.parametrize("threads", [1, 2])
def test_the_runtime_confirms_how_it_was_told_to_run(threads: int) -> None:
    opened = open_model(default_artifact("onnxruntime"), threads, "openvino")
    session: Any = opened.session
    told = session._request.get_compiled_model().get_property
    assert told("INFERENCE_NUM_THREADS") == min(threads, len(os.sched_getaffinity(0)))
    assert told("NUM_STREAMS") == 1
    assert told("PERFORMANCE_HINT") == "LATENCY"
    assert told("INFERENCE_PRECISION_HINT").get_type_name() == "f32"


def test_float32_is_computed_as_float32(folder: Path) -> None:
    """bfloat16 has 8 significant bits: its scores would be off in the third digit."""
    path, images = folder / "tutorial_cnn-float32.onnx", load_test_sample().images[:50]
    found, expected = (edgecnn.load(path, backend=one).scores(images) for one in ("openvino", "onnxruntime"))
    np.testing.assert_allclose(found, expected, atol=1e-4)


RUN = """
import sys, edgecnn, numpy as np
from edgecnn.runtime.backend import BACKENDS
BACKENDS[sys.argv[1]].import_runtime()
classifier = edgecnn.load(sys.argv[2], backend=sys.argv[1])
classifier.predict(np.zeros(classifier.shape, np.uint8))
assert "openvino_telemetry" not in sys.modules
"""


@pytest.mark.parametrize("name", ["onnxruntime", "openvino"])
def test_a_runtime_writes_nothing_and_calls_nobody(tmp_path: Path, name: str) -> None:
    """Watched by strace, in a home of its own: no folder, no file, no socket."""
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    assert BACKENDS[name].is_installed
    log, home = tmp_path / "log", tmp_path / "home"
    home.mkdir()
    watch: list[str | Path] = [
        "strace",
        "-f",
        "-qq",
        "-e",
        "trace=socket,connect,mkdir",
        "-e",
        "signal=none",
        "-o",
        log,
    ]
    environment = {key: value for key, value in os.environ.items() if key != "ORT_DISABLE_TELEMETRY"}
    subprocess.run(
        [*watch, sys.executable, "-c", RUN, name, default_artifact("onnxruntime")],
        check=True,
        cwd=ROOT,
        env=environment | {"HOME": str(home)},
    )
    assert [path for path in home.rglob("*") if path.is_file()] == []
    assert [line for line in log.read_text().splitlines() if "socket(" in line or "connect(" in line] == []
