"""The number format of a training."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from edgecnn.models.framework import import_keras

_BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}
"""Linux's names for x86 and arm64. Without these instructions bfloat16 is emulated, slower than float32."""


def cpu_has_bfloat16(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the CPU has bfloat16 instructions; False if the operating system does not tell."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return False
    flags = {
        flag
        for line in lines
        if line.lower().startswith(("flags", "features"))
        for flag in line.partition(":")[2].split()
    }
    return bool(flags & _BFLOAT16_FLAGS)


def usable_precision(wanted: str) -> str:
    """Return `wanted`, or "float32" if it is bfloat16 and the CPU has no instructions for that."""
    return wanted if wanted == "float32" or cpu_has_bfloat16() else "float32"


@contextlib.contextmanager
def layers_compute_in(precision: str) -> Iterator[None]:
    """Let Keras layers made in the block compute in "float32" or "bfloat16"; their weights are float32 in both."""
    keras = import_keras()
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16" if precision == "bfloat16" else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)
