"""`edgecnn demo`."""

from __future__ import annotations

from pathlib import Path

import click

from edgecnn.models.registry import DEFAULT


@click.command("demo")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("edgecnn-demo"),
    show_default=True,
    help="Folder for the artifacts and the reports.",
)
def command(out: Path) -> None:
    """Export the shipped CIFAR-10 CNN, measure what came out, and say what to deploy here.

    Makes float32 and int8 TFLite and ONNX files, checks each on 2,000 test images, and compares accuracy and
    latency on every installed runtime with the Keras model. Takes less than two minutes.
    """
    from edgecnn.bench.api import bench, write_reports
    from edgecnn.cli.report import print_result
    from edgecnn.cli.screen import progress_bar
    from edgecnn.export import export_model
    from edgecnn.export.target import target_here
    from edgecnn.files import check_writable
    from edgecnn.spec import ExportSpec

    check_writable(out)
    with progress_bar() as progress:
        exported = export_model(DEFAULT, out / "artifacts", ExportSpec(target=target_here()), progress=progress)
        result = bench((exported.folder,), progress=progress)
    write_reports(result, out)
    print_result(result, out, as_json=False)
