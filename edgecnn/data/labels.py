"""Class names from a text file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from edgecnn.errors import DataError


def read_labels(path: Path) -> tuple[str, ...]:
    """Return the non-empty lines of a label file.

    Raises:
        DataError: it cannot be read, or is empty.
    """
    try:
        labels = tuple(line.strip() for line in path.read_text("utf-8").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"cannot read the label file {path}: {error}") from error
    if not labels:
        raise DataError(f"{path} must hold one label per line")
    return labels


def read_unique_labels(path: Path) -> tuple[str, ...]:
    """Return the non-empty lines of a label file, which must be unique.

    Raises:
        DataError: as for `read_labels`, or a label appears twice.
    """
    labels = read_labels(path)
    if len(set(labels)) != len(labels):
        raise DataError(f"{path} must hold one label per line, each only once")
    return labels


def distinct(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Return the labels with numbers after repeated ones: ImageNet has "crane" twice, a bird and a machine."""
    seen: Counter[str] = Counter()
    unique = []
    for label in labels:
        seen[label] += 1
        unique.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return tuple(unique)
