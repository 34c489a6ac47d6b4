"""The bytes of a model file: payload in front, contract behind, seal last.

    payload | contract, in the format's own way | seal

The seal is the last `SEAL_BYTES` bytes of the file, all ASCII: "edgecnn:", offset and length of the contract's JSON
text, size of the payload (12 decimal digits each), and the SHA-256 of everything before that digest. So one
comparison finds every changed and every missing byte, and reading a contract takes no zip or protobuf parser.

Every runtime and viewer still opens the file, because each format allows for what follows the payload:

- TFLite: a zip archive behind the flatbuffer (`edgecnn.metadata.tflite_trailer`).
- ONNX: two more entries of its metadata (`edgecnn.metadata.onnx_trailer`).
"""

from __future__ import annotations

import hashlib
import re

from edgecnn.model_files import MODEL_FILES, recognize
from edgecnn.spec import Format

MAX_CONTRACT_BYTES = 4 * 2**20

_SEAL = re.compile(rb"edgecnn:(\d{12})(\d{12})(\d{12})([0-9a-f]{64})")
_DIGEST_BYTES = 64
SEAL_BYTES = len("edgecnn:") + 3 * 12 + _DIGEST_BYTES
_BLANK_SEAL = b"0" * SEAL_BYTES


class ContainerError(Exception):
    """The bytes are not a TFLite or ONNX model, or were changed after they were sealed."""


def attach(file_format: Format, payload: bytes, contract: str, labels: tuple[str, ...]) -> bytes:
    """Return the sealed model file made of `payload` and the contract's JSON text."""
    text = contract.encode()
    trailer = MODEL_FILES[file_format].trailer(text, labels, len(payload), _BLANK_SEAL)
    places = (len(payload) + trailer.index(text), len(text), len(payload))
    head = payload + trailer[:-SEAL_BYTES] + b"edgecnn:" + b"".join(b"%012d" % place for place in places)
    return head + _digest(head)


def split(content: bytes) -> tuple[Format, bytes, str | None]:
    """Return format, payload and the contract's JSON text (None where there is no seal) of a model file.

    Raises:
        ContainerError: neither TFLite nor ONNX, or not as it was sealed.
    """
    recognized = recognize(content)
    if recognized is None:
        raise ContainerError("it is neither a TFLite nor an ONNX model")
    file_format = recognized.format
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
