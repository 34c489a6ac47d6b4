"""`edgecnn export`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgecnn.cli.feeding_options import loading_options, pixel_options
from edgecnn.cli.option_types import BYTES, SEED, FiniteRange, ManyOf, OneOf
from edgecnn.cli.options import as_json
from edgecnn.contract import read_contract
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading
from edgecnn.limits import MAX_DROP_POINTS, MIN_AGREEMENT_PERCENT
from edgecnn.models.registry import DEFAULT
from edgecnn.spec import IO_DTYPES, MAX_GOLDEN, Method, Precision

if TYPE_CHECKING:
    from edgecnn.artifact import Manifest
    from edgecnn.export import Exported

_FORMATS = ("tflite", "onnx")
_PRECISIONS = tuple(one.value for one in Precision)
_TARGETS = ("pi3", "pi4", "pi5", "x86", "generic")


@click.command("export")
@click.argument("model", default=DEFAULT)
@click.option("--int8", is_flag=True, help="Also make int8 files, beside the float32 ones.")
@click.option(
    "--precisions",
    type=ManyOf((*_PRECISIONS, "all")),
    default="float32",
    help="Which precisions to make; float32 always is.  [default: float32]",
)
@click.option(
    "--formats", type=ManyOf(_FORMATS), default=",".join(_FORMATS), show_default=True, help="Which files to make."
)
@click.option(
    "--target",
    type=OneOf(_TARGETS),
    default="generic",
    show_default=True,
    help="The device; it decides how int8 files are made.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("edgecnn-out"),
    show_default=True,
    help="Folder for the artifacts and their manifest.",
)
@click.option("--labels", type=click.Path(path_type=Path), help="Class names in the model's order, one a line.")
@click.option(
    "--calibration",
    metavar="DATA",
    default="calibration",
    show_default=True,
    help="Training images to take int8 ranges from: a name, a folder, or an .npz file.",
)
@click.option(
    "--calibration-size",
    type=click.IntRange(1),
    default=512,
    show_default=True,
    help="How many of them, the classes in turn.",
)
@click.option("--seed", type=SEED, default=0, show_default=True, help="Of the draw.")
@click.option(
    "--method",
    type=OneOf(one.value for one in Method),
    default=Method.MIN_MAX.value,
    show_default=True,
    help="How ranges are taken from their values.",
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
    type=FiniteRange(0, 100),
    default=MAX_DROP_POINTS,
    show_default=True,
    help="Points of top-1 that a file may lose to Keras; one that loses more is rejected.",
)
@click.option(
    "--min-agreement",
    type=FiniteRange(0, 100),
    default=MIN_AGREEMENT_PERCENT,
    show_default=True,
    help="Percent of images that a file must answer as Keras does, where there are no labels.",
)
@click.option("--max-size", type=BYTES, help="Largest quantized file that is accepted, as 700kB.")
@click.option(
    "--max-latency", type=FiniteRange(0, min_open=True), help="Milliseconds of one image in quantized files, here."
)
@click.option(
    "--min-top1",
    type=FiniteRange(0, 100),
    help="Percent that Keras itself must answer rightly.  [default: more than guessing]",
)
@click.option(
    "--io", type=OneOf(IO_DTYPES), default=IO_DTYPES[0], show_default=True, help="Input and output of int8 files."
)
@click.option("--activations", type=OneOf(("uint8", "int8")), help="In int8 ONNX.  [default: the target's]")
@click.option("--per-tensor", is_flag=True, help="One weight scale a tensor, instead of one a channel.")
@click.option("--softmax", is_flag=True, help="Keep a softmax at the end in the files.")
@click.option(
    "--golden",
    type=click.IntRange(0, MAX_GOLDEN),
    default=4,
    show_default=True,
    help="Evaluation images that each file carries, for `edgecnn verify`.",
)
@pixel_options
@loading_options
@as_json
def command(
    model: str,
    int8: bool,
    precisions: tuple[str, ...],
    out: Path,
    labels: Path | None,
    feeding: Feeding,
    loading: KerasLoading,
    as_json: bool,
    **settings: Any,
) -> None:
    """Export MODEL, a trained Keras image classifier or the name of a shipped model, and check each file.

    \b
    edgecnn export --int8                         the shipped CIFAR-10 model, four files
    edgecnn export --int8 my.keras --labels labels.txt \\
        --calibration train/ --evaluation val/    your own; folders hold <label>/*.jpg

    MODEL is a .keras or .h5 file or a SavedModel folder. DATA is "sample" (2,000 embedded test images), "calibration"
    (512 embedded training images), "cifar10" or "cifar10-train" (all, after `edgecnn data fetch`), a folder with one
    sub-folder a class or with unlabelled pictures, or an .npz file with uint8 NHWC `images` and integer `labels`.
    Every file takes raw pixels 0..255, whatever --scale says that the Keras model expects.

    Each file is held against Keras on the same images. If it loses more than --max-drop points, with 95 %
    confidence, or is beyond another limit, it is put into OUT/rejected and the exit status is 3.
    """
    from edgecnn.cli.screen import print_json, print_line, print_table, progress_bar
    from edgecnn.data.choice import Draw
    from edgecnn.data.labels import read_unique_labels
    from edgecnn.errors import GateError
    from edgecnn.export import export_model
    from edgecnn.schema import encode

    with progress_bar() as progress:
        exported = export_model(
            model,
            out,
            _spec(int8, precisions, settings),
            calibration=settings["calibration"],
            draw=Draw(settings["calibration_size"], settings["seed"]),
            evaluation=settings["evaluation"],
            limits=_limits(settings),
            feeding=feeding if labels is None else replace(feeding, labels=read_unique_labels(labels)),
            loading=loading,
            progress=progress,
        )
    manifest = exported.manifest
    if as_json:
        print_json(encode(manifest))
    else:
        print_table(*_table(manifest))
        for line in _notes(exported):
            print_line(line)
        print_line(f"{manifest.evaluation.data}: {manifest.keras.images:,} images. Written to {out}/")
    for warning in manifest.warnings:
        print_line(f"warning: {warning}", err=True)
    if exported.rejected:
        names = ", ".join(entry.place for entry in exported.rejected)
        raise GateError(f"{names} {'do' if len(exported.rejected) > 1 else 'does'} not hold: not for deployment")


def _spec(int8: bool, names: tuple[str, ...], settings: dict[str, Any]) -> Any:
    from edgecnn.spec import ExportSpec, Format, Quantization

    asked = {*names, *([Precision.INT8.value] if int8 else [])}
    return ExportSpec(
        formats=tuple(Format(name) for name in settings["formats"]),
        precisions=tuple(
            precision for precision in Precision if precision.is_full or not asked.isdisjoint((precision.value, "all"))
        ),
        quantization=Quantization(
            io=settings["io"], per_channel=not settings["per_tensor"], method=Method(settings["method"])
        ),
        target=settings["target"],
        activations=settings["activations"],
        keep_softmax=settings["softmax"],
        golden=settings["golden"],
    )


def _limits(settings: dict[str, Any]) -> Any:
    from edgecnn.export.limits import ExportLimits

    latency = settings["max_latency"]
    return ExportLimits(
        max_drop=settings["max_drop"],
        min_agreement=settings["min_agreement"],
        max_size=settings["max_size"],
        max_latency=None if latency is None else latency / 1e3,
        min_top1=settings["min_top1"],
    )


def _notes(exported: Exported) -> list[str]:
    """Return why files were made as they were, what was found about each, and what one computes in float after all."""
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
    """Return columns and rows that show a manifest."""
    columns = ["file", "bytes", "top-1", "points to Keras", "same answer", "most differing score"]
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
    """Return top-1 and points to the reference, as far as there are labels and a reference."""
    if correct is None:
        return "no labels", ""
    return f"{correct / images:.2%}", "" if reference is None else f"{100 * (correct - reference) / images:+.2f}"
