"""The command group, and how errors become one line and an exit status.

0: done. 1: an `EdgecnnError`. 2: bad usage. 3: a gate that did not hold. 130 and 143: stopped with
Ctrl-C or SIGTERM.
A sub-command's module is imported only when it is called, so that `--help` and `predict` start fast.
"""

from __future__ import annotations

import importlib
import signal
import sys
from typing import NoReturn

import click

from edgecnn._version import __version__
from edgecnn.cli.options import NearestGroup
from edgecnn.errors import EdgecnnError

COMMANDS = {
    "demo": "Export and benchmark the shipped model: the whole tool in two minutes.",
    "export": "Export a Keras classifier to float32 and int8 TFLite and ONNX.",
    "inspect": "Show what is inside a .tflite or .onnx file.",
    "bench": "Compare accuracy and latency of artifacts with the Keras model.",
    "verify": "Check that artifacts are whole and compute here what they should.",
    "doctor": "Find out what is wrong: how a model has to be fed.",
    "diagnose": "Find the layers in which an int8 file loses accuracy, and put them back.",
    "predict": "Classify image files.",
    "evaluate": "Measure the accuracy of a model on labelled images.",
    "train": "Train a model on CIFAR-10.",
    "models": "List the shipped models with their figures.",
    "explain": "Show filters and activation maps of a model for an image.",
    "data": "Fetch, check and look at CIFAR-10.",
    "backends": "List the runtimes that are installed.",
}
"""Name and one-line help of each sub-command; the module is `edgecnn.cli.<name>`."""

USAGE_STATUS = 2
INTERRUPTED_STATUS = 130
TERMINATED_STATUS = 143


class LazyGroup(NearestGroup):
    """A group whose sub-commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of use."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the sub-command, importing its module."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"edgecnn.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="edgecnn")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def group(debug: bool) -> None:
    """Quantized image classifiers for the edge, and numbers about them that can be trusted.

    \b
    edgecnn demo                      export, check and measure the shipped CIFAR-10 model
    edgecnn export --int8 my.keras    your own Keras classifier, ready to deploy
    edgecnn predict cat.jpg           what is in the picture
    """


def main() -> NoReturn:
    """Run the command line and leave with its exit status; SIGTERM cleans up as Ctrl-C does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED_STATUS))
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit status; errors are one line on stderr."""
    debug = "--debug" in arguments
    try:
        status = group.main(arguments, prog_name="edgecnn", standalone_mode=False)
    except click.ClickException as error:
        _print_error(_usage_message(error))
        return USAGE_STATUS
    except (click.Abort, KeyboardInterrupt):
        _print_error("stopped")
        return INTERRUPTED_STATUS
    except EdgecnnError as error:
        if debug:
            raise
        _print_error(str(error))
        return error.exit_status
    except BrokenPipeError:  # the reader of our output has left, as `head` does
        sys.stderr.close()
        return 0
    return status if isinstance(status, int) else 0


def _usage_message(error: click.ClickException) -> str:
    path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "edgecnn"
    message = " ".join(error.format_message().split())
    return f"{message} (see `{path} --help`)"


def _print_error(message: str) -> None:
    click.echo(f"edgecnn: {' '.join(message.split())}", err=True)
