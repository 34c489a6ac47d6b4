"""`edgecnn serve`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from edgecnn.cli.option_types import FiniteRange, OneOf
from edgecnn.cli.options import backend, threads
from edgecnn.cli.screen import print_line
from edgecnn.serve.limits import ClientLimits

_DEFAULT = ClientLimits()
_TOKEN = "EDGECNN_TOKEN"  # noqa: S105  # the variable's name


@click.command("serve")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 is every one.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option("--token", envvar=_TOKEN, show_envvar=True, help="Answer only requests that bring it.")
@click.option(
    "--max-request", type=click.IntRange(1), default=_DEFAULT.request_bytes, show_default=True, help="Bytes of a body."
)
@click.option(
    "--max-pixels", type=click.IntRange(1), default=_DEFAULT.pixels, show_default=True, help="Pixels of a picture."
)
@click.option(
    "--concurrency",
    type=click.IntRange(1),
    default=_DEFAULT.concurrency,
    show_default=True,
    help="Requests that are worked on or wait; more are answered with 503.",
)
@click.option(
    "--timeout",
    type=FiniteRange(0, min_open=True),
    default=_DEFAULT.timeout,
    show_default=True,
    help="Seconds that a request may take.",
)
@click.option("--log", type=OneOf(("json",)), help="Print a line for each request.  [default: none]")
@backend
@threads
def command(
    paths: tuple[Path, ...],
    host: str,
    port: int,
    token: str | None,
    max_request: int,
    max_pixels: int,
    concurrency: int,
    timeout: float,
    log: str | None,
    backend: str | None,
    threads: int,
) -> None:
    """Serve models over HTTP: a web page, image files, and the Open Inference Protocol.

    PATHS are .tflite and .onnx files and folders of them; without any, the shipped int8 model is served. A model's name
    is its file's, without the suffix.

    \b
    http://127.0.0.1:8000/                      drop a picture, or use the camera
    POST /classify?model=NAME                   an image file as the body or in a form
    POST /v2/models/NAME/infer                  tensors, as KServe and Triton take them
    /healthz  /metrics  /openapi.json           for machines

    SIGTERM and Ctrl-C finish the requests that are worked on first.
    """
    from edgecnn.redirect import output_to
    from edgecnn.runtime.shipped import default_artifact
    from edgecnn.serve.model import load_models
    from edgecnn.serve.server import Address, check_installed, is_loopback, print_json_line, serve

    if token is None and _TOKEN in os.environ:  # click takes an empty variable for none, and everybody would come in
        token = ""
    if token is not None and not (token and token.isascii() and token.isprintable()):
        raise click.UsageError("a token is one or more printable ASCII characters")
    check_installed()
    with output_to():  # the runtimes announce themselves
        models, left_out = load_models(paths or (default_artifact(backend),), backend, threads)
    for line in left_out:
        print_line(f"edgecnn: {line}", err=True)

    def started(url: str) -> None:
        if token is None and not is_loopback(host):
            click.echo(
                f"edgecnn: warning: everybody who reaches {host} can use this server; set a token with --token",
                err=True,
            )
        print_line(f"edgecnn: serving {', '.join(models)} at {url}", err=True)

    serve(
        models,
        Address(host, port),
        ClientLimits(max_request, max_pixels, concurrency, timeout),
        token=token,
        log=print_json_line if log else None,
        started=started,
    )
