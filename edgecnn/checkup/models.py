"""Which artifacts run here, tried on every working runtime, and which are too new for one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from edgecnn.checkup.child import try_in_child
from edgecnn.checkup.finding import Finding, Level
from edgecnn.checkup.runtimes import RuntimeState
from edgecnn.checkup.trial import RunModel
from edgecnn.errors import ArtifactError, EdgecnnError
from edgecnn.model_files import MODEL_FILES
from edgecnn.spec import Format

_SUFFIXES = tuple(row.suffix for row in MODEL_FILES.values())


@dataclass(frozen=True, slots=True)
class Trial:
    """One file on one runtime; `trouble` says why it does not run, `too_new` which part the runtime lacks."""

    backend: str
    trouble: str | None = None
    too_new: str | None = None


@dataclass(frozen=True, slots=True)
class ModelState:
    """One file.

    Attributes:
        path: as it was found.
        format: None if it is not a model file.
        trouble: why it was not tried; None if it was.
        trials: one for each runtime that works and runs the format.
        is_shipped: whether it came with edgecnn.
        is_foreign: whether it was not named and has no contract: it may belong to another program.
    """

    path: str
    format: Format | None
    trouble: str | None = None
    trials: tuple[Trial, ...] = ()
    is_shipped: bool = False
    is_foreign: bool = False

    @property
    def loads(self) -> bool:
        """Whether some runtime runs it."""
        return any(one.trouble is None for one in self.trials)


def find_models(paths: Iterable[Path], folder: Path) -> tuple[ModelState, ...]:
    """Return the model files that `paths` name, or that are in `folder` where none are named, not yet tried.

    A folder stands for the artifacts of its manifest, or without one for the model files in it.
    """
    named = tuple(paths)
    found: list[ModelState] = []
    for path in named or (folder,):
        found += _in_folder(path, is_named=bool(named)) if path.is_dir() else [_state(path)]
    return tuple({one.path: replace(one, is_foreign=one.is_foreign and not named) for one in found}.values())


def shipped_models(runtimes: Iterable[RuntimeState]) -> tuple[ModelState, ...]:
    """Return the shipped int8 files for which there is a runtime, not yet tried."""
    from edgecnn.models.registry import DEFAULT, shipped_folder

    formats = {known for one in runtimes if one.works for known in one.formats}
    return tuple(
        ModelState(str(shipped_folder(DEFAULT) / f"{DEFAULT}-int8.{known.value}"), known, is_shipped=True)
        for known in MODEL_FILES
        if known in formats
    )


def try_models(models: Iterable[ModelState], runtimes: Iterable[RuntimeState], parallel: int) -> tuple[ModelState, ...]:
    """Return the files with the result of each runtime; every runtime has its own process."""
    models = tuple(models)
    working = [one for one in runtimes if one.works]

    def on(runtime: RuntimeState) -> dict[str, Trial]:
        paths = [one.path for one in models if one.trouble is None and one.format in runtime.formats]
        return {path: _trial(path, runtime, answer) for path, answer in _load_each(runtime.name, paths)}

    with ThreadPoolExecutor(max(1, parallel)) as pool:
        by_runtime = list(pool.map(on, working))
    return tuple(
        replace(one, trials=tuple(trials[one.path] for trials in by_runtime if one.path in trials)) for one in models
    )


def model_findings(models: Iterable[ModelState], runtimes: Iterable[RuntimeState]) -> Iterator[Finding]:
    """Yield, for each file, the runtimes that run it, and what to do where one does not."""
    runtimes = tuple(runtimes)
    for one in models:
        name = f"the shipped {Path(one.path).name}" if one.is_shipped else one.path
        if one.trouble is not None:
            yield Finding("artifact", Level.PROBLEM, f"{name} cannot be used: {one.trouble}")
        elif not one.trials:
            able = [known for known in runtimes if one.format in known.formats and known.is_for_devices]
            advice = f"pip install {able[0].requirement}" if able else ""
            yield Finding("artifact", Level.WARNING, f"{name} was not tried: nothing that works here runs it", advice)
        else:
            yield from _tried(name, one)


def _tried(name: str, one: ModelState) -> Iterator[Finding]:
    good = ", ".join(trial.backend for trial in one.trials if trial.trouble is None)
    if good:
        yield Finding("artifact", Level.OK, f"{name} runs on {good}")
    level = Level.WARNING if good or one.is_foreign else Level.PROBLEM
    for trial in one.trials:
        if trial.trouble is None:
            continue
        if trial.too_new is not None:
            advice = f"use {good}" if good else f"update {trial.backend}, or export again in another precision"
            yield Finding("artifact", level, f"{name} is too new for {trial.backend}: {trial.too_new}", advice)
        else:
            advice = f"use {good}" if good else ""
            yield Finding("artifact", level, f"{name} does not run on {trial.backend}: {trial.trouble}", advice)


def _load_each(backend: str, paths: list[str]) -> Iterator[tuple[str, str | None]]:
    """Yield what a runtime said to each file. One that crashes it is the first without an answer; the rest go on."""
    while paths:
        tried = try_in_child(*(RunModel(backend, path) for path in paths))
        yield from zip(paths, tried.answers, strict=False)
        paths = paths[len(tried.answers) :]
        if paths:
            yield paths[0], tried.trouble or "no answer"
            paths = paths[1:]


def _trial(path: str, runtime: RuntimeState, trouble: str | None) -> Trial:
    from edgecnn.checkup.needs import too_new

    return Trial(runtime.name, trouble, None if trouble is None else too_new(Path(path), runtime))


def _in_folder(folder: Path, *, is_named: bool) -> list[ModelState]:
    from edgecnn.artifact import has_manifest, open_folder

    try:
        if has_manifest(folder):
            return [_state(one.path) for one in open_folder(folder).artifacts]
        states = [_state(path) for path in sorted(folder.iterdir()) if path.suffix in _SUFFIXES and path.is_file()]
    except EdgecnnError as error:
        return [ModelState(str(folder), None, str(error))]
    except OSError as error:
        return [ModelState(str(folder), None, error.strerror or "cannot be read")]
    if not states and is_named:
        return [ModelState(str(folder), None, f"there is no {' or '.join(_SUFFIXES)} file in it")]
    return states


def _state(path: Path) -> ModelState:
    """Return a file, checked to be whole where that can be told without a runtime."""
    from edgecnn.contract import read_contract
    from edgecnn.errors import ContractError
    from edgecnn.runtime.load import format_of

    try:
        known = format_of(path)
    except ArtifactError as error:
        return ModelState(str(path), None, str(error))
    if known is not Format.KERAS:
        try:
            read_contract(path)
        except ContractError:
            return ModelState(str(path), known, is_foreign=True)
        except ArtifactError as error:
            return ModelState(str(path), known, str(error))
    return ModelState(str(path), known)
