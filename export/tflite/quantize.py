"""Quantize a float32 TFLite flatbuffer to every other precision, by ai-edge-quantizer with our observed ranges.

Its own calibrator needs a signature, which files of a frozen function lack, and only uses minima and maxima. One recipe
says which operations are quantized: the general rule first, then exceptions by tensor name, then input and output.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from edgecnn.errors import ExportError, first_line
from edgecnn.export.converted import Converted
from edgecnn.export.keras.freeze import INPUT_NAME
from edgecnn.export.passes import run_passes
from edgecnn.export.ranges import PIXELS, Ranges
from edgecnn.export.restored import check_restored, operations_to_restore
from edgecnn.export.tflite.convert import describe
from edgecnn.export.tflite.graph import Graph, float_operations, layer_operations, read_graph, write_graph
from edgecnn.export.tflite.passes.table import after_quantizing, before_quantizing
from edgecnn.models.layers import Layers
from edgecnn.spec import Format, Precision, Quantization

Rule = dict[str, Any]
Recipe = list[Rule]
_BYTE = 8


def quantize(
    float_model: bytes,
    precision: Precision,
    ranges: Ranges | None = None,
    quantization: Quantization | None = None,
    layers: Layers | None = None,
) -> Converted:
    """Return a flatbuffer in a precision other than float32.

    FLOAT16 stores the weights of convolutions and dense layers in 16 bits, DYNAMIC in 8; input and output stay float32
    in both. INT8 is full integer, with the input and output that `quantization` sets; those of INT16X8 are float32.
    Operations without an integer form in the quantizer stay float and are named in the result.

    Args:
        float_model: float32 flatbuffer of `convert`.
        precision: any but FLOAT32.
        ranges: for INT8 and INT16X8, the ranges of all activations by tensor name, from `choose_ranges`.
        quantization: None is `Quantization()`. `method` and `activations` have no effect here.
        layers: of the Keras model; needed to restore layers.

    Raises:
        ExportError: the quantizer fails, or a layer to restore is unknown.
    """
    settings = quantization or Quantization()
    check_restored(Format.TFLITE, settings, layers)
    io = precision.choose_io(settings.io)
    graph = read_graph(float_model)
    recipe = [_rule_of(precision, settings), *_exceptions(graph, settings, layers), *_io_rules(precision, io, settings)]
    run_passes(before_quantizing(calibrated=precision.needs_calibration), graph)
    try:
        content = _run_quantizer(write_graph(graph), recipe, _statistics(graph, ranges) if ranges else None)
    except Exception as error:  # of any kind
        raise ExportError(f"TFLite {precision.value}: {first_line(error)}") from error
    quantized = read_graph(content)
    run_passes(after_quantizing(io=io), quantized)
    return describe(write_graph(quantized), float_operations(quantized))


def _run_quantizer(content: bytes, recipe: Recipe, statistics: dict[str, Any] | None) -> bytes:
    from ai_edge_quantizer import quantizer

    run = quantizer.Quantizer(content)
    # It would load the model to look for signatures; there are none, and a model with stand-ins may not run.
    run._ensure_model_qsv_sufficient = lambda _: None  # noqa: SLF001  # there is no public way
    run.load_quantization_recipe(recipe)
    quantized = run.quantize(statistics, enable_progress_bar=False, enable_progress_report=False).quantized_model
    return bytes(quantized)


def _statistics(graph: Graph, ranges: Ranges) -> dict[str, Any]:
    """Return the ranges in the quantizer's form: one value each, with as many axes as the tensor."""
    statistics = {}
    for tensor in graph.subgraphs[0].tensors:
        name = tensor.name.decode()
        if name in ranges or name == INPUT_NAME:
            low, high = PIXELS if name == INPUT_NAME else ranges[name]
            axes = (1,) * len(tensor.shape)
            statistics[name] = {"min": np.full(axes, low, np.float32), "max": np.full(axes, high, np.float32)}
    return statistics


def _exceptions(graph: Graph, settings: Quantization, layers: Layers | None) -> Recipe:
    """Return the rules for the operations of restored layers; each is identified by the names of its outputs."""
    if layers is None:
        return []
    rule = _rule_of(settings.restored_to, settings)
    scopes = operations_to_restore(layer_operations(graph, layers), settings)
    return [{**rule, "regex": f"^{re.escape(scope)}$"} for scope in scopes]


def _rule_of(precision: Precision, settings: Quantization) -> Rule:
    """Return the rule for every operation in a precision."""
    if precision.is_full:
        return _untouched()
    bits, activations = precision.weights.bits, precision.activations
    if not precision.is_quantized:
        return {**_rule(_tensor(bits, "TENSORWISE", "FLOAT"), "FLOAT"), "algorithm_key": "float_casting"}
    weights = _tensor(bits, "CHANNELWISE" if settings.per_channel else "TENSORWISE")
    if activations is None:
        return _rule(weights, "INTEGER")
    symmetric = activations.bits > _BYTE  # as TFLite's specification has it
    return _rule(weights, "INTEGER", activation_tensor_config=_tensor(activations.bits, symmetric=symmetric))


def _tensor(
    bits: int, granularity: str = "TENSORWISE", dtype: str = "INT", *, symmetric: bool = True
) -> dict[str, Any]:
    return {"num_bits": bits, "symmetric": symmetric, "granularity": granularity, "dtype": dtype}


def _rule(weights: dict[str, Any], compute: str, **more: Any) -> Rule:
    configuration = {
        "weight_tensor_config": weights,
        "compute_precision": compute,
        "explicit_dequantize": compute == "FLOAT",
        "skip_checks": False,
        "min_weight_elements": 0,
        **more,
    }
    return {
        "regex": ".*",
        "operation": "*",
        "algorithm_key": "min_max_uniform_quantize",
        "op_config": configuration,
    }


def _untouched() -> Rule:
    return {"regex": ".*", "operation": "*", "algorithm_key": "no_quantize", "op_config": {}}


def _io_rules(precision: Precision, io: str, settings: Quantization) -> Recipe:
    """Return the rules for input and output, which would otherwise follow the general rule.

    They come last, with a pattern of their own: the quantizer gives the output the name of the last operation's output.
    """
    if not precision.needs_calibration:
        return []
    rule = _untouched() if io == "float32" else _rule_of(precision, settings)
    return [{**rule, "regex": ".+", "operation": end} for end in ("INPUT", "OUTPUT")]
