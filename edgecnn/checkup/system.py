"""The machine, its operating system, its memory and disk space, and its cameras."""

from __future__ import annotations

import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

from edgecnn.checkup.finding import Finding, Level
from edgecnn.checkup.wheels import GLIBC
from edgecnn.device.camera import Cameras
from edgecnn.device.machine import Machine
from edgecnn.device.sensors import Sample

SIXTY_FOUR_BITS = (
    "install the 64-bit Raspberry Pi OS, which a Raspberry Pi 3 and later can run; for 32 bits there is only "
    "tflite-runtime 2.14 (armv7l, up to Python 3.11)"
)
WITH_GLIBC = "use a system with glibc, as Debian or Raspberry Pi OS: runtimes have no wheels for musl (Alpine)"

_MIB = 2**20
_LITTLE_MEMORY, _NO_MEMORY = 256 * _MIB, 96 * _MIB
"""A process with a runtime and a small model takes 40 to 90 MiB."""
_LITTLE_DISK, _NO_DISK = 512 * _MIB, 64 * _MIB
"""LiteRT, ONNX Runtime, NumPy and Pillow take 250 MiB when they are installed, and the runtimes half of it."""


def machine_findings(machine: Machine, root: Path) -> Iterator[Finding]:
    """Yield a description of this machine, and anything that keeps models from running or being measured."""
    yield Finding("machine", Level.OK, _hardware(machine))
    yield Finding("system", Level.OK, _software(machine, root))
    if machine.bits == 32:
        yield Finding("system", Level.WARNING, "this Python is 32-bit", SIXTY_FOUR_BITS)
    if machine.libc is not None and not machine.libc.startswith(GLIBC):
        yield Finding("system", Level.WARNING, f"the C library is {machine.libc}", WITH_GLIBC)
    if machine.emulated:
        yield Finding(
            "machine",
            Level.WARNING,
            f"the processor is emulated by {machine.emulator}",
            "trust no latency measured here; scores are right if QEMU is told a real core (-cpu or QEMU_CPU)",
        )
    if machine.cpu_quota is not None and machine.cpu_quota < machine.cores:
        yield Finding(
            "machine",
            Level.WARNING,
            f"the container may use {machine.cpu_quota:g} of {machine.cores} processors",
            "raise the limit (docker run --cpus) before you measure",
        )
    if machine.governor == "powersave" and machine.nominal_hz is None:
        yield Finding(
            "machine",
            Level.WARNING,
            "the governor powersave keeps the processor at its lowest frequency",
            "echo ondemand | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
        )


def memory_findings(sample: Sample) -> Iterator[Finding]:
    """Yield whether there is memory for a model."""
    free = sample.memory_available_bytes
    if free is None:
        return
    level = Level.PROBLEM if free < _NO_MEMORY else Level.WARNING if free < _LITTLE_MEMORY else Level.OK
    advice = "" if level is Level.OK else "stop other programs (the desktop takes most on a Raspberry Pi), or add swap"
    yield Finding("memory", level, f"{_size(free)} of memory available", advice)


def disk_findings(folders: tuple[Path, ...]) -> Iterator[Finding]:
    """Yield whether there is room on the disks that these folders are on, each disk once."""
    seen = set()
    for folder in folders:
        try:
            device, free = folder.stat().st_dev, shutil.disk_usage(folder).free
        except OSError:
            continue
        if device in seen:
            continue
        seen.add(device)
        level = Level.PROBLEM if free < _NO_DISK else Level.WARNING if free < _LITTLE_DISK else Level.OK
        advice = "" if level is Level.OK else "make room: runtimes and artifacts will not fit"
        yield Finding("disk", level, f"{_size(free)} free for {folder}", advice)


def camera_findings(cameras: Cameras, *, is_raspberry_pi: bool) -> Iterator[Finding]:
    """Yield the cameras, and what is missing to read them."""
    for device in cameras.devices:
        what = f"camera {device.path}{f' ({device.name})' if device.name else ''}"
        if device.is_accessible:
            yield Finding("camera", Level.OK, what)
        else:
            advice = "sudo usermod -aG video $USER, then log in again"
            yield Finding("camera", Level.WARNING, f"{what} may not be opened by this user", advice)
    if not cameras.devices:
        yield Finding("camera", Level.OK, "no camera; videos, pictures and folders work without one")
    if cameras.has_picamera2:
        yield Finding("camera", Level.OK, "picamera2 is installed")
    elif cameras.is_picamera2_outside:
        yield Finding(
            "camera",
            Level.WARNING if cameras.devices else Level.OK,
            "picamera2 is installed, but this virtual environment does not see it",
            "make it with python3 -m venv --system-site-packages",
        )
    elif is_raspberry_pi and cameras.devices:
        advice = "for the Raspberry Pi's own cameras: sudo apt install python3-picamera2"
        yield Finding("camera", Level.OK, "picamera2 is not installed", advice)
    if cameras.libcamera:
        yield Finding("camera", Level.OK, f"libcamera is installed ({cameras.libcamera})")


def is_managed_python() -> bool:
    """Whether pip refuses to install into this Python, because it belongs to the system (PEP 668)."""
    if sys.prefix != sys.base_prefix:
        return False
    return Path(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED").exists()


def _hardware(machine: Machine) -> str:
    words = [machine.model or (machine.hypervisor and f"virtual machine ({machine.hypervisor})")]
    words.append(f"{machine.cores} × {machine.cpu or 'unknown processor'}")
    if machine.maximum_hz:
        words.append(f"up to {machine.maximum_hz / 1e9:.2g} GHz")
    if machine.int8_instructions:
        words.append(f"dot product for int8: {', '.join(machine.int8_instructions)}")
    elif machine.cpu is not None:
        words.append("no dot product: int8 gains little speed over float32")
    if machine.container:
        words.append(f"in a container ({machine.container})")
    return ", ".join(word for word in words if word)


def _software(machine: Machine, root: Path) -> str:
    pi_os = "Raspberry Pi OS on " if (root / "etc/rpi-issue").exists() else ""
    return (
        f"{pi_os}{machine.system}, kernel {machine.kernel}, {machine.bits}-bit, "
        f"{machine.libc or 'unknown C library'}, Python {machine.python}"
    )


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count / _MIB:.0f} MiB"


def default_folders() -> tuple[Path, ...]:
    """Return the folders whose disks matter: this one, that of the packages, and the temporary one."""
    return Path.cwd(), Path(sys.prefix), Path(tempfile.gettempdir())
