"""The metadata of a TFLite file: a flatbuffer of its own, in a buffer of the model that is named "TFLITE_METADATA".

MediaPipe Tasks, the TFLite Task library, Android's ML Model Binding and Netron read it. Numbers of fields are those of
metadata_schema.fbs of TensorFlow Lite Support and MediaPipe ("M001"); all fields used here were in its version 1.0.0.
No package for Python on current versions writes it without TensorFlow or MediaPipe.
"""

from __future__ import annotations

from typing import Any

from edgecnn.errors import ExportError
from edgecnn.flatbuffer import Flatbuffer, FlatbufferError, TableReader
from edgecnn.metadata.facts import Facts
from edgecnn.metadata.tflite_trailer import LABELS_ENTRY
from edgecnn.spec import Scores

ENTRY_NAME = "TFLITE_METADATA"
IDENTIFIER = b"M001"
PARSER_VERSION = "1.0.0"

FEATURE_PROPERTIES, IMAGE_PROPERTIES = 1, 2
NORMALIZATION_OPTIONS = 1
TENSOR_AXIS_LABELS = 2
COLOUR_SPACES = {"RGB": 1, "L": 2}

_MODEL_IDENTIFIER = b"TFL3"
_VERSION, _BUFFERS, _METADATA, _MODEL_FIELDS = 0, 4, 6, 10
_ALIGNMENT = 16
"""Of the contents of buffers, by TFLite's schema: kernels read them with vector instructions."""


def describe_tflite(payload: bytes, facts: Facts) -> bytes:
    """Return a TFLite flatbuffer with `facts` as its metadata.

    The flatbuffer stays as it is, byte for byte, behind a new root table that lists one buffer more: offsets in a
    flatbuffer are relative and point forward, so all that is new stands in front.

    Raises:
        ExportError: the bytes are no TFLite flatbuffer, or its weights are not inside of it.
    """
    try:
        return _with_buffer(payload, metadata(facts))
    except FlatbufferError as error:
        raise ExportError(f"these bytes are not a TFLite model and cannot be described: {error}") from error


def metadata(facts: Facts) -> bytes:
    """Return the flatbuffer of a `ModelMetadata`."""
    import flatbuffers

    builder = flatbuffers.Builder(1024)
    subgraph = _object(
        builder, 10, {2: _vector(builder, [_input(builder, facts)]), 3: _vector(builder, [_output(builder, facts)])}
    )
    texts = {
        0: facts.name,
        1: facts.description,
        2: facts.version,
        4: facts.author,
        5: facts.license,
        7: PARSER_VERSION,
    }
    fields = {number: builder.CreateString(text) for number, text in texts.items() if text}
    builder.Finish(_object(builder, 8, {3: _vector(builder, [subgraph]), **fields}), IDENTIFIER)
    return bytes(builder.Output())


def _input(builder: Any, facts: Facts) -> int:
    image = _object(builder, 2, {}, {0: COLOUR_SPACES[facts.colour]})
    normalization = _object(builder, 2, {0: _floats(builder, facts.mean), 1: _floats(builder, facts.std)})
    unit = _object(builder, 2, {1: normalization}, {0: NORMALIZATION_OPTIONS})
    return _tensor(
        builder,
        ("image", facts.about_input),
        _object(builder, 3, {1: image}, {0: IMAGE_PROPERTIES}),
        (facts.lowest, facts.highest),
        {4: _vector(builder, [unit])},
    )


def _output(builder: Any, facts: Facts) -> int:
    texts = {0: LABELS_ENTRY, 1: "Labels in the order of the scores, one a line."}
    file = _object(
        builder,
        5,
        {number: builder.CreateString(text) for number, text in texts.items()},
        {2: TENSOR_AXIS_LABELS},
    )
    is_probability = facts.scores is Scores.PROBABILITIES
    return _tensor(
        builder,
        ("probability" if is_probability else "logit", facts.about_output),
        _object(builder, 3, {1: _object(builder, 0, {})}, {0: FEATURE_PROPERTIES}),
        ((0.0,), (1.0,)) if is_probability else None,
        {6: _vector(builder, [file])},
    )


def _tensor(
    builder: Any,
    texts: tuple[str, str],
    content: int,
    limits: tuple[tuple[float, ...], tuple[float, ...]] | None,
    fields: dict[int, int],
) -> int:
    if limits is not None:
        lowest, highest = (_floats(builder, values) for values in limits)
        fields |= {5: _object(builder, 2, {0: highest, 1: lowest})}
    name, description = (builder.CreateString(text) for text in texts)
    return _object(builder, 7, {0: name, 1: description, 3: content, **fields})


def _object(builder: Any, size: int, offsets: dict[int, int], codes: dict[int, int] | None = None) -> int:
    """Return a new table with `size` fields, of which some are offsets and some enumerations of one byte."""
    builder.StartObject(size)
    for number, offset in offsets.items():
        builder.PrependUOffsetTRelativeSlot(number, offset, 0)
    for number, code in (codes or {}).items():
        builder.PrependUint8Slot(number, code, 0)
    return int(builder.EndObject())


def _vector(builder: Any, offsets: list[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return int(builder.EndVector())


def _floats(builder: Any, values: tuple[float, ...]) -> int:
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        builder.PrependFloat32(value)
    return int(builder.EndVector())


def _with_buffer(payload: bytes, content: bytes) -> bytes:
    """Return `payload` behind a new root table that has `content` as its last buffer.

    The builder writes from the end to the front and names places by their distance from the end, which is how it can
    point into what is there already. That keeps its alignment, because its length is made a multiple of it.
    """
    import flatbuffers

    model = Flatbuffer(payload).root()
    padded = payload + bytes(-len(payload) % _ALIGNMENT)
    if model.fields > _MODEL_FIELDS:
        raise ExportError("this TFLite model has a newer schema than edgecnn knows; update edgecnn")
    buffers = list(model.tables(_BUFFERS))
    if any(table.number(1, "Q") > 1 for table in buffers):
        raise ExportError("this TFLite model keeps its weights behind the flatbuffer, and cannot be described")
    entries = [table for table in model.tables(_METADATA) if table.text(0) != ENTRY_NAME]

    builder = flatbuffers.Builder(len(padded) + len(content) + 4 * len(buffers) + 4096)
    builder.CreateByteVector(padded)
    builder.Prep(_ALIGNMENT, len(content))
    buffer = _object(builder, 3, {0: builder.CreateByteVector(content)})
    name = builder.CreateString(ENTRY_NAME)
    builder.StartObject(2)
    builder.PrependUOffsetTRelativeSlot(0, name, 0)
    builder.PrependUint32Slot(1, len(buffers), 0)
    entry = int(builder.EndObject())

    def from_end(tables: list[TableReader]) -> list[int]:
        return [len(padded) - table.position for table in tables]

    fields = {
        number: len(padded) - model.buffer.offset(place)
        for number in range(1, model.fields)
        if (place := model.place(number)) is not None
    }
    fields |= {
        _BUFFERS: _vector(builder, [*from_end(buffers), buffer]),
        _METADATA: _vector(builder, [*from_end(entries), entry]),
    }
    builder.StartObject(_MODEL_FIELDS)
    builder.PrependUint32Slot(_VERSION, model.number(_VERSION, "I"), 0)
    for number, offset in fields.items():
        builder.PrependUOffsetTRelativeSlot(number, offset, 0)
    builder.Finish(builder.EndObject(), _MODEL_IDENTIFIER)
    return bytes(builder.Output())
