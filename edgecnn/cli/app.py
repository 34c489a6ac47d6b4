"""The command group, and how errors become one line and an exit status.

0: done. 1: an `EdgecnnError`. 2: bad usage. 3: a limit or check that failed. 130 and 143: stopped with
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
    "demo": "Export and benchmark the shipped models: a tour in a few minutes.",
    "export": "Export a Keras classifier to float32 and int8 TFLite and ONNX.",
    "inspect": "Show what is inside a .tflite or .onnx file.",
    "bench": "Compare accuracy and latency of artifacts with the Keras model.",
    "compare": "Find what became slower or less accurate between benchmark results.",
    "report": "Rebuild the reports from a saved result.json.",
    "verify": "Check that artifacts are intact and give the right answers on this machine.",
    "deploy": "Set up devices over ssh, copy artifacts to them, and verify them there.",
    "doctor": "Check this machine, its runtimes and artifacts; find out what input a model expects.",
    "diagnose": "Find the layers where an int8 file loses accuracy, and restore them.",
    "predict": "Classify image files.",
    "watch": "Classify what a camera sees, a video, or files dropped into a folder.",
    "serve": "Serve models over HTTP, with a web page.",
    "bundle": "Pack artifacts and the code that runs them into one file.",
    "evaluate": "Measure the accuracy of a model on labelled images.",
    "train": "Train a model on CIFAR-10 or on your own images.",
    "models": "List the shipped models with their figures.",
    "explain": "Show a model's filters and activation maps for an image.",
    "data": "Fetch, check and look at CIFAR-10.",
    "backends": "List the runtimes and which are installed.",
}
"""Name and one-line help of each sub-command; the module is `edgecnn.cli.<name>`."""

USAGE_STATUS = 2
INTERRUPTED_STATUS = 130
TERMINATED_STATUS = 143
_REPEAT_SECONDS = 0.01

_WRITE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF)


class _ReaderLeftError(Exception):
    """The reader of our output has gone away."""


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
        """Run the sub-command; click would treat a reader that has gone, such as `head`, as a failure."""
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
    """Quantized image classifiers for the edge, with measurements you can trust.

    \b
    edgecnn demo                      export, check and measure the shipped CIFAR-10 model
    edgecnn export --int8 my.keras    your own Keras classifier, ready to deploy
    edgecnn predict cat.jpg           classify a picture
    """


def main() -> NoReturn:
    """Run the command line and leave with its exit status; SIGTERM cleans up like Ctrl-C."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # also for every process that a command starts
    if sys.stderr is None:  # closed, as in daemons; the next file opened would get its number
        sys.stderr = open(os.open(os.devnull, os.O_WRONLY), "w")  # noqa: PTH123, SIM115
    if sys.stdout is None:
        _print_error("standard output is closed; redirect it to /dev/null to discard it")
        sys.exit(EdgecnnError.exit_status)
    warnings.filterwarnings("ignore", module="PIL")  # about odd pictures; an unreadable one raises an error of our own
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED_STATUS))
    sys.unraisablehook = _repeat_lost_signal
    status = run(sys.argv[1:])
    if status == 0 and sys.argv[1:2] == ["predict"] and "tensorflow" not in sys.modules:
        os._exit(0)  # all output is written; tearing down the runtime, NumPy and Pillow takes a fifth of the run time
    sys.exit(status)


def _repeat_lost_signal(lost: sys.UnraisableHookArgs) -> None:
    """Raise the exception of SIGINT or SIGTERM again if Python dropped it.

    Python drops every exception in `__del__` and in some callbacks from C. A signal that arrives during a long
    conversion is handled by the next Python code that runs, and this is often one of TensorFlow's destructors.
    """
    if not issubclass(lost.exc_type, KeyboardInterrupt | SystemExit):
        sys.__unraisablehook__(lost)
        return
    again = KeyboardInterrupt() if issubclass(lost.exc_type, KeyboardInterrupt) else SystemExit(TERMINATED_STATUS)

    def raise_again(_: int, frame: FrameType | None) -> None:
        while frame is not None:
            if frame.f_code is _repeat_lost_signal.__code__:  # still inside this hook: it would be dropped as well
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
        if debug or not _explain(error):
            raise
        return EdgecnnError.exit_status
    return status if isinstance(status, int) else 0


def _explain(error: OSError) -> bool:
    """Explain an OS error about stdout or the current folder; return whether it was one."""
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
    """Discard buffered output: Python would try to write it again at exit, and complain."""
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
