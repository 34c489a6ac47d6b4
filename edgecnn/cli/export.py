"""`edgecnn export`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgecnn.cli.export_options import draw_options, spec_options
from edgecnn.cli.feeding_options import loading_options, pixel_options
from edgecnn.cli.limit_options import export_limits
from edgecnn.cli.options import as_json
from edgecnn.contract import read_contract
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading
from edgecnn.models.registry import DEFAULT

if TYPE_CHECKING:
    from edgecnn.artifact import Manifest
    from edgecnn.data.choice import Draw
    from edgecnn.export import Exported
    from edgecnn.export.limits import ExportLimits
    from edgecnn.spec import ExportSpec
from edgecnn.task import find_task


@click.command("export")
@click.argument("model", default=DEFAULT)
@spec_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("edgecnn-out"),
    show_default=True,
    help="Folder for the artifacts and their manifest.",
)
@click.option("--labels", type=click.Path(path_type=Path), help="Class names in the model's order, one per line.")
@click.option(
    "--calibration",
    metavar="DATA",
    default="calibration",
    show_default=True,
    help="Training images to calibrate int8 ranges on: a name, a folder, or an .npz file.",
)
@draw_options
@click.option(
    "--evaluation",
    metavar="DATA",
    default="sample",
    show_default=True,
    help="Images to check the files on; none may be among the calibration images.",
)
@export_limits
@pixel_options
@loading_options
@as_json
def command(
    model: str,
    spec: ExportSpec,
    out: Path,
    labels: Path | None,
    calibration: str,
    draw: Draw,
    evaluation: str,
    limits: ExportLimits,
    feeding: Feeding,
    loading: KerasLoading,
    as_json: bool,
) -> None:
    """Export MODEL, a trained Keras image classifier or the name of a shipped model, and check each file.

    \b
    edgecnn export --int8                         the shipped CIFAR-10 model, four files
    edgecnn export --int8 my.keras --labels labels.txt \\
        --calibration train/ --evaluation val/    your own; folders contain <label>/*.jpg

    MODEL is a .keras or .h5 file or a SavedModel folder. DATA is "sample" (2,000 embedded test images), "calibration"
    (512 embedded training images), "cifar10" or "cifar10-train" (all, after `edgecnn data fetch`), a folder with one
    sub-folder per class or with unlabelled pictures, or an .npz file with uint8 NHWC `images` and integer `labels`.
    Every file takes raw pixels 0..255, whatever --scale the Keras model expects.

    Each file is compared with Keras on the same images. If it loses more than --max-drop points, with 95 %
    confidence, or exceeds another limit, it goes to OUT/rejected and the exit status is 3.
    """
    from edgecnn.cli.screen import print_json, print_line, print_table, progress_bar
    from edgecnn.data.labels import read_unique_labels
    from edgecnn.errors import GateError
    from edgecnn.export.child import export_in_child
    from edgecnn.export.request import ExportRequest
    from edgecnn.schema import encode

    request = ExportRequest(
        model,
        spec,
        calibration,
        draw,
        evaluation,
        limits,
        feeding if labels is None else replace(feeding, labels=read_unique_labels(labels)),
        loading,
    )
    with progress_bar() as progress:
        exported = export_in_child(request, out, progress)
    manifest = exported.manifest
    if as_json:
        print_json(encode(manifest))
    else:
        print_table(*_table(manifest))
        for line in _notes(exported):
            print_line(line)
        print_line(f"{manifest.evaluation.data}: {manifest.evaluation.count:,} images. Written to {out}/")
    for warning in manifest.warnings:
        print_line(f"warning: {warning}", err=True)
    if exported.rejected:
        names = ", ".join(entry.place for entry in exported.rejected)
        raise GateError(f"{names} {'do' if len(exported.rejected) > 1 else 'does'} not pass: do not deploy")


def _notes(exported: Exported) -> list[str]:
    """Return notes on how files were made, findings about each, and operations left in float."""
    lines = list(exported.manifest.choices)
    for entry in exported.manifest.artifacts:
        sentences = [one.sentence for one in entry.limits]
        if entry.gate is not None:
            sentences.insert(0, entry.gate.sentence)
        lines += [f"{entry.place} {sentence}" for sentence in sentences]
        if kinds := read_contract(exported.folder / entry.place).float_operations:
            lines.append(f"{entry.place} computes in float: {', '.join(kinds)}")
    return lines


def _table(manifest: Manifest) -> tuple[list[str], list[list[str]]]:
    """Return the columns and rows of a manifest's table."""
    columns = [
        "file",
        "bytes",
        find_task(manifest.task).accuracy,
        "points to Keras",
        "same answer",
        "most differing score",
    ]
    keras = manifest.keras
    rows = [[f"{manifest.origin.name} (Keras)", "", *_accuracy(keras.correct, None, keras.images), "", ""]]
    for entry in manifest.artifacts:
        found = entry.measured
        rows.append(
            [
                entry.file,
                f"{entry.size_bytes:,}",
                *_accuracy(found.correct, keras.correct, found.images),
                f"{found.agree / found.images:.2%}",
                f"{found.max_difference:.1e}",
            ]
        )
    return columns, rows


def _accuracy(correct: int | None, reference: int | None, images: int) -> tuple[str, str]:
    """Return top-1 and the difference to the reference in points; empty without labels or a reference."""
    if correct is None:
        return "no labels", ""
    return f"{correct / images:.2%}", "" if reference is None else f"{100 * (correct - reference) / images:+.2f}"
