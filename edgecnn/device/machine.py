"""What this machine is. Everything is optional: unknown is not zero."""

from __future__ import annotations

import os
import platform
import struct
from dataclasses import dataclass
from pathlib import Path

_DOT_PRODUCT = ("amx_int8", "avx512_vnni", "avx_vnni", "asimddp", "i8mm")
_ARM_CORES = {"0xd03": "Cortex-A53", "0xd08": "Cortex-A72", "0xd0b": "Cortex-A76"}
"""CPU part numbers of the Raspberry Pi 3, 4 and 5. Source: Arm's Main ID Register descriptions."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Facts that decide a latency.

    Attributes:
        model: of the board, as a Raspberry Pi says it.
        cpu: its name.
        cores: that this process may run on.
        bits: of a pointer in this Python; a 32-bit system can run on a 64-bit kernel.
        int8_instructions: dot-product instructions that int8 kernels profit from.
        virtualised: whether a hypervisor is underneath.
        emulated: whether this program runs on an emulated processor; then no time means anything.
    """

    architecture: str
    bits: int
    system: str
    kernel: str
    cores: int
    cpu: str | None
    model: str | None
    memory_bytes: int | None
    int8_instructions: tuple[str, ...]
    governor: str | None
    virtualised: bool | None
    emulated: bool


def read_machine(root: Path = Path("/")) -> Machine:
    """Return what this machine is.

    Args:
        root: of the file system to read /proc, /sys and /etc in; another one in tests.
    """
    info = _cpu_info(root)
    flags = set((info.get("flags") or info.get("Features") or "").split())
    return Machine(
        architecture=platform.machine(),
        bits=8 * struct.calcsize("P"),
        system=_system_name(root),
        kernel=platform.release(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        cpu=info.get("model name") or _ARM_CORES.get(info.get("CPU part", "")),
        model=_read(root / "proc/device-tree/model"),
        memory_bytes=_memory_bytes(root),
        int8_instructions=tuple(name for name in _DOT_PRODUCT if name in flags),
        governor=_read(root / "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        virtualised="hypervisor" in flags if flags else None,
        emulated=_is_emulated(flags),
    )


def peak_memory_bytes() -> int | None:
    """Return the largest resident memory that this process has had."""
    for line in (_read(Path("/proc/self/status")) or "").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None


def _read(path: Path) -> str | None:
    try:
        return path.read_text(errors="replace").strip("\0\n ") or None
    except OSError:
        return None


def _cpu_info(root: Path) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for line in (_read(root / "proc/cpuinfo") or "").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            pairs.setdefault(name.strip(), value.strip())
    return pairs


def _is_emulated(flags: set[str]) -> bool:
    """Whether a user-mode emulator runs this program: it shows through where its processor is not the kernel's.

    QEMU passes on the x86 `flags` of the host, which an Arm kernel never prints; where an Arm cpuinfo was put
    in its place, the variable that chooses QEMU's processor gives it away.
    """
    is_arm = platform.machine().startswith(("aarch64", "arm"))
    return is_arm and ("sse2" in flags or "QEMU_CPU" in os.environ)


def _system_name(root: Path) -> str:
    for line in (_read(root / "etc/os-release") or "").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return platform.system()


def _memory_bytes(root: Path) -> int | None:
    for line in (_read(root / "proc/meminfo") or "").splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return None
