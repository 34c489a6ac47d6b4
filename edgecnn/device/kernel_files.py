"""Reading the kernel's small files in /proc and /sys. A file that cannot be read gives None."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path


def read_text(path: Path) -> str | None:
    """Return the text of a file, without surrounding zeros and newlines; None if it is empty or cannot be read."""
    try:
        return path.read_text(errors="replace").strip("\0\n ") or None
    except OSError:  # a sensor may exist and not answer
        return None


def read_integer(path: Path) -> int | None:
    """Return the integer in a file; None if it has none."""
    try:
        return int(read_text(path) or "")
    except ValueError:
        return None


def read_pairs(path: Path) -> Iterator[tuple[str, str]]:
    """Yield name and value of each line "name: value" of a file such as /proc/cpuinfo."""
    for line in (read_text(path) or "").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            yield name.strip(), value.strip()


def read_memory(root: Path) -> dict[str, int]:
    """Return /proc/meminfo in bytes: "MemTotal", "MemAvailable", "SwapTotal" and so on."""
    sizes = {}
    for name, value in read_pairs(root / "proc/meminfo"):
        number, _, unit = value.partition(" ")
        if number.isdecimal():
            sizes[name] = int(number) * (1024 if unit == "kB" else 1)
    return sizes


def numbered(folder: Path, name: str) -> list[Path]:
    """Return the entries of a folder that are named `name` and a number, in the order of the numbers."""
    paths = [path for path in folder.glob(f"{name}[0-9]*") if path.name.removeprefix(name).isdecimal()]
    return sorted(paths, key=lambda path: int(path.name.removeprefix(name)))
