"""Which runtimes are installed, whether each can be imported here, and which could be installed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from edgecnn.checkup.child import try_in_child
from edgecnn.checkup.finding import Finding, Level
from edgecnn.checkup.system import SIXTY_FOUR_BITS, WITH_GLIBC, is_managed_python
from edgecnn.checkup.trial import ImportModule, ImportRuntime
from edgecnn.checkup.wheels import GLIBC, why_no_wheel
from edgecnn.device.machine import Machine
from edgecnn.spec import Format
from edgecnn.versions import installed_version

BASE = {"numpy": "numpy", "pillow": "PIL.Image"}
"""Distributions that edgecnn itself needs, with their modules."""

_IN_A_VENV = "python3 -m venv .venv && . .venv/bin/activate, because this Python belongs to the system; then "
_ILLEGAL = "this build uses instructions that the processor lacks: take another release of it, or another runtime"


@dataclass(frozen=True, slots=True)
class RuntimeState:
    """One runtime.

    Attributes:
        name: the backend's.
        package: the distribution.
        formats: files that it runs.
        requirement: the argument for `pip install`.
        version: None if it is not installed, or does not say.
        is_installed: whether its module can be found.
        trouble: why it cannot be imported; None if it can, or is not installed.
    """

    name: str
    package: str
    formats: tuple[Format, ...]
    requirement: str
    version: str | None
    is_installed: bool
    trouble: str | None = None

    @property
    def works(self) -> bool:
        """Whether it is installed and can be imported."""
        return self.is_installed and self.trouble is None

    @property
    def is_for_devices(self) -> bool:
        """Whether it runs artifacts, and not only Keras models."""
        return self.formats != (Format.KERAS,)


def base_findings() -> tuple[Finding, ...]:
    """Return a problem for each package of `BASE` that cannot be imported. The check-up then stops there."""
    tried = try_in_child(*map(ImportModule, BASE.values()))
    findings = []
    for place, package in enumerate(BASE):
        trouble = tried.answers[place] if place < len(tried.answers) else tried.trouble
        if trouble is not None:
            advice = _ILLEGAL if "SIGILL" in trouble else f"{install_with()}--force-reinstall {package}"
            findings.append(Finding("runtime", Level.PROBLEM, f"{package} does not import: {trouble}", advice))
            break  # the next was not tried, or suffers from the same
    return tuple(findings)


def find_runtimes(parallel: int) -> tuple[RuntimeState, ...]:
    """Return the state of every backend; installed ones are imported, `parallel` at a time, each in its own process."""
    from edgecnn.runtime.lookup import known_backends

    backends = known_backends()

    def state(name: str) -> RuntimeState:
        backend = backends[name]
        trouble = None
        if backend.is_installed:
            tried = try_in_child(ImportRuntime(backend.name))
            trouble = tried.answers[0] if tried.answers else tried.trouble or "no answer"
        return RuntimeState(
            name,
            backend.package,
            backend.formats,
            backend.requirement,
            installed_version(backend.package),
            backend.is_installed,
            trouble,
        )

    with ThreadPoolExecutor(max(1, parallel)) as pool:
        return tuple(pool.map(state, backends))


def runtime_findings(runtimes: Iterable[RuntimeState], machine: Machine) -> Iterator[Finding]:
    """Yield the state of each runtime in words, and a problem if none runs artifacts."""
    runtimes = tuple(runtimes)
    covered = {known for one in runtimes if one.works for known in one.formats}
    for one in runtimes:
        if one.is_installed:
            yield _installed(one)
        else:
            yield _missing(one, machine, is_wanted=not covered.issuperset(one.formats))
    if not any(one.works and one.is_for_devices for one in runtimes):
        yield Finding("runtime", Level.PROBLEM, "no runtime works here: no artifact can be run", _first_aid(machine))


def install_with() -> str:
    """Return how pip is called here."""
    return f"{_IN_A_VENV if is_managed_python() else ''}pip install "


def _installed(one: RuntimeState) -> Finding:
    name = f"{one.name} ({one.package}{f' {one.version}' if one.version else ''})"
    runs = " and ".join(f".{known.value}" for known in one.formats)
    if one.trouble is None:
        return Finding("runtime", Level.OK, f"{name} imports; runs {runs}")
    advice = _ILLEGAL if "SIGILL" in one.trouble else f"{install_with()}--force-reinstall {one.requirement}"
    return Finding("runtime", Level.PROBLEM, f"{name} does not import: {one.trouble}", advice)


def _missing(one: RuntimeState, machine: Machine, *, is_wanted: bool) -> Finding:
    if (reason := why_no_wheel(one.package, machine)) is not None:
        return Finding("runtime", Level.OK, f"{one.name} is not installed and cannot be: {reason}")
    if not one.is_for_devices:
        return Finding("runtime", Level.OK, f"{one.name} is not installed; only export and Keras models need it")
    if not is_wanted:
        return Finding("runtime", Level.OK, f"{one.name} is not installed, and not needed: another runs its files")
    runs = " and ".join(f".{known.value}" for known in one.formats)
    return Finding(
        "runtime", Level.OK, f"{one.name} is not installed", f"for {runs} files: {install_with()}{one.requirement}"
    )


def _first_aid(machine: Machine) -> str:
    if machine.bits == 32:
        return SIXTY_FOUR_BITS
    if machine.libc is not None and not machine.libc.startswith(GLIBC):
        return WITH_GLIBC
    return f"{install_with()}'edgecnn[litert]'"
