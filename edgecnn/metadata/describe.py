"""Writing what other tools look for into a model file, before it is sealed."""

from __future__ import annotations

from edgecnn.metadata.facts import Facts
from edgecnn.spec import Format


def describe_payload(payload: bytes, file_format: Format, facts: Facts) -> bytes:
    """Return a model file with `facts` in the places where viewers and other tools of its format look for them.

    What the model computes stays as it is, and the same payload and facts give the same bytes. To be called before
    the file is sealed: `edgecnn.container.attach` adds the labels that the metadata of a TFLite file points to.

    Args:
        payload: a TFLite flatbuffer or an ONNX model with one input and one output.
        file_format: TFLITE or ONNX.
        facts: what to say.

    Raises:
        ExportError: the payload is not of this format, or keeps its weights elsewhere.
    """
    if file_format is Format.TFLITE:
        from edgecnn.metadata.tflite_metadata import describe_tflite

        return describe_tflite(payload, facts)
    from edgecnn.metadata.onnx_metadata import describe_onnx

    return describe_onnx(payload, facts)
