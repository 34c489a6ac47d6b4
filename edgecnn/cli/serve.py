"""`edgecnn serve`."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgecnn.cli.option_types import FiniteRange, OneOf
from edgecnn.cli.options import OptionSet, backend, field_option, threads
from edgecnn.cli.screen import print_line
from edgecnn.serve.limits import ClientLimits

if TYPE_CHECKING:
    from edgecnn.serve.guard import Scope

_TOKEN = "EDGECNN_TOKEN"  # noqa: S105  # the variable's name

client_limits = OptionSet(
    "limits",
    field_option(
        ClientLimits,
        "request_bytes",
        "--max-request",
        type=click.IntRange(1),
        help="Bytes that a request body may have.",
    ),
    field_option(
        ClientLimits, "pixels", "--max-pixels", type=click.IntRange(1), help="Pixels that a picture may have."
    ),
    field_option(
        ClientLimits,
        "concurrency",
        type=click.IntRange(1),
        help="Requests in progress or waiting; further ones get status 503.",
    ),
    field_option(ClientLimits, "timeout", type=FiniteRange(0, min_open=True), help="Seconds that a request may take."),
    build=ClientLimits,
)
"""The options for `ClientLimits`."""


@click.command("serve")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="Port to listen on; 0 for any free one.",
)
@click.option("--token", envvar=_TOKEN, show_envvar=True, help="Answer only requests that carry this bearer token.")
@client_limits
@click.option("--log", type=OneOf(("json",)), help="Print a line for each request.  [default: none]")
@backend
@threads
def command(
    paths: tuple[Path, ...],
    host: str,
    port: int,
    token: str | None,
    limits: ClientLimits,
    log: str | None,
    backend: str | None,
    threads: int,
) -> None:
    """Serve models over HTTP: a web page, image files, and the Open Inference Protocol.

    PATHS are .tflite and .onnx files and folders of them; without PATHS, the shipped int8 model is served. A model is
    named after its file, without the suffix.

    \b
    http://127.0.0.1:8000/                      drop a picture, or use the camera
    POST /classify?model=NAME                   an image file as the body or in a form
    POST /v2/models/NAME/infer                  tensors, as KServe and Triton take them
    /healthz  /metrics  /openapi.json           for machines

    On SIGTERM or Ctrl-C the server finishes the requests in progress, then stops.
    """
    from edgecnn.redirect import output_to
    from edgecnn.runtime.shipped import default_artifact
    from edgecnn.serve.model import load_models
    from edgecnn.serve.server import Address, check_installed, is_loopback, serve

    if token is None and _TOKEN in os.environ:  # click treats an empty variable as unset, which would let everybody in
        token = ""
    if token is not None and not (token and token.isascii() and token.isprintable()):
        raise click.UsageError("a token is one or more printable ASCII characters")
    check_installed()
    with output_to():  # the runtimes print banners
        models, left_out = load_models(paths or (default_artifact(backend),), backend, threads)
    for line in left_out:
        print_line(f"edgecnn: {line}", err=True)

    def started(url: str) -> None:
        if token is None and not is_loopback(host):
            click.echo(
                f"edgecnn: warning: anyone who can reach {host} can use this server; set a token with --token",
                err=True,
            )
        print_line(f"edgecnn: serving {', '.join(models)} at {url}", err=True)

    serve(
        models,
        Address(host, port),
        limits,
        token=token,
        log=_print_request if log else None,
        started=started,
    )


def _print_request(scope: Scope, status: int, seconds: float) -> None:
    """Print one answered request as a line of JSON, and flush."""
    from edgecnn.serve.server import describe_request

    sys.stdout.write(json.dumps(describe_request(scope, status, seconds)) + "\n")
    sys.stdout.flush()
