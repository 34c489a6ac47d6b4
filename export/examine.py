"""Seal one exported file, run it on the evaluation images, and judge it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from edgecnn.artifact import REJECTED_FOLDER, Entry
from edgecnn.contract import Contract, Origin
from edgecnn.errors import ExportError
from edgecnn.export.convert import Conversion
from edgecnn.export.converted import Converted
from edgecnn.export.job import ExportJob
from edgecnn.export.judge import judge, stability
from edgecnn.export.limits import check_limits
from edgecnn.export.measure import compare
from edgecnn.export.sealing import spread, write_artifact
from edgecnn.files import sha256_file
from edgecnn.gate import Stability
from edgecnn.spec import Format, Scores
from edgecnn.task import TASKS

FLOAT_TOLERANCE = 1e-3
"""Largest difference between a float32 artifact's probabilities and Keras' that rounding can explain."""


_NO_IMAGES = np.empty((0,), np.uint8)


@dataclass(frozen=True, slots=True)
class Examined:
    """The manifest entry of a file, and warnings about it."""

    entry: Entry
    warnings: tuple[str, ...]


def examine(
    job: ExportJob,
    conversion: Conversion,
    file_format: Format,
    scores: Scores,
    *,
    made_with: dict[str, str],
    folder: Path,
) -> Examined:
    """Write a file into `folder`, or into its sub-folder `rejected` if it exceeds a limit.

    Args:
        job: the export.
        conversion: the file's content.
        file_format: of the file.
        scores: the kind of its output.
        made_with: versions of the packages.
        folder: the folder that the export fills.

    Raises:
        ExportError: a float32 file differs from Keras by more than rounding.
    """
    precision, images = conversion.precision, job.evaluation.images
    path = folder / f"{job.classifier.name}-{precision.value}.{file_format.value}"
    contract = _contract(job, conversion, file_format, scores, made_with)
    golden = spread(images, job.spec.golden)
    classifier = write_artifact(path, conversion.converted.payload, contract, golden)
    answers = classifier.predict(images)
    measured = compare(answers, job.reference, job.evaluation)
    if precision.is_full and not measured.max_difference <= FLOAT_TOLERANCE:
        raise ExportError(
            f"{path.name} does not compute what Keras computes: probabilities differ by {measured.max_difference:.2g}"
        )
    halves = None if conversion.halves is None else _compare_halves(job, conversion.halves, contract, folder)
    is_candidate = not precision.is_full or all(requested.is_full for requested in job.spec.precisions)
    entry = Entry(
        file=path.name,
        format=file_format,
        precision=precision,
        size_bytes=path.stat().st_size,
        sha256=sha256_file(path),
        measured=measured,
        gate=None if precision.is_full else judge(answers, job.reference, job.evaluation, job.limits),
        limits=check_limits(classifier, path.stat().st_size, images, job.limits) if is_candidate else (),
        stability=halves,
    )
    if entry.is_rejected:
        (folder / REJECTED_FOLDER).mkdir(exist_ok=True)
        path.rename(folder / entry.place)
    return Examined(entry, _warnings(entry))


def _contract(
    job: ExportJob, conversion: Conversion, file_format: Format, scores: Scores, made_with: dict[str, str]
) -> Contract:
    classifier, converted, precision = job.classifier, conversion.converted, conversion.precision
    preprocessing = replace(classifier.preprocessing, scale=(1.0,), offset=(0.0,))
    if preprocessing.colour == "BGR":  # the graph applies scale and order itself
        preprocessing = replace(preprocessing, colour="RGB")
    return Contract(
        format=file_format,
        precision=precision,
        input=converted.input,
        output=converted.output,
        scores=scores,
        labels=classifier.labels,
        preprocessing=preprocessing,
        origin=Origin(classifier.name, classifier.sha256, classifier.preprocessing),
        needs=converted.needs,
        made_with=made_with,
        float_operations=converted.float_operations if precision.needs_calibration else (),
        target=job.spec.target,
        quantization=job.quantization if precision.is_quantized else None,
        task=classifier.head.task,
        schema_version=TASKS[classifier.head.task].contract_version,
    )


def _compare_halves(job: ExportJob, halves: tuple[Converted, Converted], contract: Contract, folder: Path) -> Stability:
    """Return how two files differ that were calibrated on the two halves of the images."""
    answers = []
    for converted in halves:
        path = folder / f"half.{contract.format.value}"
        own = replace(contract, input=converted.input, output=converted.output)
        answers.append(write_artifact(path, converted.payload, own, _NO_IMAGES).predict(job.evaluation.images))
        path.unlink()
    return stability(answers[0], answers[1], job.evaluation)


def _warnings(entry: Entry) -> tuple[str, ...]:
    stability = entry.stability
    if stability is None or stability.is_stable:
        return ()
    return (
        f"{entry.file}: calibrating on one half of the images gives {stability.points:+.2f} points "
        f"({stability.low:+.2f} to {stability.high:+.2f}) more than on the other: give more calibration images",
    )
