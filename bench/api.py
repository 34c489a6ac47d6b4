"""The benchmark as one call."""

from __future__ import annotations

from pathlib import Path

from edgecnn.bench.header import read_header
from edgecnn.bench.journal import JOURNAL_NAME, Journal, key_of
from edgecnn.bench.plan import plan
from edgecnn.bench.result import RESULT_NAME, Result
from edgecnn.bench.run import run
from edgecnn.bench.settings import Settings
from edgecnn.data.sources import open_dataset
from edgecnn.feeding import Feeding
from edgecnn.files import write_atomic
from edgecnn.keras_loading import KerasLoading
from edgecnn.progress import Progress, silent


def bench(
    paths: tuple[Path, ...],
    *,
    data: str = "sample",
    baseline: str | None = None,
    backends: tuple[str, ...] | None = None,
    feeding: Feeding = Feeding(),
    loading: KerasLoading = KerasLoading(),
    threads: tuple[int, ...] = (1,),
    settings: Settings = Settings(),
    folder: Path | None = None,
    resume: bool = False,
    progress: Progress = silent,
) -> Result:
    """Measure artifacts on every installed runtime, along with the Keras model they were made from.

    Args:
        paths: folders of artifacts, or single files.
        data: name or path of the images (see `edgecnn.data.sources`).
        baseline: the Keras model; None takes the one named in the artifacts.
        backends: names of the runtimes; None takes all that are installed.
        feeding: the input of files not made by edgecnn.
        loading: whether the Keras model's code may run.
        threads: numbers of threads, each a separate case.
        settings: durations and repetitions.
        folder: for finished steps, so that a killed run can be resumed, and for the result; None keeps
            nothing.
        resume: whether to resume from the steps kept there.
        progress: called with each step.

    Raises:
        ArtifactError, DataError, ModelError: an argument cannot be used.
        MeasurementError: there is nothing to measure, or nothing to resume.
        KeyboardInterrupt: stopped before any case had a round; a later stop marks the result as incomplete.
    """
    planned = plan(paths, threads, backends, baseline, feeding=feeding, loading=loading, references=settings.references)
    dataset = open_dataset(data, planned.shape, planned.labels, preprocessing=planned.preprocessing, task=planned.task)
    header = read_header(planned.cases)
    key = key_of(planned.cases, settings, dataset.sha256, *header.identity)
    journal = Journal(None if folder is None else folder / JOURNAL_NAME, key, resume=resume)
    try:
        result = run(planned, dataset, settings, progress=progress, header=header, journal=journal)
        if folder is not None:
            write_atomic(folder / RESULT_NAME, result.to_json())
        if result.is_complete:
            journal.remove()
    finally:
        journal.close()
    return result
