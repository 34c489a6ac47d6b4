"""Loading a model for a command: quietly, with a note on each assumption about the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading

if TYPE_CHECKING:
    from edgecnn.runtime.classifier import Classifier


def load_classifier(
    model: str | Path | None, threads: int, backend: str | None, feeding: Feeding, loading: KerasLoading
) -> Classifier:
    """Return the classifier in a model file, or the shipped one; print assumptions about the file to stderr.

    Args:
        model: a file; None is the shipped int8 model.
        threads, backend, feeding, loading: as `edgecnn.runtime.load.load` takes them.
    """
    from edgecnn.cli.screen import print_line
    from edgecnn.redirect import output_to
    from edgecnn.runtime.load import load
    from edgecnn.runtime.shipped import default_artifact

    with output_to():  # the runtimes print banners
        classifier = load(model or default_artifact(backend), threads, backend, feeding=feeding, loading=loading)
    for note in classifier.contract.notes:
        print_line(f"edgecnn: note: {note}", err=True)
    return classifier
