"""Input, output, labels and normalization of a .tflite file of any origin.

Source: metadata_schema.fbs of TensorFlow Lite Support ("M001"), whose numbers of fields these are; its associated files
are in a zip archive behind the flatbuffer.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable

from edgecnn.flatbuffer import Flatbuffer, TableReader
from edgecnn.inspection.graph import Value
from edgecnn.inspection.model_io import ModelIO
from edgecnn.inspection.precision import closest_precision
from edgecnn.inspection.tflite_graph import read_tflite
from edgecnn.metadata.tflite_metadata import ENTRY_NAME, NORMALIZATION_OPTIONS, TENSOR_AXIS_LABELS
from edgecnn.spec import Precision

_SUBGRAPHS, _INPUTS, _OUTPUTS = 3, 2, 3
_PROCESS_UNITS, _ASSOCIATED_FILES = 4, 6
_MAX_LABEL_BYTES = 2**20


def read_tflite_io(content: bytes) -> ModelIO:
    """Return what a TFLite file says about its input and output.

    Raises:
        FlatbufferError: it is damaged.
    """
    model = read_tflite(content)
    graph = model.graph
    inputs, outputs = (tuple(graph.values[key].public() for key in keys) for keys in (graph.inputs, graph.outputs))
    precision = _precision(graph.values.values())
    subgraph = _described(model.metadata.get(ENTRY_NAME, b""))
    if subgraph is None:
        return ModelIO(inputs, outputs, precision)
    mean, std = _normalization(subgraph)
    return ModelIO(inputs, outputs, precision, _labels(content, subgraph), mean, std)


def _precision(values: Iterable[Value]) -> Precision:
    activations = {value.dtype for value in values if not value.is_constant}
    weights = {value.dtype for value in values if value.is_constant}
    return closest_precision(weights, activations)


def _described(metadata: bytes) -> TableReader | None:
    """Return the metadata of the main graph."""
    return next(Flatbuffer(metadata).root().tables(_SUBGRAPHS), None) if metadata else None


def _normalization(subgraph: TableReader) -> tuple[tuple[float, ...], tuple[float, ...]]:
    for tensor in subgraph.tables(_INPUTS):
        for unit in tensor.tables(_PROCESS_UNITS):
            options = unit.table(1)
            if unit.number(0, "B") == NORMALIZATION_OPTIONS and options is not None:
                return options.numbers(0, "f"), options.numbers(1, "f")
    return (), ()


def _labels(content: bytes, subgraph: TableReader) -> tuple[str, ...]:
    """Return the lines of the label file of the output, the first where there is one for each language."""
    names = [
        file.text(0)
        for tensor in subgraph.tables(_OUTPUTS)
        for file in tensor.tables(_ASSOCIATED_FILES)
        if file.number(2, "b") == TENSOR_AXIS_LABELS
    ]
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(names[0]) as file:
            lines = file.read(_MAX_LABEL_BYTES).decode().splitlines()
    except (IndexError, KeyError, UnicodeDecodeError, zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return ()  # no label file, or none that can be read: they can be stated
    return tuple(line.strip() for line in lines if line.strip())
