"""Matching two runs: the machine, the baseline, and each case."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import PurePath, PureWindowsPath

from edgecnn.bench.case import Case, Role
from edgecnn.bench.result import CaseResult, Raw, Result
from edgecnn.device.machine import Machine
from edgecnn.runtime.lookup import known_backends

MachineKey = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    """The artifacts of two runs, in pairs.

    Attributes:
        pairs: of OLD and NEW, in the order of NEW.
        added, removed: names of the cases that only NEW, or only OLD, has.
    """

    pairs: tuple[tuple[CaseResult, CaseResult], ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]


def machine_key(machine: Machine) -> MachineKey:
    """Return what runs with comparable latencies have in common: board, processor, cores, architecture."""
    return (
        machine.model or "",
        machine.cpu or "",
        str(machine.cores),
        machine.architecture,
        "emulated" if machine.emulated else "",
    )


def match(old: Result, new: Result) -> Matched:
    """Return the artifacts of both runs in pairs.

    Artifacts match by file name (without the folder), backend, precision and threads. If two files of a run have all of
    these in common, the name of the case must match too.
    """
    olds, news = _artifacts(old), _artifacts(new)
    twice = _ambiguous(olds) | _ambiguous(news)
    before, after = _by_key(olds, twice), _by_key(news, twice)
    return Matched(
        tuple((before[key], case_result) for key, case_result in after.items() if key in before),
        tuple(case_result.case.name for key, case_result in after.items() if key not in before),
        tuple(case_result.case.name for key, case_result in before.items() if key not in after),
    )


def common_baseline(old: Result, new: Result) -> tuple[CaseResult, CaseResult] | None:
    """Return the baselines of both runs; None unless they are one file, called alike on one version of a runtime."""
    before, after = _with_role(old, Role.BASELINE), _with_role(new, Role.BASELINE)
    if before is None or after is None:
        return None
    old_case, new_case = before.case, after.case
    same = (
        old_case.sha256 == new_case.sha256
        and (old_case.backend, old_case.threads, old_case.feeding, old_case.loading)
        == (new_case.backend, new_case.threads, new_case.feeding, new_case.loading)
        and backend_version(old_case.backend, old) == backend_version(new_case.backend, new)
    )
    return (before, after) if same else None


def references(result: Result) -> tuple[Raw, ...]:
    """Return the baseline and its twin, the same file measured twice, without those that failed."""
    cases = (_with_role(result, role) for role in (Role.BASELINE, Role.TWIN))
    return tuple(case_result.raw for case_result in cases if case_result is not None and case_result.raw is not None)


def backend_version(backend: str, result: Result) -> str:
    """Return the version of a runtime in a run, or all of the run's versions if the runtime's package is not known."""
    known = known_backends().get(backend)
    if known is not None and known.package in result.versions:
        return result.versions[known.package]
    return ", ".join(f"{name} {version}" for name, version in sorted(result.versions.items()))


def file_name(case: Case) -> str:
    """Return the name of a case's file without its folder, which differs between machines."""
    pure = PureWindowsPath if "\\" in case.path else PurePath
    return pure(case.path).name


def _artifacts(result: Result) -> list[CaseResult]:
    return [case_result for case_result in result.cases if case_result.case.is_artifact]


def _key(case: Case) -> tuple[str, ...]:
    return (file_name(case), case.backend, case.precision.value, str(case.threads))


def _ambiguous(cases: list[CaseResult]) -> set[tuple[str, ...]]:
    return {key for key, count in Counter(_key(case_result.case) for case_result in cases).items() if count > 1}


def _by_key(cases: list[CaseResult], twice: set[tuple[str, ...]]) -> dict[tuple[str, ...], CaseResult]:
    return {
        (*key, case_result.case.name) if key in twice else key: case_result
        for case_result in cases
        for key in (_key(case_result.case),)
    }


def _with_role(result: Result, role: Role) -> CaseResult | None:
    return next(
        (
            case_result
            for case_result in result.cases
            if case_result.case.role is role and case_result.error is None and case_result.raw
        ),
        None,
    )
