"""What is compared: one model file on one runtime."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from edgecnn.artifact import Artifact, open_artifact, open_folder, read_manifest
from edgecnn.contract import KerasOptions, Preprocessing
from edgecnn.errors import EdgecnnError, MeasurementError
from edgecnn.files import sha256_file, sha256_folder
from edgecnn.models.registry import SHIPPED, find_model_file
from edgecnn.runtime.backend import BACKENDS
from edgecnn.spec import Format


@dataclass(frozen=True, slots=True)
class Case:
    """One model file on one runtime.

    Attributes:
        name: in reports; unique in a run.
        path: of the file.
        precision: "float32" or "int8".
        is_baseline: whether the others are compared with it.
        keras: what a Keras model's file does not say about itself.
    """

    name: str
    path: str
    backend: str
    precision: str
    threads: int
    is_baseline: bool = False
    keras: KerasOptions = KerasOptions()


@dataclass(frozen=True, slots=True)
class Plan:
    """The cases of a run, how their pictures are prepared, and notes on what could not be made a case."""

    cases: tuple[Case, ...]
    labels: tuple[str, ...]
    shape: tuple[int, int, int]
    preprocessing: Preprocessing
    notes: tuple[str, ...]


def plan(
    paths: tuple[Path, ...],
    threads: int,
    backends: tuple[str, ...] | None = None,
    baseline: str | None = None,
    keras: KerasOptions = KerasOptions(),
) -> Plan:
    """Return a case for each artifact and each installed runtime that runs it, the Keras model first.

    Args:
        paths: folders of artifacts and single files, all of one task.
        threads: of each case.
        backends: which runtimes to use; None takes all that are installed.
        baseline: the Keras model's file or shipped name; None takes what the first folder's manifest names, if it
            is still the same file.
        keras: whether its code may run; how it is fed is what the first artifact says.

    Raises:
        ArtifactError: a path cannot be used.
        MeasurementError: nothing to measure, or artifacts of different tasks.
    """
    artifacts = [
        artifact for path in paths for artifact in (open_folder(path) if path.is_dir() else (open_artifact(path),))
    ]
    if not artifacts:
        raise MeasurementError("nothing to measure: no artifacts were given")
    contract = artifacts[0].contract
    for artifact in artifacts[1:]:
        if artifact.contract.labels != contract.labels or artifact.contract.input.shape[1:] != contract.input.shape[1:]:
            raise MeasurementError(
                f"{artifact.path} and {artifacts[0].path} are for different tasks; compare them in runs of their own"
            )
    notes: list[str] = []
    options = replace(keras, preprocessing=contract.origin.preprocessing)
    cases = [replace(case, keras=options) for case in _keras_case(paths, threads, backends, baseline, notes)]
    for artifact in artifacts:
        cases += _artifact_cases(artifact, threads, backends, notes)
    if not cases:
        raise MeasurementError("nothing to measure: " + "; ".join(notes))
    height, width, channels = contract.input.shape[1:]
    return Plan(
        _with_baseline(_with_own_names(cases)),
        contract.labels,
        (height, width, channels),
        contract.preprocessing,
        tuple(notes),
    )


def _artifact_cases(artifact: Artifact, threads: int, backends: tuple[str, ...] | None, notes: list[str]) -> list[Case]:
    contract = artifact.contract
    able = [backend for backend in BACKENDS.values() if contract.format in backend.formats]
    used = [backend for backend in able if backend.is_installed and backend.name in (backends or BACKENDS)]
    if not used:
        notes.append(
            f"{artifact.path.name} was left out: none of {', '.join(one.name for one in able)} is installed and wanted"
        )
    return [
        Case(
            f"{artifact.path.name} on {backend.name}",
            str(artifact.path),
            backend.name,
            contract.precision.value,
            threads,
        )
        for backend in used
    ]


def _keras_case(
    paths: tuple[Path, ...], threads: int, backends: tuple[str, ...] | None, baseline: str | None, notes: list[str]
) -> list[Case]:
    keras = BACKENDS["keras"]
    if backends is not None and keras.name not in backends:
        return []
    if not keras.is_installed:
        notes.append("the original Keras model was left out: TensorFlow is not installed")
        return []
    path = find_model_file(baseline) if baseline else _original(paths, notes)
    if path is None:
        return []
    name = path.parent.name if path.stem == "model" else path.stem
    return [Case(f"{name} in Keras", str(path), keras.name, "float32", threads)]


def _original(paths: tuple[Path, ...], notes: list[str]) -> Path | None:
    """Return the unchanged Keras model that a folder's manifest, or the name in a file's contract, leads to."""
    for path in paths:
        if path.is_dir():
            manifest = read_manifest(path)
            source, expected = manifest.source, manifest.origin.sha256
        else:
            origin = open_artifact(path).contract.origin
            source, expected = origin.name, origin.sha256
            if source not in SHIPPED:
                continue
        try:
            model = find_model_file(source)
        except EdgecnnError:
            notes.append(f"the original Keras model {source} is not here any more; name it with --baseline")
            return None
        if (sha256_folder(model) if model.is_dir() else sha256_file(model)) == expected:
            return model
        notes.append(
            f"{source} is not the Keras model that the artifacts were made from any more; name that with --baseline"
        )
        return None
    notes.append("the original Keras model is not known for single files; name it with --baseline")
    return None


def _with_own_names(cases: list[Case]) -> list[Case]:
    """Add the folder to the names of files that are called alike, and a number where that is not enough."""
    cases = _renamed(cases, lambda case, _: f"{Path(case.path).parent.name}/{case.name}")
    return _renamed(cases, lambda case, number: f"{case.name} ({number})")


def _renamed(cases: list[Case], rename: Callable[[Case, int], str]) -> list[Case]:
    """Return the cases with new names for those whose name is not theirs alone."""
    names = [case.name for case in cases]
    return [
        replace(case, name=rename(case, number)) if names.count(case.name) > 1 else case
        for number, case in enumerate(cases, 1)
    ]


def _with_baseline(cases: list[Case]) -> tuple[Case, ...]:
    """Mark the Keras model, else the first float32 case, else the first case."""
    order = [
        next((case for case in cases if case.backend == Format.KERAS.value), None),
        next((case for case in cases if case.precision == "float32"), None),
        cases[0],
    ]
    chosen = next(case for case in order if case is not None)
    return tuple(replace(case, is_baseline=case is chosen) for case in cases)
