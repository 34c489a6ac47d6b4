"""The formats of the files that edgecnn writes, and of the same kind from other tools: one table.

A format is a row here for reading it anywhere, and a row in `edgecnn.export.formats` for making it. Nothing else
decides by the name of a format. What a row names is imported when it is called.
"""

# Annotations are evaluated here, once, which is faster than parsing them from text at each start.

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edgecnn.lazy import Lazy
from edgecnn.spec import Format


@dataclass(frozen=True, slots=True)
class ModelFile:
    """How files of one format are recognized, written and read.

    Attributes:
        start, magic: the bytes `magic` are in every file at the place `start`.
        mark: bytes that only a file sealed by edgecnn contains. A file with the mark but no seal was cut short.
        trailer: takes the contract's JSON text, the labels, the size of the payload and a blank seal; returns the
            bytes behind the payload, which end with that seal (see `edgecnn.container`).
        describe: takes a payload with one input and one output and `edgecnn.metadata.facts.Facts`; returns the payload
            with these where viewers and other tools look for them. The model's computation does not change, and the
            same payload and facts give the same bytes. Raises `ExportError` if the payload is not of this format, or
            keeps its weights elsewhere.
        read_io: takes the bytes of a file of any origin; returns its inputs and outputs.
        inspect: takes the path and the bytes of a file of any origin; returns an `Inspection`.
    """

    format: Format
    start: int
    magic: bytes
    mark: bytes
    trailer: Callable[[bytes, tuple[str, ...], int, bytes], bytes]
    describe: Callable[[bytes, Any], bytes]
    read_io: Callable[[bytes], Any]
    inspect: Callable[[Any, bytes], Any]

    @property
    def suffix(self) -> str:
        """The end of such a file's name."""
        return f".{self.format.value}"


MODEL_FILES: dict[Format, ModelFile] = {
    row.format: row
    for row in (
        ModelFile(
            Format.TFLITE,
            start=4,
            magic=b"TFL3",
            mark=b"edgecnn.json",
            trailer=Lazy("edgecnn.metadata.tflite_trailer:tflite_trailer"),
            describe=Lazy("edgecnn.metadata.tflite_metadata:describe_tflite"),
            read_io=Lazy("edgecnn.inspection.tflite_io:read_tflite_io"),
            inspect=Lazy("edgecnn.inspection.tflite_inspection:inspect_tflite"),
        ),
        ModelFile(
            Format.ONNX,
            start=0,
            magic=b"\x08",  # key of field 1, ir_version, a varint: it comes first in every ONNX file
            mark=b"\n\x07edgecnn",
            trailer=Lazy("edgecnn.metadata.onnx_trailer:onnx_trailer"),
            describe=Lazy("edgecnn.metadata.onnx_metadata:describe_onnx"),
            read_io=Lazy("edgecnn.inspection.onnx_io:read_onnx_io"),
            inspect=Lazy("edgecnn.inspection.onnx_inspection:inspect_onnx"),
        ),
    )
}
"""In the order in which they are preferred. The longest magic comes first: one byte says little."""


def recognize(content: bytes) -> ModelFile | None:
    """Return the format of a file by its first bytes; None if it has no format of this table."""
    rows = MODEL_FILES.values()
    return next((row for row in rows if content.startswith(row.magic, row.start)), None)
