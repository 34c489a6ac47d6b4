"""What is compared: one model file on one runtime."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from edgecnn.artifact import Artifact, open_folder, read_manifest
from edgecnn.contract import ForeignContract, Preprocessing, find_contract, notes_of
from edgecnn.errors import EdgecnnError, MeasurementError
from edgecnn.files import sha256_file, sha256_folder
from edgecnn.model_options import KerasCall, ModelOptions
from edgecnn.models.registry import SHIPPED, find_model_file
from edgecnn.runtime.backend import BACKENDS, known_backends
from edgecnn.runtime.foreign import open_model, options_of
from edgecnn.spec import Format


class Role(enum.Enum):
    """What a case is in a run for.

    BASELINE is what ratios refer to, TWIN the same once more, so that the difference of both is the noise floor.
    REFERENCE is another way of calling the Keras model, which nobody would deploy.
    """

    CANDIDATE = "candidate"
    BASELINE = "baseline"
    TWIN = "twin"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Case:
    """One model file on one runtime with a number of threads.

    Attributes:
        name: in reports; unique in a run.
        path: of the file.
        sha256: of the file.
        precision: value of `Precision`: "float32", "int8" and so on.
        keras: what the file does not say about itself, and how a Keras model is called.
        is_foreign: whether edgecnn did not make the file.
    """

    name: str
    path: str
    sha256: str
    backend: str
    precision: str
    threads: int
    role: Role = Role.CANDIDATE
    keras: ModelOptions = ModelOptions()
    is_foreign: bool = False

    @property
    def is_artifact(self) -> bool:
        """Whether it could be deployed: no Keras model, and not counted twice."""
        return self.backend != Format.KERAS.value and self.role is not Role.TWIN


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
    threads: tuple[int, ...] = (1,),
    backends: tuple[str, ...] | None = None,
    baseline: str | None = None,
    stated: ModelOptions = ModelOptions(),
    *,
    references: bool = True,
) -> Plan:
    """Return a case for each artifact, installed runtime that runs it and number of threads, the Keras model first.

    Args:
        paths: folders of artifacts and single files, all of one task.
        threads: numbers of threads; the baseline has the first.
        backends: which runtimes to use; None takes all that are installed.
        baseline: the Keras model's file or shipped name; None takes what the first folder's manifest names, if it
            is still the same file.
        stated: whether code of the Keras model may run, how files that edgecnn did not make are fed; how the Keras
            model is fed is what the first artifact says.
        references: whether other ways of calling the Keras model are cases too.

    Raises:
        ArtifactError: a path cannot be used.
        MeasurementError: nothing to measure, or artifacts of different tasks.
    """
    artifacts = [
        artifact for path in paths for artifact in (open_folder(path) if path.is_dir() else (_opened(path, stated),))
    ]
    if not artifacts:
        raise MeasurementError("nothing to measure: no artifacts were given")
    if stated.feeding and not any(isinstance(artifact.contract, ForeignContract) for artifact in artifacts):
        raise MeasurementError(
            f"these files say themselves how they are fed; {', '.join(stated.feeding)} cannot be stated for what "
            "edgecnn made"
        )
    contract = artifacts[0].contract
    for artifact in artifacts[1:]:
        if artifact.contract.labels != contract.labels or artifact.contract.image_shape != contract.image_shape:
            raise MeasurementError(
                f"{artifact.path} and {artifacts[0].path} are for different tasks; compare them in runs of their own"
            )
    notes = [f"{name} was left out: the export rejected it" for path in paths for name in _rejected(path)]
    notes += [f"{artifact.path.name}: {note}" for artifact in artifacts for note in notes_of(artifact.contract)]
    options = ModelOptions(contract.origin.preprocessing, trust_code=stated.trust_code, code=stated.code)
    cases = [
        case
        for case in _keras_cases(paths, threads[0], backends, baseline, options=options, notes=notes)
        if references or case.role is not Role.REFERENCE
    ]
    for artifact in artifacts:
        cases += _artifact_cases(artifact, threads, backends, notes)
    if not cases:
        raise MeasurementError("nothing to measure: " + "; ".join(notes))
    return Plan(
        _with_baseline(_with_own_names(cases)),
        contract.labels,
        contract.image_shape,
        contract.preprocessing,
        tuple(notes),
    )


def _opened(path: Path, stated: ModelOptions) -> Artifact:
    """Return a file with its own contract, or with what is stated if it has none."""
    contract = find_contract(path)
    return open_model(path, stated) if contract is None else Artifact(path, contract)


def _rejected(path: Path) -> list[str]:
    return [entry.file for entry in read_manifest(path).artifacts if entry.is_rejected] if path.is_dir() else []


def _artifact_cases(
    artifact: Artifact, threads: tuple[int, ...], backends: tuple[str, ...] | None, notes: list[str]
) -> list[Case]:
    contract = artifact.contract
    able = [backend for backend in known_backends().values() if contract.format in backend.formats]
    used = [backend for backend in able if backend.is_installed and (backends is None or backend.name in backends)]
    if not used:
        notes.append(
            f"{artifact.path.name} was left out: none of {', '.join(one.name for one in able)} is installed and wanted"
        )
    digest = sha256_file(artifact.path)
    return [
        Case(
            f"{artifact.path.name} on {backend.name}" + (f", {count} threads" if count > 1 else ""),
            str(artifact.path),
            digest,
            backend.name,
            contract.precision.value,
            count,
            keras=options_of(contract),
            is_foreign=isinstance(contract, ForeignContract),
        )
        for backend in used
        for count in threads
    ]


def _keras_cases(
    paths: tuple[Path, ...],
    threads: int,
    backends: tuple[str, ...] | None,
    baseline: str | None,
    *,
    options: ModelOptions,
    notes: list[str],
) -> list[Case]:
    """Return the Keras model in its three ways of being called, the compiled function first."""
    keras = BACKENDS["keras"]
    if backends is not None and keras.name not in backends:
        if baseline is not None:
            notes.append(f"the baseline {baseline} was left out: keras is not among the --backends")
        return []
    if not keras.is_installed:
        notes.append("the original Keras model was left out: TensorFlow is not installed")
        return []
    path = find_model_file(baseline) if baseline else _original(paths, notes)
    if path is None:
        return []
    name = path.parent.name if path.stem == "model" else path.stem
    digest = _sha256(path)
    return [
        Case(
            f"{name} in Keras{_HOW_CALLED[call]}",
            str(path),
            digest,
            keras.name,
            "float32",
            threads,
            Role.CANDIDATE if call is KerasCall.FUNCTION else Role.REFERENCE,
            replace(options, call=call),
        )
        for call in KerasCall
        if call is not KerasCall.PREDICT or not path.is_dir()
    ]


_HOW_CALLED = {
    KerasCall.FUNCTION: "",
    KerasCall.PLAIN: ", plain call",
    KerasCall.PREDICT: ", Model.predict",
}


def _original(paths: tuple[Path, ...], notes: list[str]) -> Path | None:
    """Return the unchanged Keras model that a folder's manifest, or the name in a file's contract, leads to."""
    for path in paths:
        if path.is_dir():
            manifest = read_manifest(path)
            source, expected = manifest.source, manifest.origin.sha256
        else:
            contract = find_contract(path)
            if contract is None or contract.origin.name not in SHIPPED:
                continue
            source, expected = contract.origin.name, contract.origin.sha256
        try:
            model = find_model_file(source)
        except EdgecnnError:
            notes.append(f"the original Keras model {source} is not here any more; name it with --baseline")
            return None
        if _sha256(model) == expected:
            return model
        notes.append(
            f"{source} is not the Keras model that the artifacts were made from any more; name that with --baseline"
        )
        return None
    notes.append("the original Keras model is not known for single files; name it with --baseline")
    return None


def _sha256(path: Path) -> str:
    return sha256_folder(path) if path.is_dir() else sha256_file(path)


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
    """Mark the compiled Keras model, else the first float32 case, else the first, and put its twin behind it."""
    order = [
        next((case for case in cases if case.backend == Format.KERAS.value), None),
        next((case for case in cases if case.precision == "float32"), None),
        cases[0],
    ]
    chosen = next(case for case in order if case is not None)
    twin = replace(chosen, name=f"{chosen.name}, once more", role=Role.TWIN)
    marked = [replace(case, role=Role.BASELINE) if case is chosen else case for case in cases]
    place = cases.index(chosen) + 1
    return (*marked[:place], twin, *marked[place:])
