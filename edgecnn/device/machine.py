"""Facts about this machine. Unknown facts are None, not zero."""

from __future__ import annotations

import os
import platform
import struct
from dataclasses import dataclass
from pathlib import Path

from edgecnn.device import surroundings
from edgecnn.device.kernel_files import read_memory, read_pairs, read_text
from edgecnn.device.processor import read_frequencies, read_processor

_BOARD_MAKERS = ("Raspberry Pi", "Radxa", "Orange Pi", "NVIDIA", "BeagleBoard")


@dataclass(frozen=True, slots=True)
class Machine:
    """Facts that affect latency. None is unknown.

    Attributes:
        model: of the board, such as a Raspberry Pi reports it.
        cpu: its name; names of several kinds of cores are joined with "+".
        cores: that this process may run on; hardware threads count separately.
        bits: of a pointer in this Python; a 32-bit system can run on a 64-bit kernel.
        int8_instructions: dot-product instructions that speed up int8 kernels.
        governor: the kernel's policy for the frequency.
        virtualised: whether the machine runs under a hypervisor.
        emulated: whether this program runs on an emulated processor; times then mean nothing.
        vector_instructions: other instructions by which kernels are chosen.
        cores_online: of the machine, including cores that this process may not run on.
        threads_per_core: 2 with simultaneous multithreading.
        cpu_quota: the container's limit of CPU time, in processors; None without a limit.
        minimum_hz, maximum_hz: the governor's range; the maximum may be turbo.
        nominal_hz: the guaranteed frequency, if the driver reports it.
        turbo: whether it may run faster than that.
        swap_bytes: 0 is no swap.
        hypervisor: its name, "unnamed" if it does not reveal it.
        container: its kind; also None if it does not show.
        emulator: the name of the emulator.
        libc: name and version of the C library, which decides on available wheels: "glibc 2.36", "musl".
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
    vector_instructions: tuple[str, ...] = ()
    cores_online: int | None = None
    threads_per_core: int | None = None
    cpu_quota: float | None = None
    minimum_hz: int | None = None
    maximum_hz: int | None = None
    nominal_hz: int | None = None
    turbo: bool | None = None
    swap_bytes: int | None = None
    hypervisor: str | None = None
    container: str | None = None
    emulator: str | None = None
    libc: str | None = None
    python: str | None = None


def read_machine(root: Path = Path("/")) -> Machine:
    """Return the facts about this machine.

    Args:
        root: of the file system with /proc, /sys and /etc; tests pass another. Facts from Python itself (architecture,
            bits, kernel, cores, C library) are always this process's.
    """
    processor, frequencies, memory = read_processor(root), read_frequencies(root), read_memory(root)
    model = read_text(root / "proc/device-tree/model")
    hypervisor = surroundings.hypervisor(root, processor.all_flags)
    emulator = surroundings.emulator(root, processor.all_flags, processor.cpu, processor.part)
    return Machine(
        architecture=platform.machine(),
        bits=8 * struct.calcsize("P"),
        system=_system_name(root),
        kernel=platform.release(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        cpu=processor.cpu,
        model=model,
        memory_bytes=memory.get("MemTotal"),
        int8_instructions=processor.int8_instructions,
        governor=frequencies.governor,
        virtualised=_is_virtualised(hypervisor, processor.all_flags, model),
        emulated=emulator is not None,
        vector_instructions=processor.vector_instructions,
        cores_online=sum(name == "processor" for name, _ in read_pairs(root / "proc/cpuinfo")) or None,
        threads_per_core=processor.threads_per_core,
        cpu_quota=_cpu_quota(root),
        minimum_hz=frequencies.minimum_hz,
        maximum_hz=frequencies.maximum_hz,
        nominal_hz=frequencies.nominal_hz,
        turbo=frequencies.turbo,
        swap_bytes=memory.get("SwapTotal"),
        hypervisor=hypervisor,
        container=surroundings.container(root),
        emulator=emulator,
        libc=_libc(root),
        python=platform.python_version(),
    )


def _is_virtualised(hypervisor: str | None, flags: frozenset[str], model: str | None) -> bool | None:
    """Whether there is a hypervisor; None if unknown. x86 has a flag for it, and some Arm boards are known hardware."""
    if hypervisor is not None:
        return True
    is_hardware = "sse2" in flags or (model is not None and model.startswith(_BOARD_MAKERS))
    return False if is_hardware else None


def _system_name(root: Path) -> str:
    for line in (read_text(root / "etc/os-release") or "").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return platform.system()


def _cpu_quota(root: Path) -> float | None:
    """Return the limit of this control group, in processors; source: the kernel's documentation of cgroup v2 and v1."""
    groups = root / "sys/fs/cgroup"
    words = (read_text(groups / "cpu.max") or "").split()
    if not words:
        words = [read_text(groups / "cpu" / f"cpu.cfs_{name}_us") or "" for name in ("quota", "period")]
    if len(words) != 2 or not all(word.isdecimal() for word in words) or int(words[1]) == 0:  # "max", or "-1"
        return None
    return int(words[0]) / int(words[1])


def _libc(root: Path) -> str | None:
    try:
        glibc = os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, ValueError, OSError):
        glibc = None
    if glibc:
        return glibc
    return "musl" if any((root / "lib").glob("ld-musl-*.so.1")) else None
