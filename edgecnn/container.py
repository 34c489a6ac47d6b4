"""The bytes of a model file: payload in front, contract behind, seal last.

    payload | contract, in the format's own way | seal

The seal is the last `SEAL_BYTES` bytes of the file, all ASCII: "edgecnn:", offset and length of the contract's JSON
text, size of the payload (12 decimal digits each), and the SHA-256 of everything before that digest. So one
comparison finds every changed and every missing byte, and reading a contract takes no zip or protobuf parser.

Every runtime and viewer still opens the file, because each format allows for what follows the payload:

- TFLite: a zip archive behind the flatbuffer, as TensorFlow Lite's metadata convention stores associated files;
  its entries are `edgecnn.json` and `labels.txt`, stored without compression, and the seal is the archive's comment.
  `edgecnn.metadata` writes into the payload that the output's labels are in `labels.txt`.
- ONNX: two `metadata_props` entries. Protocol buffers merge when they are concatenated. The seal is the second
  one's value.

Sources: TensorFlow Lite metadata ("associated files are packed as a zip at the end of the model"); the protocol
buffer encoding (a field is a varint key, number << 3 | type, then its value; type 2 is length-delimited);
onnx.proto (ModelProto.metadata_props is field 14, StringStringEntryProto has key 1 and value 2).
"""

from __future__ import annotations

import hashlib
import re

from edgecnn.protobuf import field
from edgecnn.spec import Format

CONTRACT_ENTRY = "edgecnn.json"
LABELS_ENTRY = "labels.txt"
ONNX_KEY = "edgecnn"
ONNX_SEAL_KEY = "edgecnn.seal"
MAX_CONTRACT_BYTES = 4 * 2**20

_SEAL = re.compile(rb"edgecnn:(\d{12})(\d{12})(\d{12})([0-9a-f]{64})")
_DIGEST_BYTES = 64
SEAL_BYTES = len("edgecnn:") + 3 * 12 + _DIGEST_BYTES
_BLANK_SEAL = b"0" * SEAL_BYTES

_TFLITE_MAGIC = b"TFL3"
_ONNX_START = b"\x08"  # key of field 1, ir_version, a varint: it comes first in every ONNX file
_METADATA_PROPS = 14
_ENTRY_TIME = (1980, 1, 1, 0, 0, 0)  # the same model gives the same file


class ContainerError(Exception):
    """The bytes are no TFLite or ONNX model, or were changed after they were sealed."""


def attach(file_format: Format, payload: bytes, contract: str, labels: tuple[str, ...]) -> bytes:
    """Return the sealed model file made of `payload` and the contract's JSON text."""
    text = contract.encode()
    trailer = _onnx_trailer(text) if file_format is Format.ONNX else _tflite_trailer(text, labels, len(payload))
    places = (len(payload) + trailer.index(text), len(text), len(payload))
    head = payload + trailer[:-SEAL_BYTES] + b"edgecnn:" + b"".join(b"%012d" % place for place in places)
    return head + _digest(head)


def split(content: bytes) -> tuple[Format, bytes, str | None]:
    """Return format, payload and the contract's JSON text (None where there is no seal) of a model file.

    Raises:
        ContainerError: neither TFLite nor ONNX, or not as it was sealed.
    """
    if content[4:8] == _TFLITE_MAGIC:
        file_format = Format.TFLITE
    elif content.startswith(_ONNX_START):
        file_format = Format.ONNX
    else:
        raise ContainerError("it is neither a TFLite nor an ONNX model")
    seal = _SEAL.fullmatch(content, max(0, len(content) - SEAL_BYTES))
    if seal is None:
        return file_format, content, None
    if _digest(memoryview(content)[:-_DIGEST_BYTES]) != seal[4]:
        raise ContainerError("it was changed or damaged after its export (SHA-256 differs)")
    start, length, size = (int(seal[group]) for group in (1, 2, 3))
    if length > MAX_CONTRACT_BYTES:
        raise ContainerError(f"its contract is larger than {MAX_CONTRACT_BYTES} bytes")
    try:
        return file_format, content[:size], content[start : start + length].decode()
    except UnicodeDecodeError as error:
        raise ContainerError("its contract is no text") from error


def _digest(content: bytes | memoryview) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()


def _tflite_trailer(contract: bytes, labels: tuple[str, ...], start: int) -> bytes:
    """Return the zip archive. Its offsets count from the start of the file, as those of TensorFlow Lite's tools do."""
    import io
    import zipfile

    file = io.BytesIO()
    file.seek(start)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, text in ((CONTRACT_ENTRY, contract), (LABELS_ENTRY, "\n".join(labels).encode() + b"\n")):
            archive.writestr(zipfile.ZipInfo(name, _ENTRY_TIME), text)
        archive.comment = _BLANK_SEAL
    return file.getvalue()[start:]


def _onnx_trailer(contract: bytes) -> bytes:
    entries = ((ONNX_KEY, contract), (ONNX_SEAL_KEY, _BLANK_SEAL))
    return b"".join(field(_METADATA_PROPS, field(1, key.encode()) + field(2, value)) for key, value in entries)
