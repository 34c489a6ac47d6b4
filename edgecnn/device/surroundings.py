"""The layers between this program and the hardware: a hypervisor, a container, an emulator."""

from __future__ import annotations

import os
import platform
from collections.abc import Set as AbstractSet
from pathlib import Path

from edgecnn.device.kernel_files import read_text

_HYPERVISORS = {
    "kvm": "KVM", "qemu": "QEMU", "vmware": "VMware", "virtualbox": "VirtualBox", "innotek": "VirtualBox",
    "xen": "Xen", "microsoft": "Hyper-V", "parallels": "Parallels", "amazon ec2": "Amazon EC2",
    "google": "Google Compute Engine", "apple virtualization": "Apple Virtualization", "openstack": "OpenStack",
}  # fmt: skip
"""Hypervisors by a word in the DMI names of their machines. Source: systemd's detect-virt."""

_VIRTUAL_BOARD = "linux,dummy-virt"
"""The name in the device tree of Arm machines of QEMU, Firecracker and others."""

_APPLE = "0x61"
"""The implementer Apple. QEMU cannot emulate Apple's cores: if they show, Apple's hypervisor runs them."""


def hypervisor(root: Path, flags: AbstractSet[str]) -> str | None:
    """Return the hypervisor's name, "unnamed" if it does not reveal it; None if there is no sign of a hypervisor.

    Args:
        root: of the file system with /proc and /sys.
        flags: of the processor; x86 has one for hypervisors.
    """
    texts = [
        read_text(root / "sys/hypervisor/type"),
        read_text(root / "proc/device-tree/hypervisor/compatible"),
        *(read_text(root / "sys/class/dmi/id" / name) for name in ("sys_vendor", "product_name")),
    ]
    named = next((name for text in texts if text for word, name in _HYPERVISORS.items() if word in text.lower()), None)
    is_board = _is_virtual_board(root)
    if is_board and named is None:
        named = "QEMU" if any((root / "proc/device-tree").glob("fw-cfg*")) else None
    is_x86 = "sse2" in flags
    shows = "hypervisor" in flags if is_x86 else is_board or named is not None
    return (named or "unnamed") if shows else None


def container(root: Path) -> str | None:
    """Return the kind of container that this program runs in; None if there is no sign of one."""
    if (root / ".dockerenv").exists():
        return "docker"
    if (root / "run/.containerenv").exists():
        return "podman"
    return read_text(root / "run/systemd/container")


def emulator(root: Path, flags: AbstractSet[str], cpu: str | None, part: tuple[str, str] | None) -> str | None:
    """Return the emulator of the processor; None if there is no sign of one. Under an emulator, times mean nothing.

    Args:
        root: of the file system with /proc.
        flags: of the processor.
        cpu: its name.
        part: Arm's implementer and part number.
    """
    if _is_user_mode(root, flags):
        return "QEMU user mode"
    if cpu and cpu.startswith("QEMU TCG"):
        return "QEMU"
    is_qemu = part is not None and hypervisor(root, flags) == "QEMU"
    return "QEMU" if is_qemu and part is not None and part[0] != _APPLE and not _has_kvm(root) else None


def _is_user_mode(root: Path, flags: AbstractSet[str]) -> bool:
    """Whether a user-mode emulator runs this program, which shows where its processor differs from the kernel's.

    QEMU fakes /proc/self/exe, but not /proc/thread-self/exe, where the kernel names QEMU. Before version 8.2 it passes
    on the host's x86 `flags`, which an Arm kernel never prints. Without a real /proc, the variable that chooses QEMU's
    processor is the sign.
    """
    try:
        if (root / "proc/thread-self/exe").readlink().name.startswith("qemu-"):
            return True
    except OSError:
        pass
    return platform.machine().startswith(("aarch64", "arm")) and ("sse2" in flags or "QEMU_CPU" in os.environ)


def _is_virtual_board(root: Path) -> bool:
    tree = root / "proc/device-tree"
    return any(_VIRTUAL_BOARD in (read_text(tree / name) or "") for name in ("model", "compatible"))


def _has_kvm(root: Path) -> bool:
    """Whether an Arm guest of QEMU runs on real cores with KVM, by a clock that only KVM offers."""
    return any("KVM" in (read_text(path) or "") for path in (root / "sys/class/ptp").glob("ptp*/clock_name"))
