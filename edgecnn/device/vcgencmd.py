"""`vcgencmd`, the command that queries a Raspberry Pi's firmware."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Sequence

TIMEOUT_S = 2.0

Run = Callable[[Sequence[str]], str | None]
"""Runs a command and returns its output, or None if it could not be run."""

_RAIL = re.compile(r"(\w+)_([AV])\s+(?:current|volt)\(\d+\)=([0-9.]+)[AV]")


def run_command(command: Sequence[str]) -> str | None:
    """Return the output of a command; None if it is missing, failed or hung."""
    try:
        ran = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT_S, check=False)
    except (OSError, subprocess.SubprocessError):
        return None
    return ran.stdout if ran.returncode == 0 else None


class Firmware:
    """The firmware of a Raspberry Pi; on other machines every answer is None."""

    def __init__(self, run: Run | None = None) -> None:
        """Find the command; `run` replaces it in tests."""
        has_command = run is not None or shutil.which("vcgencmd") is not None
        self._run = (run or run_command) if has_command else None
        self._answered: set[str] = set()
        self._refused: set[str] = set()

    def temperature_c(self) -> float | None:
        """Return the temperature of the chip, in degrees Celsius."""
        return self._number("measure_temp", r"temp=([0-9.]+)")

    def clock_hz(self) -> int | None:
        """Return the measured clock of the Arm cores."""
        clock = self._number("measure_clock arm", r"frequency\(\d+\)=(\d+)")
        return None if clock is None else int(clock)

    def throttled(self) -> int | None:
        """Return the bits of `get_throttled` (see `sensors.throttled_words`)."""
        match = re.search(r"throttled=0x([0-9a-fA-F]+)", self._ask("get_throttled") or "")
        return int(match.group(1), 16) if match else None

    def power_w(self) -> float | None:
        """Return the power on the rails that a Raspberry Pi 5's power controller measures, in watts.

        These are internal rails, without USB devices and the losses of the power supply. Source: pairs of NAME_A and
        NAME_V in `vcgencmd pmic_read_adc`.
        """
        rails: dict[str, dict[str, float]] = {}
        for name, kind, value in _RAIL.findall(self._ask("pmic_read_adc") or ""):
            rails.setdefault(name, {})[kind] = float(value)
        products = [rail["A"] * rail["V"] for rail in rails.values() if len(rail) == 2]
        return sum(products) if products else None

    def _number(self, command: str, pattern: str) -> float | None:
        match = re.search(pattern, self._ask(command) or "")
        return float(match.group(1)) if match else None

    def _ask(self, command: str) -> str | None:
        """Return the answer. A command that was refused at first, with status 0 on older boards, is not repeated."""
        if self._run is None or command in self._refused:
            return None
        answer = self._run(("vcgencmd", *command.split()))
        if answer is not None and not answer.startswith("error"):
            self._answered.add(command)
            return answer
        if command not in self._answered:
            self._refused.add(command)
        return None
