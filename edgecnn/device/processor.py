"""The processor: its name, instructions and frequencies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgecnn.device.kernel_files import numbered, read_integer, read_pairs, read_text

_DOT_PRODUCT = ("amx_int8", "avx512_vnni", "avx_vnni", "asimddp", "i8mm")
_VECTOR = (
    "neon", "asimd", "asimdhp", "asimdrdm", "sve", "sve2", "bf16", "svei8mm", "sme",
    "sse4_1", "avx", "f16c", "fma", "avx2", "avx512f", "avx512bw", "avx512_bf16", "avx512_fp16", "amx_bf16",
)  # fmt: skip
"""Flags by which XNNPACK and MLAS choose kernels, besides those for int8. Source: their dispatch by pytorch-cpuinfo."""

_ARM = "0x41"
_ARM_CORES = {
    "0xb76": "ARM1176", "0xc07": "Cortex-A7", "0xd03": "Cortex-A53", "0xd04": "Cortex-A35", "0xd05": "Cortex-A55",
    "0xd07": "Cortex-A57", "0xd08": "Cortex-A72", "0xd09": "Cortex-A73", "0xd0a": "Cortex-A75",
    "0xd0b": "Cortex-A76", "0xd0c": "Neoverse-N1", "0xd0d": "Cortex-A77", "0xd40": "Neoverse-V1",
    "0xd41": "Cortex-A78", "0xd42": "Cortex-A78AE", "0xd44": "Cortex-X1", "0xd49": "Neoverse-N2",
    "0xd4f": "Neoverse-V2",
}  # fmt: skip
"""Part numbers of cores of Arm Ltd. Source: Arm's Main ID Register descriptions, and util-linux's lscpu."""

_KHZ, _MHZ = 1_000, 1_000_000


@dataclass(frozen=True, slots=True)
class Processor:
    """The kernel's facts about the processor; the fields are those of `Machine`, and `all_flags` has every flag."""

    cpu: str | None
    part: tuple[str, str] | None
    all_flags: frozenset[str]
    int8_instructions: tuple[str, ...]
    vector_instructions: tuple[str, ...]
    threads_per_core: int | None


@dataclass(frozen=True, slots=True)
class Frequencies:
    """The processor's frequencies; the fields are those of `Machine`."""

    governor: str | None
    minimum_hz: int | None
    maximum_hz: int | None
    nominal_hz: int | None
    turbo: bool | None


def read_processor(root: Path) -> Processor:
    """Return the facts in /proc/cpuinfo and in the topology in /sys."""
    pairs = list(read_pairs(root / "proc/cpuinfo"))
    first = dict(reversed(pairs))
    flags = frozenset((first.get("flags") or first.get("Features") or "").split())
    part = (first.get("CPU implementer", ""), first["CPU part"]) if "CPU part" in first else None
    return Processor(
        first.get("model name") if part is None else _arm_cores(pairs),
        part,
        flags,
        tuple(name for name in _DOT_PRODUCT if name in flags),
        tuple(name for name in _VECTOR if name in flags),
        _threads_per_core(root),
    )


def read_frequencies(root: Path) -> Frequencies:
    """Return the facts of cpufreq; for cores of several kinds, the lowest minimum and the highest maximum."""
    system = root / "sys/devices/system/cpu"
    folders = [core / "cpufreq" for core in numbered(system, "cpu")]
    governors = dict.fromkeys(name for folder in folders if (name := read_text(folder / "scaling_governor")))
    return Frequencies(
        ", ".join(governors) or None,
        min(_scaled(folders, "cpuinfo_min_freq", _KHZ), default=None),
        max(_scaled(folders, "cpuinfo_max_freq", _KHZ), default=None),
        max(
            _scaled(folders, "base_frequency", _KHZ) or _scaled(folders, "../acpi_cppc/nominal_freq", _MHZ),
            default=None,
        ),
        _turbo(system),
    )


def _arm_cores(pairs: list[tuple[str, str]]) -> str | None:
    """Return the names of the kinds of cores, joined: an Arm processor may have fast and efficient ones."""
    makers = [value for name, value in pairs if name == "CPU implementer"]
    parts = [value for name, value in pairs if name == "CPU part"]
    names = [_ARM_CORES.get(part) for maker, part in zip(makers, parts, strict=False) if maker == _ARM]
    return " + ".join(dict.fromkeys(name for name in names if name)) or None


def _threads_per_core(root: Path) -> int | None:
    listed = read_text(root / "sys/devices/system/cpu/cpu0/topology/thread_siblings_list")
    if listed is None:
        return None
    count = 0
    for part in listed.split(","):  # "0,4" or "0-1"
        low, _, high = part.partition("-")
        if not low.isdecimal() or (high and not high.isdecimal()):
            return None
        count += int(high or low) - int(low) + 1
    return count


def _scaled(folders: list[Path], name: str, unit: int) -> list[int]:
    return [unit * value for folder in folders if (value := read_integer(folder / name))]


def _turbo(system: Path) -> bool | None:
    """Whether it may run faster than nominal; Intel's driver has the inverse flag."""
    off = read_integer(system / "intel_pstate/no_turbo")
    if off is not None:
        return off == 0
    for name in ("cpufreq/boost", "cpu0/cpufreq/boost"):
        on = read_integer(system / name)
        if on is not None:
            return on == 1
    return None
