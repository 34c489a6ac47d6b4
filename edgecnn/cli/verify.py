"""`edgecnn verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgecnn.cli.options import as_json, backend, threads

if TYPE_CHECKING:
    from edgecnn.runtime.verification import Verification


@click.command("verify")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@backend
@threads
@as_json
def command(paths: tuple[Path, ...], backend: str | None, threads: int, as_json: bool) -> None:
    """Check that artifacts are intact and give the same answers here as where they were made.

    PATHS are .tflite and .onnx files and folders of them. Each is checked against its seal (SHA-256), loaded, and run
    on its embedded golden images; the scores must be within the tolerance of its precision.

    Exit status 1: a file is damaged or cannot be run. 3: its answers differ from those where it was made.
    """
    from edgecnn.cli.screen import print_json, print_line
    from edgecnn.runtime.verification import check, find_files, verify

    verifications = []
    for verification in verify(find_files(paths), backend, threads):
        verifications.append(verification)
        if not as_json:
            print_line(_line(verification))
    if as_json:
        print_json([_row(verification) for verification in verifications])
    check(verifications)


def _row(verification: Verification) -> dict[str, Any]:
    row = {"file": str(verification.file), "holds": verification.holds}
    if verification.deviation is None:
        return {**row, "error": str(verification.error)}
    return {
        **row,
        "backend": verification.backend,
        "images": verification.deviation.images,
        "same_labels": verification.deviation.same_labels,
        "worst_share_of_tolerance": verification.deviation.worst,
    }


def _line(verification: Verification) -> str:
    deviation = verification.deviation
    if deviation is None:
        return f"{verification.file}: FAILED, {verification.error}"
    return (
        f"{verification.file}: {'ok' if verification.holds else 'FAILED'}, SHA-256 fits, {deviation.images} golden "
        f"images on {verification.backend}: {deviation.same_labels} same labels, worst score at {deviation.worst:.0%} "
        "of the tolerance"
    )
