"""Every error that edgecnn raises for something its user can act on.

    EdgecnnError                exit status 1
    ├── DataError               a data set, an archive or an image
    ├── ModelError              a Keras model that cannot be read or is not an image classifier
    ├── ArtifactError           a model file or a folder of them: missing, truncated, foreign, changed
    │   └── ContractError       the contract inside a model file
    ├── ExportError             a conversion that did not work
    ├── GateError               exit status 3: an accuracy gate did not hold
    ├── BackendError            a runtime that is unknown, missing or refuses the file
    ├── TrainingError           a training that left nothing to keep
    │   └── StoppedError        exit status 130: Ctrl-C before there was anything
    ├── MeasurementError        a benchmark that could not be completed
    ├── DeviceError             a camera or another machine that is missing, forbidden or lost
    ├── ServeError              a server that cannot be started
    └── OutputError             a file that cannot be written

The message says what is wrong, with the value, and what to do next, in one line.
`ValueError` and `TypeError` stay for programmers' mistakes.
"""

from __future__ import annotations

from collections.abc import Iterable

from edgecnn.text import plain


class EdgecnnError(Exception):
    """Base of every error that a user of edgecnn can act on."""

    exit_status = 1


class DataError(EdgecnnError):
    """A data set, an archive or an image cannot be used."""


class ModelError(EdgecnnError):
    """A Keras model cannot be read or is not an image classifier."""


class ArtifactError(EdgecnnError):
    """A model file or a folder of artifacts cannot be used."""


class ContractError(ArtifactError):
    """The contract inside a model file is missing, broken or too new."""


class ExportError(EdgecnnError):
    """A conversion did not work."""


class GateError(EdgecnnError):
    """An accuracy gate did not hold."""

    exit_status = 3


class BackendError(EdgecnnError):
    """A runtime is unknown, not installed, or refuses the model file."""


class TrainingError(EdgecnnError):
    """A training left nothing to keep."""


class StoppedError(TrainingError):
    """A training was stopped with Ctrl-C before there was anything to keep."""

    exit_status = 130


class MeasurementError(EdgecnnError):
    """A benchmark could not be completed."""


class DeviceError(EdgecnnError):
    """A camera or another machine is missing, forbidden or lost."""


class ServeError(EdgecnnError):
    """A server cannot be started."""


class OutputError(EdgecnnError):
    """A file or folder cannot be written."""


def first_line(error: BaseException) -> str:
    """Return the first line of the message of another package's error, cleaned; its class if it has no message."""
    lines = str(error).strip().splitlines()
    return plain(lines[0]) if lines else type(error).__name__


def nearest(name: str, known: Iterable[str]) -> str:
    """Return "; did you mean 'x'?" for the known name closest to `name`, or the list of known names.

    The text continues an error message, so it starts with a semicolon.
    """
    import difflib

    names = sorted(known)
    matches = difflib.get_close_matches(name, names, n=1)
    if matches:
        return f"; did you mean {matches[0]!r}?"
    return f"; known: {', '.join(names)}" if names else ""
