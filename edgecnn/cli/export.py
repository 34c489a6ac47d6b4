"""`edgecnn export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgecnn.cli.options import ManyOf, as_json, read_labels
from edgecnn.contract import read_contract
from edgecnn.gate import MAX_DROP_POINTS
from edgecnn.models.registry import DEFAULT

if TYPE_CHECKING:
    from edgecnn.artifact import Manifest
    from edgecnn.export import Exported

_FORMATS = ("tflite", "onnx")


@click.command("export")
@click.argument("model", default=DEFAULT)
@click.option("--int8", is_flag=True, help="Also make full-integer int8 files, beside the float32 ones.")
@click.option(
    "--formats", type=ManyOf(_FORMATS), default=",".join(_FORMATS), show_default=True, help="Which files to make."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("edgecnn-out"),
    show_default=True,
    help="Folder for the artifacts and their manifest.",
)
@click.option(
    "--calibration",
    metavar="DATA",
    default="calibration",
    show_default=True,
    help="Training images to take int8 ranges from: a name, a folder, or an .npz file.",
)
@click.option(
    "--evaluation",
    metavar="DATA",
    default="sample",
    show_default=True,
    help="Images to check the files on; none of them may be among the calibration images.",
)
@click.option(
    "--max-drop",
    type=click.FloatRange(0, 100),
    default=MAX_DROP_POINTS,
    show_default=True,
    help="Points of top-1 that an int8 file may lose to Keras; one that loses more is rejected.",
)
@click.option("--labels", type=click.Path(path_type=Path), help="Class names in the model's order, one a line.")
@as_json
def command(
    model: str,
    int8: bool,
    formats: tuple[str, ...],
    out: Path,
    calibration: str,
    evaluation: str,
    max_drop: float,
    labels: Path | None,
    as_json: bool,
) -> None:
    """Export MODEL, a .keras or .h5 image classifier or the name of a shipped model, and check each file.

    \b
    edgecnn export --int8                         the shipped CIFAR-10 model, four files
    edgecnn export --int8 my.keras --labels labels.txt \\
        --calibration train/ --evaluation val/    your own; folders hold <label>/*.jpg

    DATA is "sample" (2,000 embedded test images), "calibration" (512 embedded training images), "cifar10" or
    "cifar10-train" (all, after `edgecnn data fetch`), a folder with one sub-folder a class, or an .npz file with
    uint8 NHWC `images` and integer `labels`. Pixels are raw, 0..255: scaling belongs into the model.

    Each int8 file is held against Keras on the same images. If it loses more than --max-drop points, with 95 %
    confidence, it is put into OUT/rejected and the exit status is 3.
    """
    from edgecnn.cli.screen import print_json, print_table, progress_bar
    from edgecnn.errors import GateError
    from edgecnn.export import export_model
    from edgecnn.schema import encode
    from edgecnn.spec import ExportSpec, Format, Precision

    precisions = (Precision.FLOAT32, Precision.INT8) if int8 else (Precision.FLOAT32,)
    spec = ExportSpec(tuple(Format(name) for name in formats), precisions)
    with progress_bar() as progress:
        exported = export_model(
            model,
            out,
            spec,
            calibration=calibration,
            evaluation=evaluation,
            max_drop=max_drop,
            labels=read_labels(labels),
            progress=progress,
        )
    manifest = exported.manifest
    if as_json:
        print_json(encode(manifest))
    else:
        print_table(*_table(manifest))
        for line in _notes(exported):
            click.echo(line)
        click.echo(f"{manifest.evaluation.data}: {manifest.keras.images:,} images. Written to {out}/")
    if exported.rejected:
        names = ", ".join(entry.place for entry in exported.rejected)
        raise GateError(f"the accuracy of {names} does not hold: not for deployment")


def _notes(exported: Exported) -> list[str]:
    """Return what the gate found, and what an int8 file computes in float after all."""
    lines = []
    for entry in exported.manifest.artifacts:
        if entry.gate is not None:
            lines.append(f"{entry.place} {entry.gate.sentence}")
        if kinds := read_contract(exported.folder / entry.place).float_operations:
            lines.append(f"{entry.place} computes in float: {', '.join(kinds)}")
    return lines


def _table(manifest: Manifest) -> tuple[list[str], list[list[str]]]:
    """Return columns and rows that show a manifest."""
    columns = ["file", "bytes", "top-1", "points to Keras", "same answer", "most differing score"]
    keras = manifest.keras
    rows = [[f"{manifest.origin.name} (Keras)", "", f"{keras.correct / keras.images:.2%}", "", "", ""]]
    for entry in manifest.artifacts:
        found = entry.measured
        rows.append(
            [
                entry.file,
                f"{entry.size_bytes:,}",
                f"{found.correct / found.images:.2%}",
                f"{100 * (found.correct - keras.correct) / found.images:+.2f}",
                f"{found.agree / found.images:.2%}",
                f"{found.max_difference:.1e}",
            ]
        )
    return columns, rows
