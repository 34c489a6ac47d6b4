"""The benchmark as one call."""

from __future__ import annotations

from pathlib import Path

from edgecnn.bench.case import plan
from edgecnn.bench.markdown import to_markdown
from edgecnn.bench.result import Result, Settings
from edgecnn.bench.run import run
from edgecnn.contract import KerasOptions
from edgecnn.data.sources import open_dataset
from edgecnn.files import write_atomic
from edgecnn.progress import Progress, silent

RESULT_NAME = "result.json"
REPORT_NAME = "report.md"


def bench(
    paths: tuple[Path, ...],
    *,
    data: str = "sample",
    baseline: str | None = None,
    backends: tuple[str, ...] | None = None,
    keras: KerasOptions = KerasOptions(),
    threads: int = 1,
    settings: Settings | None = None,
    progress: Progress = silent,
) -> Result:
    """Measure artifacts on every installed runtime, next to the Keras model that they were made from.

    Args:
        paths: folders of artifacts, or single files.
        data: name or path of the images (see `edgecnn.data.sources`).
        baseline: the Keras model; None takes the one that the artifacts name.
        backends: names of the runtimes; None takes all that are installed.
        keras: whether code of the Keras model may run; how it is fed is what the artifacts say.
        threads: of every case.
        settings: how long and how often; None takes the defaults.
        progress: called with steps.

    Raises:
        ArtifactError, DataError, ModelError: something given cannot be used.
        MeasurementError: there is nothing to measure.
    """
    planned = plan(paths, threads, backends, baseline, keras)
    dataset = open_dataset(data, planned.shape, planned.labels, preprocessing=planned.preprocessing)
    return run(planned, dataset, settings or Settings(), progress=progress)


def write_reports(result: Result, folder: Path) -> None:
    """Write `result.json` with all raw samples, and `report.md`.

    Raises:
        OutputError: the folder cannot be written.
    """
    write_atomic(folder / RESULT_NAME, result.to_json())
    write_atomic(folder / REPORT_NAME, to_markdown(result).encode())
