"""The changing state of a machine: temperature, clock, throttling, load, power."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from edgecnn.device.energy import Rapl, rapl_zones
from edgecnn.device.kernel_files import numbered, read_integer, read_memory, read_pairs, read_text
from edgecnn.device.vcgencmd import Firmware, Run

_PROCESSOR_ZONES = ("cpu-thermal", "cpu_thermal", "x86_pkg_temp", "soc-thermal", "soc_thermal", "cpu")
_PROCESSOR_CHIPS = ("coretemp", "k10temp", "zenpower", "cpu_thermal")
"""Names of the processor's thermal zones and hwmon chips; others, such as acpitz, measure the mainboard or nothing."""

_HELD_BACK = ("under-voltage", "frequency capped", "throttled", "soft temperature limit")
"""Bits 0 to 3; bits 16 to 19 are the same since boot. Source: Raspberry Pi documentation, `vcgencmd get_throttled`."""
_SINCE_BOOT = 16

_BUSY = ("user", "nice", "system", "irq", "softirq")
_STAT = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
"""The order in /proc/stat; user and nice include the time of guests. Source: proc_stat(5)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The machine at one moment. None is unknown on this machine.

    Attributes:
        seconds: on the monotonic clock.
        clock_hz: measured by the firmware, or counted by x86 processors (mean over the cores).
        asked_hz: requested by the kernel, mean over the cores.
        throttled: bits of the Raspberry Pi's `get_throttled`; see `throttled_words`.
        load1: processes that ran or waited, mean over a minute.
        pressure: percentage of the last ten seconds in which some process waited for a processor.
        busy_seconds: CPU time that all processes together have used since boot.
        steal_seconds: CPU time that a hypervisor gave to other machines.
        power_w: now (Raspberry Pi 5), or the mean since the previous sample (RAPL).
    """

    seconds: float
    temperature_c: float | None = None
    clock_hz: int | None = None
    asked_hz: int | None = None
    throttled: int | None = None
    load1: float | None = None
    pressure: float | None = None
    busy_seconds: float | None = None
    steal_seconds: float | None = None
    memory_available_bytes: int | None = None
    power_w: float | None = None


class Sensors:
    """The sensors of this machine, found once and read often."""

    def __init__(self, root: Path = Path("/"), run: Run | None = None) -> None:
        """Find the sensors below `root`; `run` replaces the Raspberry Pi's `vcgencmd` in tests."""
        self._root = root
        self._firmware = Firmware(run)
        self._thermometer = _find_thermometer(root)
        cores = numbered(root / "sys/devices/system/cpu", "cpu")
        self._asked = [core / "cpufreq/scaling_cur_freq" for core in cores]
        zones = rapl_zones(root)
        self._rapl = Rapl(zones) if zones else None
        self._energy: tuple[float, float] | None = None

    def read(self) -> Sample:
        """Return a sample. It never raises; it only reads files, and on a Raspberry Pi runs three short processes."""
        root = self._root
        now = time.monotonic()
        busy, steal = _machine_seconds(root)
        millidegrees = read_integer(self._thermometer) if self._thermometer else None
        asked = [hz for path in self._asked if (hz := read_integer(path))]
        clock = self._firmware.clock_hz()
        return Sample(
            seconds=now,
            temperature_c=self._firmware.temperature_c() if millidegrees is None else millidegrees / 1000,
            clock_hz=_counted_hz(root) if clock is None else clock,
            asked_hz=1000 * sum(asked) // len(asked) if asked else None,
            throttled=self._firmware.throttled(),
            load1=_first_float(read_text(root / "proc/loadavg")),
            pressure=_pressure(root),
            busy_seconds=busy,
            steal_seconds=steal,
            memory_available_bytes=read_memory(root).get("MemAvailable"),
            power_w=self._power_w(now),
        )

    def _power_w(self, now: float) -> float | None:
        if self._rapl is None:
            return self._firmware.power_w()
        before, joules = self._energy, self._rapl.joules()
        self._energy = None if joules is None else (now, joules)
        if before is None or joules is None or now <= before[0]:
            return None
        return (joules - before[1]) / (now - before[0])


@dataclass(frozen=True, slots=True)
class Throttling:
    """What slows the processor down now, and what has done so since boot."""

    now: tuple[str, ...]
    since_boot: tuple[str, ...]


def throttled_words(bits: int) -> Throttling:
    """Return the meaning of the bits of `get_throttled`."""
    return Throttling(
        tuple(word for place, word in enumerate(_HELD_BACK) if bits >> place & 1),
        tuple(word for place, word in enumerate(_HELD_BACK) if bits >> (place + _SINCE_BOOT) & 1),
    )


def cpu_seconds(process_ids: Iterable[int], root: Path = Path("/")) -> float:
    """Return the CPU time that processes have used so far, including all threads and children that were waited for.

    A process that is gone counts as zero; once waited for, its time is part of its parent's. Source: proc_pid_stat(5).
    """
    return sum(_process_seconds(process_id, root) for process_id in process_ids)


def _process_seconds(process_id: int, root: Path) -> float:
    if process_id == os.getpid():  # QEMU's user mode fakes /proc/self/stat
        return sum(os.times()[:4])
    words = (read_text(root / "proc" / str(process_id) / "stat") or "").rpartition(")")[2].split()
    try:
        return sum(int(word) for word in words[11:15]) / os.sysconf("SC_CLK_TCK")
    except ValueError:
        return 0.0


def _machine_seconds(root: Path) -> tuple[float | None, float | None]:
    """Return busy and stolen CPU seconds; None if unknown, as from a sandbox's /proc/stat that is all zero."""
    words = (read_text(root / "proc/stat") or "").partition("\n")[0].split()
    if not words or words[0] != "cpu" or not all(word.isdecimal() for word in words[1:]):
        return None, None
    ticks = dict(zip(_STAT, map(int, words[1:]), strict=False))
    if not any(ticks.values()):
        return None, None
    second = os.sysconf("SC_CLK_TCK")
    steal = ticks.get("steal")
    return sum(ticks.get(name, 0) for name in _BUSY) / second, None if steal is None else steal / second


def _find_thermometer(root: Path) -> Path | None:
    """Return the file with the processor's temperature in thousandths of a degree."""
    zones = {read_text(zone / "type"): zone / "temp" for zone in numbered(root / "sys/class/thermal", "thermal_zone")}
    for name in _PROCESSOR_ZONES:
        if name in zones and read_integer(zones[name]) is not None:
            return zones[name]
    chips = {read_text(chip / "name"): chip / "temp1_input" for chip in numbered(root / "sys/class/hwmon", "hwmon")}
    for name in _PROCESSOR_CHIPS:
        if name in chips and read_integer(chips[name]) is not None:
            return chips[name]
    return None


def _counted_hz(root: Path) -> int | None:
    clocks = []
    for name, value in read_pairs(root / "proc/cpuinfo"):
        if name == "cpu MHz":
            with contextlib.suppress(ValueError):
                clocks.append(float(value))
    return round(1e6 * sum(clocks) / len(clocks)) if clocks else None


def _pressure(root: Path) -> float | None:
    for line in (read_text(root / "proc/pressure/cpu") or "").splitlines():
        if line.startswith("some avg10="):
            return _first_float(line.removeprefix("some avg10="))
    return None


def _first_float(text: str | None) -> float | None:
    try:
        return float((text or "").split()[0])
    except (ValueError, IndexError):
        return None
