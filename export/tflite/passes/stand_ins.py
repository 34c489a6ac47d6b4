"""Let known operations stand in for those that the quantizer does not know."""

from __future__ import annotations

from typing import Any

from edgecnn.export.tflite.graph import Graph, builtin_codes, builtin_kinds, code_of, set_code

STAND_INS = {
    "LEAKY_RELU": "RELU",
    "RELU6": "RELU",
    "RELU_N1_TO_1": "RELU",
    "ELU": "RELU",
    "EXP": "RELU",
    "ABS": "RELU",
    "PRELU": "MUL",
    "SQUEEZE": "RESHAPE",
    "EXPAND_DIMS": "RESHAPE",
    "TILE": "RESHAPE",
    "REDUCE_MAX": "REDUCE_MIN",
    "MINIMUM": "MAXIMUM",
    "DEPTH_TO_SPACE": "SPACE_TO_DEPTH",
    "SPACE_TO_BATCH_ND": "SLICE",
    "BATCH_TO_SPACE_ND": "SLICE",
}
"""Operations that LiteRT computes in int8 but the quantizer does not know, by a known one that quantizes alike.

RELU: one tensor in, one out, each with its own range. RESHAPE, SLICE, REDUCE_MIN, SPACE_TO_DEPTH: the output has the
input's quantization; further inputs are sizes and axes. MAXIMUM: all tensors have the output's quantization. MUL: a
second, constant tensor is quantized too.
Source: the 8-bit quantization specification of LiteRT, and its reference kernels.
"""


def put_stand_ins(graph: Graph) -> bool:
    """Replace the kinds that the quantizer does not know by their stand-ins, and record the originals."""
    codes, kinds = builtin_codes(), builtin_kinds()
    unknown = [entry for entry in graph.operatorCodes if kinds[code_of(entry)] in STAND_INS]
    for entry in unknown:
        entry.customCode = kinds[code_of(entry)].encode()  # builtin operations have none, and the quantizer keeps it
        set_code(entry, codes[STAND_INS[entry.customCode.decode()]])
    return bool(unknown)


def take_stand_ins_back(graph: Graph) -> bool:
    """Undo `put_stand_ins`."""
    codes = builtin_codes()
    noted = [entry for entry in graph.operatorCodes if _note(entry) in STAND_INS]
    for entry in noted:
        set_code(entry, codes[_note(entry)])
        entry.customCode = None
    return bool(noted)


def _note(entry: Any) -> str:
    return "" if entry.customCode is None else bytes(entry.customCode).decode()
