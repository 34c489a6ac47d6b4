"""The cases that a run compares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from edgecnn.bench.candidates import Candidate, CandidateSource, KerasFile, find_original, read_source
from edgecnn.bench.case import Case, Role
from edgecnn.contract import Preprocessing
from edgecnn.errors import MeasurementError
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasCall, KerasLoading
from edgecnn.runtime.backend import BACKENDS
from edgecnn.runtime.foreign import feeding_of, is_foreign
from edgecnn.runtime.lookup import known_backends
from edgecnn.spec import Format, Precision
from edgecnn.task import SINGLE_LABEL

_HOW_CALLED = {
    KerasCall.FUNCTION: "",
    KerasCall.PLAIN: ", plain call",
    KerasCall.PREDICT: ", Model.predict",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """The cases of a run, how their pictures are prepared, and notes on what was left out."""

    cases: tuple[Case, ...]
    labels: tuple[str, ...]
    shape: tuple[int, int, int]
    preprocessing: Preprocessing
    notes: tuple[str, ...]
    task: str = SINGLE_LABEL


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
    """Return a case for each artifact, installed runtime that supports it and number of threads, the Keras model first.

    Args:
        paths: folders of artifacts and single files, all of one task.
        threads: numbers of threads; the baseline uses the first.
        backends: runtimes to use; None takes all that are installed.
        baseline: the Keras model's file or shipped name; None takes the one named in the first folder's
            manifest, if that file is unchanged.
        feeding: the input of files not made by edgecnn; the first artifact gives the Keras model's.
        loading: whether the Keras model's code may run.
        references: whether to add other ways of calling the Keras model as cases.

    Raises:
        ArtifactError: a path cannot be used.
        MeasurementError: nothing to measure, or artifacts of different tasks.
    """
    sources = tuple(read_source(path, feeding) for path in paths)
    candidates = tuple(candidate for source in sources for candidate in source.candidates)
    _check(candidates, feeding)
    notes = [f"{name} was left out: the export rejected it" for source in sources for name in source.rejected]
    notes += [f"{model.path.name}: {note}" for model in candidates for note in model.description.notes]
    first = candidates[0].description
    original, note = _find_keras_model(sources, backends, baseline)
    notes += [note] if note else []
    cases = list[Case]()
    if original is not None:
        calls = tuple(KerasCall) if references else (KerasCall.FUNCTION,)
        cases += _keras_cases(
            original,
            calls,
            threads[0],
            Feeding(first.origin.preprocessing, task=first.stated_task),
            loading,
        )
    for candidate in candidates:
        able = [backend for backend in known_backends().values() if candidate.description.format in backend.formats]
        used = [it.name for it in able if it.is_installed and (backends is None or it.name in backends)]
        if not used:
            names = ", ".join(backend.name for backend in able)
            notes.append(f"{candidate.path.name} was left out: none of {names} is installed and wanted")
        cases += _artifact_cases(candidate, used, threads)
    if not cases:
        raise MeasurementError("nothing to measure: " + "; ".join(notes))
    named = _with_own_names(cases)
    return Plan(_with_baseline(named), first.labels, first.image_shape, first.preprocessing, tuple(notes), first.task)


def _check(candidates: tuple[Candidate, ...], feeding: Feeding) -> None:
    """Raise `MeasurementError` if these cannot be measured in one run."""
    if not candidates:
        raise MeasurementError("nothing to measure: no artifacts were given")
    if feeding.stated and not any(is_foreign(candidate.description) for candidate in candidates):
        raise MeasurementError(
            f"these files say themselves how they are fed; {', '.join(feeding.stated)} cannot be stated for what "
            "edgecnn made"
        )
    first = candidates[0]
    for other in candidates[1:]:
        own, expected = ((one.task, one.labels, one.image_shape) for one in (other.description, first.description))
        if own != expected:
            raise MeasurementError(
                f"{other.path} and {first.path} are for different tasks; compare them in separate runs"
            )


def _find_keras_model(
    sources: tuple[CandidateSource, ...], backends: tuple[str, ...] | None, baseline: str | None
) -> tuple[KerasFile | None, str | None]:
    """Return the Keras model to measure, or a note if an expected one is missing."""
    keras = BACKENDS["keras"]
    if backends is not None and keras.name not in backends:
        unused = f"the baseline {baseline} was left out: keras is not among the --backends"
        return None, None if baseline is None else unused
    if not keras.is_installed:
        return None, "the original Keras model was left out: TensorFlow is not installed"
    return find_original(sources, baseline)


def _keras_cases(
    model: KerasFile, calls: tuple[KerasCall, ...], threads: int, feeding: Feeding, loading: KerasLoading
) -> list[Case]:
    """Return the Keras model with each way of calling it, the compiled function first."""
    path = Path(model.source)
    name = path.parent.name if path.stem == "model" else path.stem
    return [
        Case(
            f"{name} in Keras{_HOW_CALLED[call]}",
            model.source,
            model.sha256,
            Format.KERAS.value,
            Precision.FLOAT32,
            threads,
            Role.CANDIDATE if call is KerasCall.FUNCTION else Role.REFERENCE,
            feeding,
            replace(loading, call=call),
        )
        for call in calls
        if call is not KerasCall.PREDICT or not path.is_dir()
    ]


def _artifact_cases(candidate: Candidate, backends: list[str], threads: tuple[int, ...]) -> list[Case]:
    description = candidate.description
    return [
        Case(
            f"{candidate.path.name} on {backend}" + (f", {count} threads" if count > 1 else ""),
            str(candidate.path),
            candidate.sha256,
            backend,
            description.precision,
            count,
            feeding=feeding_of(description),
            is_foreign=is_foreign(description),
        )
        for backend in backends
        for count in threads
    ]


def _with_own_names(cases: list[Case]) -> list[Case]:
    """Add the folder to file names that occur twice, and a number if that is not enough."""
    cases = _renamed(cases, lambda case, _: f"{Path(case.path).parent.name}/{case.name}")
    return _renamed(cases, lambda case, number: f"{case.name} ({number})")


def _renamed(cases: list[Case], rename: Callable[[Case, int], str]) -> list[Case]:
    """Return the cases, with new names for those whose name is not unique."""
    names = [case.name for case in cases]
    return [
        replace(case, name=rename(case, number)) if names.count(case.name) > 1 else case
        for number, case in enumerate(cases, 1)
    ]


def _with_baseline(cases: list[Case]) -> tuple[Case, ...]:
    """Mark the compiled Keras model, else the first float32 case, else the first, and insert its twin after it."""
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
