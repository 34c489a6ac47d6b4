"""Resident memory of this process."""

from __future__ import annotations

from pathlib import Path


def resident_bytes() -> int | None:
    """Return the current resident memory of this process; None if the system does not report it."""
    return _status("VmRSS:")


def peak_memory_bytes() -> int | None:
    """Return the peak resident memory of this process; None if the system does not report it."""
    return _status("VmHWM:")


def _status(name: str) -> int | None:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), None)
