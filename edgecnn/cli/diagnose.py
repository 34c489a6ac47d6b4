"""`edgecnn diagnose`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgecnn.cli.feeding_options import loading_options
from edgecnn.cli.limit_options import max_drop
from edgecnn.cli.option_types import OneOf
from edgecnn.cli.options import as_json
from edgecnn.cli.screen import print_line
from edgecnn.keras_loading import KerasLoading
from edgecnn.spec import Precision

if TYPE_CHECKING:
    from edgecnn.export.diagnosis import NoiseDiagnosis
    from edgecnn.export.restore import Restoration

_RESTORED_TO = {precision.value: precision for precision in Precision if precision.restored_in}


@click.command("diagnose")
@click.argument("artifact", type=click.Path(path_type=Path))
@click.option("--against", "model", required=True, metavar="MODEL", help="The Keras model that ARTIFACT was made from.")
@click.option("--data", default="sample", show_default=True, help="Labelled images to measure on.")
@click.option("--plot", type=click.Path(path_type=Path), help="PNG file to plot the layers in.")
@click.option("--restore", "put_back", is_flag=True, help="Restore as few layers as bring the accuracy back.")
@click.option(
    "--restore-to", type=OneOf(_RESTORED_TO), default="float32", show_default=True, help="int16x8 is for TFLite."
)
@click.option("--calibration", default="calibration", show_default=True, help="Images to calibrate ranges on.")
@max_drop("Percentage points of top-1 that may be lost.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where to write the restored file.  [default: beside ARTIFACT]"
)
@loading_options
@as_json
def command(
    artifact: Path, model: str, data: str, plot: Path | None, put_back: bool, restore_to: str, calibration: str,
    max_drop: float, out: Path | None, loading: KerasLoading, as_json: bool,
) -> None:  # fmt: skip
    """List the layers where an int8 ARTIFACT loses accuracy against the Keras model, worst first.

    \b
    edgecnn diagnose rejected/my-int8.tflite --against my.keras --data val/ --plot layers.png
    edgecnn diagnose rejected/my-int8.tflite --against my.keras --data val/ --calibration train/ --restore

    Ratios are signal to quantization noise in dB, by channel: for a layer's weights alone, for its activations alone,
    and for its output with all the noise accumulated there. At 0 dB everything is lost.
    """
    from edgecnn.cli.screen import print_json, progress_bar
    from edgecnn.export.child import diagnose_in_child, restore_in_child
    from edgecnn.export.converter import DiagnoseFile, RestoreFile
    from edgecnn.export.limits import ExportLimits
    from edgecnn.schema import encode

    restored = None
    with progress_bar() as progress:
        if put_back:
            restore = RestoreFile(
                str(artifact), model, data, calibration, _RESTORED_TO[restore_to],
                ExportLimits(max_drop=max_drop), None if out is None else str(out), loading,
            )  # fmt: skip
            restored = restore_in_child(restore, progress)
            diagnosis = restored.diagnosis
        else:
            diagnosis = diagnose_in_child(DiagnoseFile(str(artifact), model, data, loading), progress)
    if plot is not None:
        _draw(plot, diagnosis)
    if as_json:
        print_json(encode(restored or diagnosis))
        return
    _print_diagnosis(diagnosis)
    if restored is not None:
        _print_restoration(restored)


def _draw(path: Path, diagnosis: NoiseDiagnosis) -> None:
    from edgecnn.export.diagnosis_plot import noise_plot
    from edgecnn.files import write_atomic

    write_atomic(path, noise_plot(diagnosis))


def _print_diagnosis(diagnosis: NoiseDiagnosis) -> None:
    from edgecnn.cli.screen import print_table

    columns = ["layer, worst first", "own, dB", "weights", "activations", "output", "clipped", "steps used"]
    rows = [
        [
            noise.layer,
            *map(_decibels, (noise.own_db, noise.weights_db, noise.activations_db, noise.output_db)),
            f"{noise.clipped:.2%}",
            f"{noise.levels_used:.0%}",
        ]
        for noise in diagnosis.worst_first
    ]
    print_table(columns, rows)
    print_line(f"{diagnosis.artifact} on {diagnosis.images} images; dB is signal to noise by channel, 0 is all lost")


def _decibels(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _print_restoration(found: Restoration) -> None:
    print_line(f"int8: {found.before.sentence}")
    if found.path is None:
        click.echo("nothing to restore")
        return
    for layer in found.layers:
        what = f"{layer.layer} and its output" if layer.keeps_output else layer.layer
        print_line(f"{what} in {found.to.value}: {layer.extra_bytes:+,} bytes, {layer.extra_us:+.1f} µs")
    print_line(f"restored: {found.after.sentence}")
    print_line(f"all together {found.extra_bytes:+,} bytes, {found.extra_us:+.1f} µs; written to {found.path}")
