"""The energy that a block of code uses, on machines that measure it: RAPL on x86, and the Raspberry Pi 5's PMIC."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from edgecnn.device.kernel_files import read_integer, read_text
from edgecnn.device.vcgencmd import Firmware, Run

_RAPL_SECONDS = 10.0
"""How often counters are read; they overflow after some minutes at full power."""

_RAILS_SECONDS = 0.1


class Account(Protocol):
    """The energy used since the account was opened."""

    def update(self) -> None:
        """Add the energy used since the last update."""
        ...

    def joules(self) -> float | None:
        """Return the sum; None if unknown."""
        ...


@dataclass(slots=True)
class Energy:
    """The energy that a block used; set when it ends.

    Attributes:
        joules: None if the meter failed, or the block was too short for it.
        seconds: how long the block took.
    """

    joules: float | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Meter:
    """A way to measure energy.

    Attributes:
        name: "RAPL" or "Raspberry Pi 5 PMIC".
        covers: what is measured: "package" is the processor without memory and board; "internal rails only" is a
            Raspberry Pi without USB devices and the losses of its power supply.
        interval: seconds between two readings while a block runs.
        open: opens an account.
    """

    name: str
    covers: str
    interval: float
    open: Callable[[], Account]

    @contextlib.contextmanager
    def measure(self) -> Iterator[Energy]:
        """Yield an object that holds the energy of the block after it has ended.

        A thread reads the meter at intervals. On a Raspberry Pi each reading starts a process, so do not measure
        latencies in the same block.
        """
        energy, account, ended = Energy(), self.open(), threading.Event()

        def read_on() -> None:
            while not ended.wait(self.interval):
                account.update()

        account.update()
        reader = threading.Thread(target=read_on, name="energy meter", daemon=True)
        begin = time.monotonic()
        reader.start()
        try:
            yield energy
        finally:
            energy.seconds = time.monotonic() - begin
            ended.set()
            reader.join()
            account.update()
            energy.joules = account.joules()


def rapl_zones(root: Path) -> tuple[Path, ...]:
    """Return the folders of all packages' counters; empty if there are none, or only root may read them."""
    folders = sorted((root / "sys/class/powercap").glob("intel-rapl:[0-9]*"))
    zones = tuple(folder for folder in folders if (read_text(folder / "name") or "").startswith("package"))
    return zones if all(read_integer(zone / "energy_uj") is not None for zone in zones) else ()


class Rapl:
    """The energy counters of x86 packages, added up. Source: the kernel's documentation of powercap."""

    def __init__(self, zones: tuple[Path, ...]) -> None:
        """Start counting; the zones' folders must be readable."""
        self._zones = tuple((zone / "energy_uj", read_integer(zone / "max_energy_range_uj")) for zone in zones)
        self._last = [read_integer(path) for path, _ in self._zones]
        self._microjoules: int | None = 0

    def update(self) -> None:
        """Add the energy used since the last update; a counter that fell has overflowed once."""
        for place, (path, largest) in enumerate(self._zones):
            now, before = read_integer(path), self._last[place]
            self._last[place] = now
            if now is None or before is None or self._microjoules is None or (now < before and largest is None):
                self._microjoules = None
                return
            self._microjoules += now - before if now >= before else now + (largest or 0) - before

    def joules(self) -> float | None:
        """Return the energy used since this object was created."""
        self.update()
        return None if self._microjoules is None else self._microjoules / 1e6


class Rails:
    """The power on a Raspberry Pi 5's internal rails, integrated over time by the trapezoidal rule."""

    def __init__(self, firmware: Firmware, clock: Callable[[], float] = time.monotonic) -> None:
        """Use `firmware` as the meter; tests pass another clock."""
        self._firmware, self._clock = firmware, clock
        self._last: tuple[float, float] | None = None
        self._joules: float | None = None
        self._is_silent = False

    def update(self) -> None:
        """Add the energy used since the last update that had an answer."""
        power = self._firmware.power_w()
        self._is_silent = power is None
        if power is None:
            return
        now = self._clock()
        if self._last is not None:
            before, last_power = self._last
            self._joules = (self._joules or 0.0) + (now - before) * (power + last_power) / 2
        self._last = (now, power)

    def joules(self) -> float | None:
        """Return the energy from the first update to the last; None if either had no answer."""
        return None if self._is_silent else self._joules


def find_meter(root: Path = Path("/"), run: Run | None = None) -> Meter | None:
    """Return the meter of this machine; None if it has none.

    Args:
        root: of the file system with /sys.
        run: replaces the Raspberry Pi's `vcgencmd` in tests.
    """
    zones = rapl_zones(root)
    if zones:
        return Meter("RAPL", "package", _RAPL_SECONDS, lambda: Rapl(zones))
    firmware = Firmware(run)
    if firmware.power_w() is not None:
        return Meter("Raspberry Pi 5 PMIC", "internal rails only", _RAILS_SECONDS, lambda: Rails(firmware))
    return None
