"""Which ONNX Runtime releases read which ONNX versions."""

from __future__ import annotations

_RELEASES = (
    ("0.1", 8, 3, 1), ("0.3", 9, 3, 1), ("0.4", 10, 5, 1), ("1.0", 11, 6, 2), ("1.3", 12, 7, 2), ("1.6", 13, 7, 2),
    ("1.8", 14, 7, 2), ("1.9", 15, 8, 2), ("1.11", 16, 8, 2), ("1.12", 17, 8, 3), ("1.14", 18, 8, 3),
    ("1.15", 19, 8, 3), ("1.16", 19, 9, 3), ("1.17", 20, 9, 4), ("1.18", 21, 10, 4), ("1.21", 22, 10, 4),
    ("1.23", 23, 11, 4), ("1.24", 25, 13, 4), ("1.25", 26, 13, 4), ("1.32", 28, 14, 4),
)  # fmt: skip
"""Release of ONNX Runtime, its newest operator set, IR version and operator set of ai.onnx.ml; releases that changed
none of them are left out.

Sources: up to 1.18 ONNX Runtime's compatibility table (onnxruntime.ai, reference/compatibility); from 1.20 to 1.32 each
minor release was given files of one Relu with every operator set and IR version. ai.onnx.ml beyond 4 is not known.
"""

_COLUMNS = {"ai.onnx": 1, "ir_version": 2, "ai.onnx.ml": 3}


def oldest_runtime(versions: dict[str, int]) -> tuple[str | None, str]:
    """Return the oldest ONNX Runtime that reads a file, and what in the file requires it.

    Args:
        versions: IR version under "ir_version", and the version of each operator set under its domain.

    Returns:
        None for the version where something is newer than the table or of a domain that is not in it.
    """
    newest, reason = -1, ""
    for name, version in versions.items():
        column = _COLUMNS.get(name)
        reading = [index for index, release in enumerate(_RELEASES) if column and int(str(release[column])) >= version]
        what = f"{'IR version' if name == 'ir_version' else f'{name} operator set'} {version}"
        if not reading:
            return None, what
        if reading[0] > newest:
            newest, reason = reading[0], what
    return (str(_RELEASES[newest][0]), reason) if newest >= 0 else (None, "no operator set")
