"""`edgecnn export`."""

from __future__ import annotations

from pathlib import Path

import click

from edgecnn.cli.options import ManyOf, as_json, read_labels
from edgecnn.models.registry import DEFAULT

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
@click.option("--labels", type=click.Path(path_type=Path), help="Class names in the model's order, one a line.")
@as_json
def command(
    model: str,
    int8: bool,
    formats: tuple[str, ...],
    out: Path,
    calibration: str,
    evaluation: str,
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
    """
    from edgecnn.cli.screen import print_json, print_table, progress_bar
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
            labels=read_labels(labels),
            progress=progress,
        )
    if as_json:
        print_json(encode(exported.manifest))
        return
    print_table(*manifest_table(exported.manifest), left=1)
    click.echo(f"{exported.manifest.evaluation.data}: {exported.manifest.keras.images:,} images. Written to {out}/")


def manifest_table(manifest: Manifest) -> tuple[list[str], list[list[str]]]:  # type: ignore[name-defined]  # noqa: F821
    """Return columns and rows that show a manifest."""
    columns = ["file", "bytes", "top-1", "points to Keras", "same answer", "largest difference"]
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
