"""Convert parts of a model, in a process that may crash."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgecnn.export.formats import FORMATS
from edgecnn.export.keras.cut import LayerInGraph, cut_behind, layers_in_graph
from edgecnn.export.keras.freeze import freeze_classifier
from edgecnn.export.observe import observe
from edgecnn.export.ranges import choose_ranges
from edgecnn.export.request import ExportRequest
from edgecnn.export.target import choices, find_target
from edgecnn.isolated.messages import Handlers, Request
from edgecnn.models.load import KerasClassifier, load_keras_classifier
from edgecnn.models.registry import find_model_file
from edgecnn.progress import Progress
from edgecnn.spec import Format

TRIALS = f"{__name__}:handlers"

_IMAGES = 4
"""Number of calibration images in a trial; they are noise, since ranges do not matter here."""


@dataclass(frozen=True, slots=True)
class CallLayers(Request[tuple[LayerInGraph, ...]]):
    """Load and call the model, reporting each called layer as a step; the answer is the layers in its graph."""

    export: ExportRequest


@dataclass(frozen=True, slots=True)
class ConvertPart(Request[None]):
    """Convert the model up to a node of its graph, or all of it, in the precisions of the export, and run it."""

    export: ExportRequest
    format: Format
    end: str | None = None


def handlers(progress: Progress) -> Handlers:
    """Return the handlers of this process."""
    return {CallLayers: lambda request: _call_layers(request.export, progress), ConvertPart: _convert_part}


def _call_layers(export: ExportRequest, progress: Progress) -> tuple[LayerInGraph, ...]:
    with _reported_calls(progress):
        classifier, function = _opened(export)
        classifier.call(_noise(classifier).astype(np.float32))
    return layers_in_graph(function, classifier.layers)


def _convert_part(request: ConvertPart) -> None:
    """Convert, run and quantize. Ignore exceptions: they are no crash, and a cut may leave what cannot be expressed."""
    classifier, function = _opened(request.export)
    spec, tools = request.export.spec, FORMATS[request.format]
    quantization, _ = choices(find_target(spec.target), spec.quantization, activations=spec.activations)
    with contextlib.suppress(Exception):
        model = tools.convert(function if request.end is None else cut_behind(function, request.end))
        observed = observe(tools.tensors, model, _noise(classifier), quantization.method)
        ranges = choose_ranges(observed, quantization.method)
        for precision in spec.precisions:
            if not precision.is_full and request.format in precision.formats:
                tools.quantize(model, precision, ranges, quantization, classifier.layers)


@functools.cache
def _opened(export: ExportRequest) -> tuple[KerasClassifier, Any]:
    """Return the Keras model and its frozen function; a process gets many requests about one export."""
    classifier = load_keras_classifier(find_model_file(export.source), export.feeding, export.loading)
    return classifier, freeze_classifier(classifier, keep_softmax=export.spec.keep_softmax).function


def _noise(classifier: KerasClassifier) -> Any:
    return np.random.default_rng(0).integers(0, 256, (_IMAGES, *classifier.shape)).astype(np.uint8)


@contextlib.contextmanager
def _reported_calls(progress: Progress) -> Iterator[None]:
    """Report the name of each Keras layer when it is called, be it to trace or to compute."""
    from edgecnn.models.framework import import_keras

    kind: Any = import_keras().layers.Layer
    call = kind.__call__

    def reported(layer: Any, *inputs: Any, **options: Any) -> Any:
        if not hasattr(layer, "layers"):  # a model is reported by its layers
            progress(layer.name, 0, None)
        return call(layer, *inputs, **options)

    kind.__call__ = reported
    try:
        yield
    finally:
        kind.__call__ = call
