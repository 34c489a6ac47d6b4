"""For which systems there are wheels of each runtime."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from edgecnn.device.machine import Machine
from edgecnn.versions import release_numbers

GLIBC = "glibc"


@dataclass(frozen=True, slots=True)
class Wheels:
    """What a package's wheels for Linux are made for.

    Attributes:
        oldest, newest: Python 3.x.
        glibc: the oldest, for each architecture.
    """

    oldest: int
    newest: int
    glibc: dict[str, tuple[int, ...]]


WHEELS = {
    "ai-edge-litert": Wheels(10, 14, {"x86_64": (2, 27), "aarch64": (2, 27)}),
    "onnxruntime": Wheels(11, 14, {"x86_64": (2, 28), "aarch64": (2, 28)}),
    "tflite-runtime": Wheels(9, 11, {"x86_64": (2, 17), "aarch64": (2, 34), "armv7l": (2, 34)}),
    "openvino": Wheels(10, 14, {"x86_64": (2, 28), "aarch64": (2, 35)}),
    "tensorflow": Wheels(10, 13, {"x86_64": (2, 27), "aarch64": (2, 27)}),
}
"""Source: the tags of the wheels of ai-edge-litert 2.3.0, onnxruntime 1.32.0, tflite-runtime 2.14.0 (the last one),
openvino 2026.4.1 and tensorflow 2.21.0.
"""


def why_no_wheel(package: str, machine: Machine, python: int = sys.version_info.minor) -> str | None:
    """Return why a package has no wheel for this machine; None if it has one, or nothing is known about the package.

    Args:
        package: the distribution's name.
        machine: to install it on.
        python: the 3.x of the Python to install it for.
    """
    wheels = WHEELS.get(package)
    if wheels is None:
        return None
    architecture = _architecture(machine)
    if architecture not in wheels.glibc:
        return f"it has no wheel for {'32-bit systems' if machine.bits == 32 else architecture}"
    if machine.libc is not None and not machine.libc.startswith(GLIBC):
        return f"it has no wheel for {machine.libc}"
    oldest = wheels.glibc[architecture]
    if machine.libc is not None and release_numbers(machine.libc.removeprefix(GLIBC)) < oldest:
        return f"its wheels need glibc {'.'.join(map(str, oldest))}, and this system has {machine.libc}"
    if not wheels.oldest <= python <= wheels.newest:
        return f"its wheels are for Python 3.{wheels.oldest} to 3.{wheels.newest}, and this is 3.{python}"
    return None


def _architecture(machine: Machine) -> str:
    """Return the architecture of this Python, which may be 32-bit where the kernel's is 64-bit."""
    if machine.bits == 32:
        return {"aarch64": "armv7l", "x86_64": "i686"}.get(machine.architecture, machine.architecture)
    return machine.architecture
