"""`edgecnn verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from edgecnn.cli.options import as_json, backend, threads


@click.command("verify")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@backend
@threads
@as_json
def command(paths: tuple[Path, ...], backend: str | None, threads: int, as_json: bool) -> None:
    """Check that artifacts are whole and compute here what they computed where they were made.

    PATHS are .tflite and .onnx files and folders of them. Each is checked against its seal (SHA-256), loaded, and run
    on the golden images that it carries; the scores must be within the tolerance of its precision.

    Exit status 1: a file is damaged or cannot be run. 3: it answers otherwise than where it was made.
    """
    from edgecnn.artifact import open_folder
    from edgecnn.cli.screen import print_json
    from edgecnn.errors import ArtifactError, EdgecnnError, GateError

    files: list[Path] = []
    for path in paths:
        inside = [one.path for one in open_folder(path)] if path.is_dir() else [path]
        if not inside:
            raise ArtifactError(f"{path} has no artifact that its gate accepted: there is nothing to verify")
        files += inside
    found: list[dict[str, Any]] = []
    failed: EdgecnnError | None = None
    for file in files:
        try:
            row, line = _verify(file, backend, threads)
            if not row["holds"]:
                failed = failed or GateError(f"{file} does not compute here what it computed where it was made")
        except EdgecnnError as error:
            row, line, failed = (
                {"file": str(file), "holds": False, "error": str(error)},
                f"{file}: FAILED, {error}",
                error,
            )
        found.append(row)
        if not as_json:
            click.echo(line)
    if as_json:
        print_json(found)
    if failed is not None:
        raise failed


def _verify(file: Path, backend: str | None, threads: int) -> tuple[dict[str, Any], str]:
    from edgecnn.redirect import output_to
    from edgecnn.runtime.backend import find_backend
    from edgecnn.runtime.golden import compare_golden
    from edgecnn.runtime.load import format_of, load

    with output_to():  # the runtimes announce themselves
        name = find_backend(format_of(file), backend).name
        classifier = load(file, threads, name)
        deviation = compare_golden(classifier)
    holds = deviation.is_tolerable
    row = {
        "file": str(file),
        "holds": holds,
        "backend": name,
        "images": deviation.images,
        "same_labels": deviation.same_labels,
        "worst_share_of_tolerance": deviation.worst,
    }
    return row, (
        f"{file}: {'ok' if holds else 'FAILED'}, SHA-256 fits, {deviation.images} golden images on {name}: "
        f"{deviation.same_labels} same labels, worst score at {deviation.worst:.0%} of the tolerance"
    )
