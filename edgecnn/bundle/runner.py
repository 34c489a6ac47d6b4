"""The command line of a bundle. It avoids click, which takes longer to start than the model takes to answer."""

from __future__ import annotations

import gc
import getopt
import json
import os
import sys
from dataclasses import dataclass
from typing import NoReturn, Protocol

from edgecnn._version import __version__
from edgecnn.answers import FORMS, standard_streams
from edgecnn.errors import ArtifactError, BackendError, EdgecnnError, nearest
from edgecnn.runtime.backend import BACKENDS, Opened
from edgecnn.runtime.classifier import Classifier
from edgecnn.spec import Format
from edgecnn.text import one_line

INDEX = "artifacts/index.json"
"""Names and formats of the artifacts in the bundle, the preferred first."""

USAGE_STATUS = 2
INTERRUPTED_STATUS = 130

_HELP = """\
usage: python3 {app} IMAGE... [options]

Classify pictures with the model in this file. IMAGE is a file, a folder, a quoted glob such as 'photos/**/*.jpg', or -
for a list of paths on standard input. It needs NumPy and one of ai-edge-litert, tflite-runtime and onnxruntime. Pillow
reads JPEG, PNG and others; without it there are .npy, .ppm and .pgm files of the model's own size.

  --model NAME      one of: {names}
                    [default: the first that an installed runtime runs]
  --top N           how many labels to show [default: 3]
  --format FORM     {forms} [default: text]
  --json            the same as --format json
  --threads N       threads of one inference [default: 1]
  -0, --null        the paths on standard input end in a NUL byte
  --version, --help

Exit status 1: a picture or the model cannot be used. 2: bad usage.
"""

_OPENERS = {
    "litert": ("litert", "litert_from_bytes"),
    "tflite-runtime": ("litert", "tflite_runtime_from_bytes"),
    "onnxruntime": ("ort", "onnxruntime_from_bytes"),
}
"""Module in `edgecnn.runtime` and function that opens the bytes of a model file on each runtime."""


_PACKAGES = {"tflite": "ai-edge-litert", "onnx": "onnxruntime"}


class Bundle(Protocol):
    """Reader of the files in the zip application: Python's own `zipimporter`, which is already loaded."""

    archive: str

    def get_data(self, pathname: str, /) -> bytes:
        """Return the content of a file."""
        ...


@dataclass(frozen=True, slots=True)
class Arguments:
    """The parsed command line."""

    images: list[str]
    model: str | None = None
    top: int = 3
    form: str = "text"
    threads: int = 1
    separator: bytes = b"\n"


class UsageError(EdgecnnError):
    """The command line is invalid."""

    exit_status = USAGE_STATUS


def main(bundle: Bundle) -> NoReturn:
    """Run the command line of a bundle and leave with its exit status."""
    gc.disable()  # until the model is loaded: nothing of what imports make is garbage
    status = _run(bundle, sys.argv[1:])
    os._exit(status)  # all is written; taking down the runtime and NumPy would take longer than an answer


def _run(bundle: Bundle, arguments: list[str]) -> int:
    try:
        _answer(bundle, arguments)
        sys.stdout.flush()
    except EdgecnnError as error:
        print(f"{os.path.basename(bundle.archive)}: {one_line(str(error))}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        return INTERRUPTED_STATUS
    except BrokenPipeError:  # the reader of our output has left, as `head` does
        return 0
    except OSError as error:
        print(f"{os.path.basename(bundle.archive)}: {error}", file=sys.stderr)
        return EdgecnnError.exit_status
    return 0


def _answer(bundle: Bundle, arguments: list[str]) -> None:
    index: list[dict[str, str]] = json.loads(bundle.get_data(INDEX))
    if "--version" in arguments:
        print(f"edgecnn {__version__}")
        return
    if not arguments or not {"-h", "--help"}.isdisjoint(arguments):
        names = ", ".join(one["file"] for one in index)
        print(_HELP.format(app=os.path.basename(bundle.archive), names=names, forms=", ".join(FORMS)), end="")
        return
    options = parse(arguments)

    from edgecnn.redirect import output_to
    from edgecnn.runtime.classify import write_answers

    with output_to():  # the runtimes announce themselves
        classifier = Classifier(_open(bundle, index, options))
    gc.enable()
    with standard_streams() as streams:
        write_answers(
            classifier, options.images, streams, form=options.form, top=options.top, separator=options.separator
        )


def parse(arguments: list[str]) -> Arguments:
    """Return the parsed command line.

    Raises:
        UsageError: an unknown option, an invalid value, or no picture.
    """
    names = ["model=", "top=", "format=", "threads=", "json", "null"]
    try:
        options_given, images = getopt.gnu_getopt(arguments, "0", names)
    except getopt.GetoptError as error:
        raise UsageError(f"{error} (see --help)") from error
    values = dict(options_given)
    form = "json" if "--json" in values else values.get("--format", "text")
    if form not in FORMS:
        raise UsageError(f"no format {form!r}{nearest(form, FORMS)}")
    if not images:
        raise UsageError("no picture is named (see --help)")
    return Arguments(
        images,
        values.get("--model"),
        _count("--top", values.get("--top", "3")),
        form,
        _count("--threads", values.get("--threads", "1")),
        b"\0" if {"-0", "--null"} & set(values) else b"\n",
    )


def _count(option: str, text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise UsageError(f"{option} takes a number of 1 or more, not {text!r}")
    return int(text)


def _open(bundle: Bundle, index: list[dict[str, str]], options: Arguments) -> Opened:
    """Return the requested artifact, or the first that can run here, on the first runtime that runs it."""
    import importlib

    entries = [entry for entry in index if options.model in (None, entry["file"], entry["precision"], entry["format"])]
    if not entries:
        names = [entry["file"] for entry in index]
        raise ArtifactError(f"this bundle has no model {options.model!r}{nearest(str(options.model), names)}")
    for entry in entries:
        for backend in BACKENDS.values():
            if Format(entry["format"]) in backend.formats and backend.name in _OPENERS and backend.is_installed:
                module, function = _OPENERS[backend.name]
                opener = getattr(importlib.import_module(f"edgecnn.runtime.{module}"), function)
                opened: Opened = opener(bundle.get_data(f"artifacts/{entry['file']}"), entry["file"], options.threads)
                return opened
    packages = " or ".join(sorted({_PACKAGES[entry["format"]] for entry in entries}))
    raise BackendError(f"no runtime for the models in this bundle is installed; pip install {packages}")
