"""`edgecnn bench`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgecnn.cli.keras_options import code_options
from edgecnn.cli.options import ManyOf, as_json, threads
from edgecnn.contract import KerasOptions
from edgecnn.runtime.backend import BACKENDS

if TYPE_CHECKING:
    from edgecnn.progress import Progress


@click.command("bench")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--data", default="sample", show_default=True, help="Images to classify: a name, a folder, or an .npz file."
)
@click.option(
    "--baseline", metavar="MODEL", help="The original Keras model.  [default: the one that the artifacts name]"
)
@click.option("--backends", type=ManyOf(BACKENDS), help="Runtimes to use.  [default: all that are installed]")
@click.option("--rounds", type=click.IntRange(6), default=30, show_default=True, help="Turns of each case.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the order of turns.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("edgecnn-bench"),
    show_default=True,
    help="Folder for result.json and report.md.",
)
@threads
@code_options
@as_json
def command(
    paths: tuple[Path, ...],
    data: str,
    baseline: str | None,
    backends: tuple[str, ...] | None,
    rounds: int,
    seed: int,
    out: Path,
    threads: int,
    keras: KerasOptions,
    as_json: bool,
) -> None:
    """Compare accuracy, latency and memory of artifacts with the original Keras model.

    PATHS are folders made by `edgecnn export`, or single .tflite and .onnx files. Without them the shipped model
    is exported first, into OUT/artifacts. Each artifact is measured on each installed runtime that runs it; each
    case has a process of its own, and all take turns in random order, so that a drift of the machine hits all alike.
    """
    from edgecnn.bench.api import bench, write_reports
    from edgecnn.bench.result import Settings
    from edgecnn.cli.report import print_result
    from edgecnn.cli.screen import progress_bar
    from edgecnn.files import check_writable

    check_writable(out)
    with progress_bar() as progress:
        if not paths:
            paths = (_export_shipped(out / "artifacts", progress),)
        result = bench(
            paths,
            data=data,
            baseline=baseline,
            backends=backends,
            keras=keras,
            threads=threads,
            settings=Settings(rounds=rounds, seed=seed),
            progress=progress,
        )
    write_reports(result, out)
    print_result(result, out, as_json=as_json)


def _export_shipped(folder: Path, progress: Progress) -> Path:
    from edgecnn.export import export_model
    from edgecnn.export.target import target_here
    from edgecnn.models.registry import DEFAULT
    from edgecnn.spec import ExportSpec

    return export_model(DEFAULT, folder, ExportSpec(target=target_here()), progress=progress).folder
