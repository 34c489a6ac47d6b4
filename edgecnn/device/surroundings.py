"""What is between this program and the hardware: a hypervisor, a container, an emulator."""

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
"""By a word in the DMI names that they give their machines. Source: systemd's detect-virt."""

_VIRTUAL_BOARD = "linux,dummy-virt"
"""What QEMU's, Firecracker's and others' Arm machines write into the device tree."""

_APPLE = "0x61"
"""QEMU cannot emulate Apple's cores: where they show, it is Apple's hypervisor that runs them."""


def hypervisor(root: Path, flags: AbstractSet[str]) -> str | None:
    """Return the hypervisor underneath, "unnamed" if there is one that does not say its name; None if none shows.

    Args:
        root: of the file system to read /proc and /sys in.
        flags: of the processor; x86 has one for it.
    """
    said = [
        read_text(root / "sys/hypervisor/type"),
        read_text(root / "proc/device-tree/hypervisor/compatible"),
        *(read_text(root / "sys/class/dmi/id" / name) for name in ("sys_vendor", "product_name")),
    ]
    named = next((name for text in said if text for word, name in _HYPERVISORS.items() if word in text.lower()), None)
    is_board = _is_virtual_board(root)
    if is_board and named is None:
        named = "QEMU" if any((root / "proc/device-tree").glob("fw-cfg*")) else None
    is_x86 = "sse2" in flags
    shows = "hypervisor" in flags if is_x86 else is_board or named is not None
    return (named or "unnamed") if shows else None


def container(root: Path) -> str | None:
    """Return the kind of container that this runs in; None if none shows."""
    if (root / ".dockerenv").exists():
        return "docker"
    if (root / "run/.containerenv").exists():
        return "podman"
    return read_text(root / "run/systemd/container")


def emulator(root: Path, flags: AbstractSet[str], cpu: str | None, part: tuple[str, str] | None) -> str | None:
    """Return what emulates the processor; None if nothing shows. Times mean nothing then.

    Args:
        root: of the file system to read /proc in.
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
    """Whether a user-mode emulator runs this program: it shows through where its processor is not the kernel's.

    QEMU answers itself for /proc/self/exe, but not for /proc/thread-self/exe, where the kernel names QEMU. Before
    version 8.2 it passes on the x86 `flags` of the host, which an Arm kernel never prints. Where there is no real
    /proc, the variable that chooses QEMU's processor gives it away.
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
    """Whether an Arm guest of QEMU shows a sign that KVM runs it on real cores: a clock that only KVM offers."""
    return any("KVM" in (read_text(path) or "") for path in (root / "sys/class/ptp").glob("ptp*/clock_name"))
