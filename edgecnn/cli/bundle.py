"""`edgecnn bundle`."""

from __future__ import annotations

from pathlib import Path

import click

from edgecnn.cli.option_types import ManyOf
from edgecnn.spec import Precision

_PRECISIONS = tuple(precision.value for precision in Precision)


@click.command("bundle")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("app.pyz"), show_default=True, help="File to write."
)
@click.option(
    "--precisions",
    type=ManyOf(_PRECISIONS),
    help="Precisions to include, separated by commas.  [default: all]",
)
def command(folder: Path, out: Path, precisions: tuple[str, ...] | None) -> None:
    """Pack the artifacts in FOLDER and the code that runs them into one file.

    It needs Python, NumPy and one runtime. It runs the first of its artifacts that an installed runtime supports: int8
    before float32, .tflite before .onnx. It accepts files, folders, globs and lists, as `edgecnn predict` does.

    \b
    edgecnn bundle out --precisions int8 --out app.pyz
    scp app.pyz pi: && ssh pi python3 app.pyz cat.jpg

    Pillow reads the pictures. Without it, only .npy, .ppm and .pgm files of the model's input size can be read.
    """
    from edgecnn.bundle.build import make_bundle
    from edgecnn.cli.screen import print_line
    from edgecnn.files import size_bytes

    chosen = tuple(Precision(name) for name in precisions or _PRECISIONS)
    artifacts = make_bundle(folder, out, chosen)
    print_line(f"{out}: {size_bytes(out):,} bytes, with {', '.join(one.path.name for one in artifacts)}")
