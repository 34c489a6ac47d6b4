"""What follows the model in a sealed ONNX file: two more entries of its metadata, the contract and the seal.

Protocol buffers merge when they are concatenated.

Source: onnx.proto (ModelProto.metadata_props is field 14, StringStringEntryProto has key 1 and value 2).
"""

from __future__ import annotations

from edgecnn.protobuf import field

CONTRACT_KEY = "edgecnn"
SEAL_KEY = "edgecnn.seal"

_METADATA_PROPS = 14


def onnx_trailer(contract: bytes, labels: tuple[str, ...], size: int, seal: bytes) -> bytes:  # noqa: ARG001
    """Return the entries; arguments are those of `tflite_trailer`."""
    entries = ((CONTRACT_KEY, contract), (SEAL_KEY, seal))
    return b"".join(field(_METADATA_PROPS, field(1, key.encode()) + field(2, value)) for key, value in entries)
