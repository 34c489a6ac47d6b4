"""Any number of runs: compared if they are from one machine, side by side if not."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgecnn.bench.case import Case
from edgecnn.bench.compare.comparison import Comparison, Run, compare_runs
from edgecnn.bench.compare.match import MachineKey, machine_key
from edgecnn.bench.compare.tolerance import Tolerance
from edgecnn.bench.findings import Findings, read_findings


@dataclass(frozen=True, slots=True)
class ComparedRuns:
    """The comparisons of runs from one machine or several.

    Attributes:
        comparisons: each later run of a machine with the first one.
        devices: the runs for the table with one column per device; empty for one device.
    """

    comparisons: tuple[Comparison, ...]
    devices: tuple[Run, ...]

    @property
    def is_regression(self) -> bool:
        """Whether anything is shown to be worse."""
        return any(comparison.is_regression for comparison in self.comparisons)

    @property
    def is_certain(self) -> bool:
        """Whether anything was compared, and every outcome is known."""
        return bool(self.comparisons) and all(comparison.is_certain for comparison in self.comparisons)


def read_runs(paths: tuple[Path, ...]) -> tuple[Run, ...]:
    """Return the runs in files, each named by the shortest end of its path that is unique.

    Raises:
        MeasurementError: a file is missing, or is not a result that this edgecnn can read.
    """
    return tuple(Run(name, read_findings(path)) for name, path in zip(_short_names(paths), paths, strict=True))


def compare(runs: tuple[Run, ...], limits: Tolerance, *, devices_only: bool = False) -> ComparedRuns:
    """Return comparisons of each machine's later runs with its first, and the latest run of each machine side by side.

    Args:
        runs: the oldest first.
        limits: what counts as a regression.
        devices_only: compare nothing, and put all runs side by side.

    Raises:
        MeasurementError: two runs on one machine have no case in common.
    """
    if devices_only:
        return ComparedRuns((), runs)
    machines: dict[MachineKey, list[Run]] = {}
    for run in runs:
        machines.setdefault(machine_key(run.findings.result.machine), []).append(run)
    comparisons = tuple(compare_runs(old, new, limits) for old, *news in machines.values() for new in news)
    return ComparedRuns(comparisons, tuple(same[-1] for same in machines.values()) if len(machines) > 1 else ())


def deployed(findings: Findings) -> Case | None:
    """Return the artifact that a run's verdict says to deploy; None if there is none."""
    return next((summary.case for summary in findings.summaries if summary.case.name in findings.chosen[:1]), None)


def _short_names(paths: tuple[Path, ...]) -> list[str]:
    """Return the shortest unique ends of the paths, such as "new/result.json"."""
    longest = max(len(path.parts) for path in paths)
    for length in range(1, longest):
        names = ["/".join(path.parts[-length:]) for path in paths]
        if len(set(names)) == len(names):
            return names
    return [str(path) for path in paths]
