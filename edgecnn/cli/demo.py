"""`edgecnn demo`."""

from __future__ import annotations

from pathlib import Path

import click

from edgecnn.cli.bench_options import quick as quick_option
from edgecnn.cli.option_types import ManyOf
from edgecnn.models.registry import FAMILY, SHIPPED


@click.command("demo")
@click.option(
    "--model",
    "models",
    type=ManyOf(SHIPPED),
    default=",".join(FAMILY),
    show_default=True,
    help="Shipped models to compare; ratios refer to the first.",
)
@quick_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("edgecnn-demo"),
    show_default=True,
    help="Folder for the artifacts and the reports.",
)
def command(models: tuple[str, ...], quick: bool, out: Path) -> None:
    """Export and measure the shipped CIFAR-10 classifiers, and say which file to deploy here.

    Makes float32 and int8 TFLite and ONNX files, checks each on 2,000 test images, and compares accuracy and
    latency on every installed runtime with the first model in Keras. Takes a few minutes; about one per model.

    \b
    edgecnn demo                        the family side by side
    edgecnn demo --model tutorial_cnn   one model, in a minute
    """
    from edgecnn.bench.api import bench
    from edgecnn.bench.enforce import enforce
    from edgecnn.bench.findings import find
    from edgecnn.bench.reports import write_reports
    from edgecnn.bench.settings import QUICK, Settings
    from edgecnn.cli.report import print_findings
    from edgecnn.cli.screen import progress_bar
    from edgecnn.export.shipped import export_shipped
    from edgecnn.files import check_writable

    check_writable(out)
    with progress_bar() as progress:
        folders = tuple(export_shipped(out / "artifacts" / name, name, progress=progress) for name in models)
        result = bench(folders, settings=QUICK if quick else Settings(), folder=out, progress=progress)
    findings = find(result)
    print_findings(findings, write_reports(findings, out), as_json=False)
    enforce(findings)
