"""What is compared: one model file on one runtime."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from edgecnn.artifact import open_folder, read_manifest
from edgecnn.contract import Description, Preprocessing, find_contract
from edgecnn.errors import EdgecnnError, MeasurementError
from edgecnn.feeding import Feeding
from edgecnn.files import sha256_file, sha256_folder
from edgecnn.keras_loading import KerasCall, KerasLoading
from edgecnn.models.registry import SHIPPED, find_model_file
from edgecnn.runtime.backend import BACKENDS, known_backends
from edgecnn.runtime.foreign import describe_foreign, feeding_of, is_foreign
from edgecnn.spec import Format, Precision


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
        feeding: what the file does not say about its input and output.
        loading: how a Keras model is loaded and called.
        is_foreign: whether edgecnn did not make the file.
    """

    name: str
    path: str
    sha256: str
    backend: str
    precision: Precision
    threads: int
    role: Role = Role.CANDIDATE
    feeding: Feeding = field(default=Feeding(), metadata={"key": "keras"})
    loading: KerasLoading = field(default=KerasLoading(), metadata={"key": "keras"})
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
    *,
    feeding: Feeding = Feeding(),
    loading: KerasLoading = KerasLoading(),
    references: bool = True,
) -> Plan:
    """Return a case for each artifact, installed runtime that runs it and number of threads, the Keras model first.

    Args:
        paths: folders of artifacts and single files, all of one task.
        threads: numbers of threads; the baseline has the first.
        backends: which runtimes to use; None takes all that are installed.
        baseline: the Keras model's file or shipped name; None takes what the first folder's manifest names, if it
            is still the same file.
        feeding: how files that edgecnn did not make are fed; the first artifact says how the Keras model is fed.
        loading: whether code of the Keras model may run.
        references: whether other ways of calling the Keras model are cases too.

    Raises:
        ArtifactError: a path cannot be used.
        MeasurementError: nothing to measure, or artifacts of different tasks.
    """
    models = [model for path in paths for model in _described(path, feeding)]
    if not models:
        raise MeasurementError("nothing to measure: no artifacts were given")
    if feeding.stated and not any(is_foreign(description) for _, description in models):
        raise MeasurementError(
            f"these files say themselves how they are fed; {', '.join(feeding.stated)} cannot be stated for what "
            "edgecnn made"
        )
    first_path, first = models[0]
    for path, description in models[1:]:
        if description.labels != first.labels or description.image_shape != first.image_shape:
            raise MeasurementError(
                f"{path} and {first_path} are for different tasks; compare them in runs of their own"
            )
    notes = [f"{name} was left out: the export rejected it" for path in paths for name in _rejected(path)]
    notes += [f"{path.name}: {note}" for path, description in models for note in description.notes]
    original = Feeding(first.origin.preprocessing)
    cases = [
        case
        for case in _keras_cases(paths, threads[0], backends, baseline, feeding=original, loading=loading, notes=notes)
        if references or case.role is not Role.REFERENCE
    ]
    for path, description in models:
        cases += _artifact_cases(path, description, threads, backends, notes)
    if not cases:
        raise MeasurementError("nothing to measure: " + "; ".join(notes))
    return Plan(
        _with_baseline(_with_own_names(cases)),
        first.labels,
        first.image_shape,
        first.preprocessing,
        tuple(notes),
    )


def _described(path: Path, feeding: Feeding) -> list[tuple[Path, Description]]:
    """Return the artifacts of a folder, or a file, with their own contracts, or with what is stated without one."""
    if path.is_dir():
        return [(artifact.path, artifact.contract) for artifact in open_folder(path)]
    return [(path, find_contract(path) or describe_foreign(path, feeding))]


def _rejected(path: Path) -> list[str]:
    return [entry.file for entry in read_manifest(path).artifacts if entry.is_rejected] if path.is_dir() else []


def _artifact_cases(
    path: Path, description: Description, threads: tuple[int, ...], backends: tuple[str, ...] | None, notes: list[str]
) -> list[Case]:
    able = [backend for backend in known_backends().values() if description.format in backend.formats]
    used = [backend for backend in able if backend.is_installed and (backends is None or backend.name in backends)]
    if not used:
        notes.append(f"{path.name} was left out: none of {', '.join(one.name for one in able)} is installed and wanted")
    digest = sha256_file(path)
    return [
        Case(
            f"{path.name} on {backend.name}" + (f", {count} threads" if count > 1 else ""),
            str(path),
            digest,
            backend.name,
            description.precision,
            count,
            feeding=feeding_of(description),
            is_foreign=is_foreign(description),
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
    feeding: Feeding,
    loading: KerasLoading,
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
            Precision.FLOAT32,
            threads,
            Role.CANDIDATE if call is KerasCall.FUNCTION else Role.REFERENCE,
            feeding,
            replace(loading, call=call),
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
        next((case for case in cases if case.precision.is_full), None),
        cases[0],
    ]
    chosen = next(case for case in order if case is not None)
    twin = replace(chosen, name=f"{chosen.name}, once more", role=Role.TWIN)
    marked = [replace(case, role=Role.BASELINE) if case is chosen else case for case in cases]
    place = cases.index(chosen) + 1
    return (*marked[:place], twin, *marked[place:])
