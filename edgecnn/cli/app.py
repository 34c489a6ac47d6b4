"""The command group, and how errors become one line and an exit status.

0: done. 1: an `EdgecnnError`. 2: bad usage. 3: a gate that did not hold. 130 and 143: stopped with
Ctrl-C or SIGTERM.
A sub-command's module is imported only when it is called, so that `--help` and `predict` start fast.
"""

from __future__ import annotations

import errno
import importlib
import os
import signal
import sys
import warnings
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

import click

from edgecnn._version import __version__
from edgecnn.cli.groups import NearestGroup
from edgecnn.errors import EdgecnnError

COMMANDS = {
    "demo": "Export and benchmark the shipped models: the whole tool in some minutes.",
    "export": "Export a Keras classifier to float32 and int8 TFLite and ONNX.",
    "inspect": "Show what is inside a .tflite or .onnx file.",
    "bench": "Compare accuracy and latency of artifacts with the Keras model.",
    "compare": "Find what became slower or less accurate between two results of bench.",
    "report": "Make the reports again from a kept result.json.",
    "verify": "Check that artifacts are whole and compute here what they should.",
    "deploy": "Set up devices over ssh, copy artifacts to them, and verify these there.",
    "doctor": "Check this machine, its runtimes and artifacts; find out how a model is fed.",
    "diagnose": "Find the layers in which an int8 file loses accuracy, and put them back.",
    "predict": "Classify image files.",
    "watch": "Classify what a camera sees, a video, or files dropped into a folder.",
    "serve": "Serve models over HTTP, with a web page.",
    "bundle": "Put artifacts and what runs them into one file.",
    "evaluate": "Measure the accuracy of a model on labelled images.",
    "train": "Train a model on CIFAR-10 or on your own images.",
    "models": "List the shipped models with their figures.",
    "explain": "Show filters and activation maps of a model for an image.",
    "data": "Fetch, check and look at CIFAR-10.",
    "backends": "List the runtimes that are installed.",
}
"""Name and one-line help of each sub-command; the module is `edgecnn.cli.<name>`."""

USAGE_STATUS = 2
INTERRUPTED_STATUS = 130
TERMINATED_STATUS = 143
_REPEAT_SECONDS = 0.01

_WRITE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


class _ReaderLeftError(Exception):
    """Nobody reads our output any longer."""


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

    def invoke(self, ctx: click.Context) -> Any:
        """Run the sub-command; click itself would take a reader that left, as `head` does, for a failure."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:
            raise _ReaderLeftError from error

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
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # for every process too that a command starts
    if sys.stderr is None:  # closed, as daemons do; the next file opened would get its number
        sys.stderr = open(os.open(os.devnull, os.O_WRONLY), "w")  # noqa: PTH123, SIM115
    if sys.stdout is None:
        _print_error("standard output is closed; redirect it to /dev/null if it is not wanted")
        sys.exit(EdgecnnError.exit_status)
    warnings.filterwarnings("ignore", module="PIL")  # about odd pictures; what cannot be read is an error of our own
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED_STATUS))
    sys.unraisablehook = _repeat_lost_signal
    status = run(sys.argv[1:])
    if status == 0 and sys.argv[1:2] == ["predict"] and "tensorflow" not in sys.modules:
        os._exit(0)  # all is written; taking down the runtime, NumPy and Pillow would cost a fifth of the whole time
    sys.exit(status)


def _repeat_lost_signal(lost: sys.UnraisableHookArgs) -> None:
    """Raise what SIGINT or SIGTERM raised again if Python dropped it.

    Python drops every exception in `__del__` and in some callbacks from C. A signal that arrives during a long
    conversion is handled by the next Python code that runs, and this is often one of TensorFlow's destructors.
    """
    if not issubclass(lost.exc_type, KeyboardInterrupt | SystemExit):
        sys.__unraisablehook__(lost)
        return
    again = KeyboardInterrupt() if issubclass(lost.exc_type, KeyboardInterrupt) else SystemExit(TERMINATED_STATUS)

    def raise_again(_: int, frame: FrameType | None) -> None:
        while frame is not None:
            if frame.f_code is _repeat_lost_signal.__code__:  # not back from here yet: it would be dropped as well
                return
            frame = frame.f_back
        signal.setitimer(signal.ITIMER_REAL, 0)
        raise again

    signal.signal(signal.SIGALRM, raise_again)
    signal.setitimer(signal.ITIMER_REAL, _REPEAT_SECONDS, _REPEAT_SECONDS)


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit status; errors are one line on stderr."""
    debug = "--debug" in arguments
    try:
        status = group.main(arguments, prog_name="edgecnn", standalone_mode=False)
        sys.stdout.flush()
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
    except (BrokenPipeError, _ReaderLeftError):
        _give_up_stdout()
        return 0
    except OSError as error:
        if debug or not _told(error):
            raise
        return EdgecnnError.exit_status
    return status if isinstance(status, int) else 0


def _told(error: OSError) -> bool:
    """Print what an error of the system means, if it is of stdout or of the current folder."""
    if error.filename is None and error.errno in _WRITE_ERRORS:
        _give_up_stdout()
        _print_error(f"the output cannot be written: {error.strerror}")
        return True
    try:
        Path.cwd()
    except FileNotFoundError:
        _print_error("the current folder was deleted; change to another")
        return True
    return False


def _give_up_stdout() -> None:
    """Send what is still buffered nowhere: Python would try again on leaving, and complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _usage_message(error: click.ClickException) -> str:
    path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "edgecnn"
    message = " ".join(error.format_message().split())
    return f"{message} (see `{path} --help`)"


def _print_error(message: str) -> None:
    from edgecnn.text import one_line

    click.echo(f"edgecnn: {one_line(message)}", err=True)
