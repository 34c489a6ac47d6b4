"""The metadata of an ONNX file.

Sources: ONNX's IR.md (doc_string, producer_name, producer_version; keys model_author, model_license), MetadataProps.md
(keys Image.*), TypeDenotation.md and DimensionDenotation.md (IMAGE, DATA_BATCH). ONNX has no convention for labels:
"names" is that of Ultralytics, a Python dict of index and name, which many tools for classifiers and detectors read.
Netron shows all of these.
"""

from __future__ import annotations

from typing import Any

from edgecnn.errors import ExportError
from edgecnn.metadata.facts import Facts

_FORMATS = {"RGB": "Rgb8", "L": "Gray8"}
_RANGES = {(0, 255): "NominalRange_0_255", (0, 1): "Normalized_0_1", (-1, 1): "Normalized_1_1"}
"""Lowest and highest value of a pixel; other ranges have no name there."""
_IMAGE_AXES = ("DATA_BATCH", "DATA_FEATURE", "DATA_FEATURE", "DATA_CHANNEL")
_SCORES_AXES = ("DATA_BATCH", "DATA_FEATURE")
_ROUNDING = 1e-6


def describe_onnx(payload: bytes, facts: Facts) -> bytes:
    """Return an ONNX model with `facts` as its metadata.

    Raises:
        ExportError: the bytes are no ONNX model.
    """
    import onnx

    try:
        model = onnx.load_from_string(payload)
    except Exception as error:  # of protobuf, which is no dependency of its own
        raise ExportError("these bytes are not an ONNX model and cannot be described") from error
    model.producer_name, model.producer_version = facts.producer
    model.doc_string = facts.description
    model.graph.name = facts.name
    _describe_edge(model.graph.input[0], "IMAGE", _IMAGE_AXES, facts.about_input)
    _describe_edge(model.graph.output[0], "TENSOR", _SCORES_AXES, facts.about_output)
    new = properties(facts)
    kept = {entry.key: entry.value for entry in model.metadata_props if entry.key not in new}
    onnx.helper.set_model_props(model, kept | new)
    return bytes(model.SerializeToString(deterministic=True))


def properties(facts: Facts) -> dict[str, str]:
    """Return the entries of `metadata_props`."""
    found = {
        "Image.BitmapPixelFormat": _FORMATS[facts.colour],
        "Image.ColorSpaceGamma": "SRGB",
        "names": repr(dict(enumerate(facts.labels))),
    }
    if (range_name := _range_name(facts)) is not None:
        found["Image.NominalPixelRange"] = range_name
    if facts.author:
        found["model_author"] = facts.author
    if facts.license:
        found["model_license"] = facts.license
    return dict(sorted(found.items()))


def _range_name(facts: Facts) -> str | None:
    edges = set(zip(facts.lowest, facts.highest, strict=True))
    for named, name in _RANGES.items():
        if all(abs(low - named[0]) < _ROUNDING and abs(high - named[1]) < _ROUNDING for low, high in edges):
            return name
    return None


def _describe_edge(value: Any, kind: str, axes: tuple[str, ...], text: str) -> None:
    value.doc_string = text
    value.type.denotation = kind
    sizes = value.type.tensor_type.shape.dim
    if len(sizes) == len(axes):
        for size, axis in zip(sizes, axes, strict=True):
            size.denotation = axis
