"""The complete check-up."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from edgecnn.checkup.finding import Finding, Level
from edgecnn.checkup.heat import heat_findings
from edgecnn.checkup.models import ModelState, find_models, model_findings, shipped_models, try_models
from edgecnn.checkup.runtimes import RuntimeState, base_findings, find_runtimes, runtime_findings
from edgecnn.checkup.system import (
    camera_findings,
    default_folders,
    disk_findings,
    machine_findings,
    memory_findings,
)
from edgecnn.device.camera import Cameras, find_cameras
from edgecnn.device.machine import Machine, read_machine
from edgecnn.device.sensors import Sample, Sensors

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Checkup:
    """The result of a check-up.

    Attributes:
        findings: in words, in the order to read them.
    """

    machine: Machine
    sample: Sample
    cameras: Cameras
    runtimes: tuple[RuntimeState, ...]
    models: tuple[ModelState, ...]
    findings: tuple[Finding, ...]
    schema_version: int = SCHEMA_VERSION

    @property
    def is_healthy(self) -> bool:
        """Whether nothing is a problem."""
        return all(one.level is not Level.PROBLEM for one in self.findings)


def examine(paths: Iterable[Path] = (), root: Path = Path("/")) -> Checkup:
    """Return the check-up of this machine.

    No runtime is imported in this process: anything that may crash is tried in another.

    Args:
        paths: model files and folders of them; the current folder if there are none.
        root: of the file system to read /proc, /sys, /etc and /dev in; another one in tests.
    """
    machine, sample, cameras = read_machine(root), Sensors(root).read(), find_cameras(root)
    is_raspberry_pi = (machine.model or "").startswith("Raspberry Pi")
    broken = base_findings()
    runtimes: tuple[RuntimeState, ...] = ()
    models: tuple[ModelState, ...] = ()
    if not broken:
        runtimes = find_runtimes(machine.cores)
        models = (*find_models(paths, Path()), *shipped_models(runtimes))
        models = try_models(models, runtimes, machine.cores)
    return Checkup(
        machine,
        sample,
        cameras,
        runtimes,
        models,
        (
            *machine_findings(machine, root),
            *heat_findings(sample, is_raspberry_pi=is_raspberry_pi),
            *memory_findings(sample),
            *disk_findings(default_folders()),
            *camera_findings(cameras, is_raspberry_pi=is_raspberry_pi),
            *(broken or runtime_findings(runtimes, machine)),
            *model_findings(models, runtimes),
        ),
    )
