"""A frozen TensorFlow function to a float32 ONNX model, and what a model says about itself."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from edgecnn.errors import ExportError, first_line
from edgecnn.export.converted import Converted
from edgecnn.export.onnx.clean import (
    clean,
    drop_unused_opsets,
    float_operations,
    name_edges,
)
from edgecnn.export.onnx.graph import graphs_in
from edgecnn.export.onnx.passes.erfc import convert_erfc
from edgecnn.spec import TensorSpec

OPSET = 17
"""Read by ONNX Runtime 1.12 (2022) and later, and by OpenVINO and Netron; has all that QDQ needs."""

INPUT_NAME = "images"
OUTPUT_NAME = "scores"

_NUMBERED = re.compile(r"__\d+")


def to_onnx(function: Any) -> Any:
    """Return the float32 `onnx.ModelProto` of a function from `frozen_function`, ready to run or to quantize.

    Batch 1, NHWC input, all shapes inferred; see `clean`.

    Raises:
        ExportError: an operation cannot be expressed.
    """
    import tf2onnx

    try:
        model, _ = tf2onnx.convert.from_graph_def(
            function.graph.as_graph_def(),
            input_names=[function.inputs[0].name],
            output_names=[function.outputs[0].name],
            opset=OPSET,
            custom_op_handlers={"Erfc": (convert_erfc, [])},
        )
        name_edges(model, INPUT_NAME, OUTPUT_NAME)
        made = clean(model)
        _number_names(made)
        return checked(made)
    except Exception as error:  # both packages raise whatever they meet
        raise ExportError(f"ONNX float32: {first_line(error)}") from error


def _number_names(model: Any) -> None:
    """Number the names that tf2onnx made up anew, in the order of the graph.

    It numbers them through the whole process. The same model shall give the same names of nodes and of what they make,
    so that the tensors of a file are found again in a later conversion; constants come last, since which of two equal
    ones is kept is a matter of chance.
    """
    graphs = list(graphs_in(model.graph))
    renamed: dict[str, str] = {}

    def new(name: str) -> str:
        if _NUMBERED.search(name) and name not in renamed:
            renamed[name] = _NUMBERED.sub(f"__{len(renamed)}", name)
        return renamed.get(name, name)

    for graph in graphs:
        for node in graph.node:
            node.name = new(node.name)
            node.output[:] = [new(name) for name in node.output]
    for graph in graphs:
        for node in graph.node:
            node.input[:] = [new(name) for name in node.input]
        for value in (*graph.initializer, *graph.value_info, *graph.input, *graph.output):
            value.name = new(value.name)


def checked(model: Any) -> Any:
    """Return the model without unused imports, after ONNX's own full check."""
    import onnx

    drop_unused_opsets(model)
    onnx.checker.check_model(model, full_check=True)
    return model


def describe(model: Any, taken: tuple[float, int] = (1.0, 0), given: tuple[float, int] = (1.0, 0)) -> Converted:
    """Return the bytes of a model, with its tensors; `taken` and `given` are scale and zero-point of its edges."""
    model.producer_name = "edgecnn"
    opset = max(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    return Converted(
        model.SerializeToString(),
        _tensor(model.graph.input[0], taken),
        _tensor(model.graph.output[0], given),
        {"opset": str(opset), "ir_version": str(model.ir_version)},
        float_operations(model),
    )


def _tensor(value: Any, quantization: tuple[float, int]) -> TensorSpec:
    import onnx

    kind = value.type.tensor_type
    dtype = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)).name
    return TensorSpec(value.name, tuple(size.dim_value for size in kind.shape.dim), dtype, *quantization)
