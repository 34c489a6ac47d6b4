"""The best choices for each kind of device, with reasons, in one table."""

from __future__ import annotations

import platform
from dataclasses import dataclass, replace

from edgecnn.errors import ExportError, nearest
from edgecnn.spec import Quantization


@dataclass(frozen=True, slots=True)
class TargetDevice:
    """A kind of device and the choices for it.

    Attributes:
        title: its usual name.
        activations: dtype of int8 ONNX activations. ONNX Runtime's kernels differ in it; LiteRT's are always signed.
        why: the reason for `activations`.
        advice: whether int8 pays off there.
    """

    name: str
    title: str
    activations: str
    why: str
    advice: str


_ARM_WHY = "ONNX Runtime advises signed activations and weights (S8S8) on Arm"
_NO_DOT_PRODUCT = (
    "its cores have no dot-product instructions, so int8 gains little: MLPerf Tiny v0.5 logs 1.07 ms for int8 and "
    "1.31 ms for float32 (ResNet-8, Raspberry Pi 4), and two of four int8 models slower; measure both there"
)

TARGETS = {
    target.name: target
    for target in (
        TargetDevice("pi3", "Raspberry Pi 3, 64 bit", "int8", _ARM_WHY, _NO_DOT_PRODUCT),
        TargetDevice("pi4", "Raspberry Pi 4, 64 bit", "int8", _ARM_WHY, _NO_DOT_PRODUCT),
        TargetDevice(
            "pi5",
            "Raspberry Pi 5",
            "int8",
            _ARM_WHY,
            "its cores have dot-product instructions (asimddp): int8 pays",
        ),
        TargetDevice(
            "x86",
            "x86-64 with AVX-512 VNNI, AVX-VNNI or AMX",
            "uint8",
            "ONNX Runtime's dot-product kernels take unsigned activations and signed weights (U8S8); without these "
            "instructions their sums can saturate: measure the accuracy there",
            "int8 pays with dot-product instructions",
        ),
        TargetDevice(
            "generic",
            "any device",
            "int8",
            "signed activations and weights (S8S8) are what ONNX Runtime advises first, and cannot saturate",
            "measure where it will run; --target x86 is faster in ONNX Runtime on x86-64",
        ),
    )
}
"""Sources: ONNX Runtime's documentation, "Quantize ONNX models"; the measurements of MLPerf Tiny v0.5."""

DEFAULT_TARGET = "generic"


def find_target(name: str) -> TargetDevice:
    """Return the target with this name.

    Raises:
        ExportError: there is no such target.
    """
    if name not in TARGETS:
        raise ExportError(f"no target named {name!r}{nearest(name, TARGETS)}")
    return TARGETS[name]


def target_here() -> str:
    """Return the name of the target that matches this machine."""
    return "x86" if platform.machine() in ("x86_64", "AMD64") else DEFAULT_TARGET


def choices(
    target: TargetDevice, wished: Quantization, *, activations: str | None
) -> tuple[Quantization, tuple[str, ...]]:
    """Return the quantization settings for a target, and sentences that explain them.

    Args:
        target: the device.
        wished: the settings; the target decides the activations unless `activations` is given.
        activations: "uint8" or "int8" to override the target's choice.
    """
    settings = replace(wished, activations=activations or target.activations)
    because = target.why if activations is None else f"{activations} activations as asked for"
    weights = "a scale for each channel" if settings.per_channel else "one scale for each tensor, as asked for"
    return settings, (
        f"target {target.name} ({target.title}): {target.advice}",
        f"int8 ONNX has {settings.activations} activations: {because}",
        f"int8 weights have {weights}; ranges by {settings.method.value}; {settings.io} at the edges",
    )
