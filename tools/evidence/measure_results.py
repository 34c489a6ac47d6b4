"""Measure the shipped models and a larger network in one run: docs/evidence/results/result.json.

The larger network is MLPerf Tiny's, built here with random weights, which its latency does not depend on; its accuracy
means nothing. The full CIFAR-10 must have been fetched. `python -m tools.release.fill_results` writes docs/results.md.

Usage: python -m tools.evidence.measure_results
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from edgecnn.bench.api import bench
from edgecnn.bench.settings import Settings
from edgecnn.data.cifar10 import CLASS_NAMES
from edgecnn.export import export_model
from edgecnn.export.limits import ExportLimits
from edgecnn.feeding import Feeding
from edgecnn.files import write_atomic
from edgecnn.models.framework import import_keras
from edgecnn.models.registry import ASSETS, SHIPPED, architecture, shipped_folder
from edgecnn.spec import ExportSpec
from tools.evidence import RESULTS

RESULT = RESULTS / "result.json"
UNTRAINED = {"resnet8_wide": 76_473_920}
"""The network measured only for its latency, and its multiply-accumulates."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        references = [export_untrained(name, Path(folder)) for name in UNTRAINED]
        shipped = [shipped_folder(name) / f"{name}-int8.{suffix}" for name in SHIPPED for suffix in ("tflite", "onnx")]
        result = bench(
            (*references, *shipped),
            data="cifar10",
            backends=("litert", "onnxruntime"),
            settings=Settings(references=False),
            progress=lambda what, _done, _total, _detail="": print(what, flush=True),
        )
    text = result.to_json().decode()
    for place in (folder, str(ASSETS.parent.parent)):  # keep paths of this machine out of the result
        text = text.replace(f"{place}/", "")
    write_atomic(RESULT, text.encode())


def export_untrained(name: str, folder: Path) -> Path:
    import_keras().utils.set_random_seed(0)
    path = folder / f"{name}.keras"
    architecture(name)(10).save(path)
    exported = export_model(
        str(path),
        folder / name,
        ExportSpec(target="x86"),
        feeding=Feeding(labels=CLASS_NAMES),
        limits=ExportLimits(max_drop=100, min_top1=0),
    )
    return exported.folder / f"{name}-int8.tflite"


if __name__ == "__main__":
    main()
