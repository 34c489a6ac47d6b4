"""A Raspberry Pi's 64-bit userland on another processor: Debian's packages, wheels for aarch64, and QEMU.

Nothing of it is executed to build it, so neither root rights nor a foreign dpkg architecture are needed. Times under
emulation mean nothing.
"""

from __future__ import annotations

import glob
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

QEMU = "qemu-aarch64-static"
_SUITE, _PYTHON, _GLIBC = "bookworm", "3.11", 36
_PACKAGES = (
    "libc6", "libgcc-s1", "libstdc++6", "zlib1g", "libexpat1", "libssl3", "libffi8", "libbz2-1.0", "liblzma5",
    "libuuid1", "libsqlite3-0", "python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib",
)  # fmt: skip
_WHEELS = ("ai-edge-litert", "onnxruntime", "numpy", "pillow", "click", "rich")

PROCESSORS = {"pi4": "cortex-a72", "pi5": "cortex-a76"}
"""QEMU's models of their cores; its default computes int8 wrongly."""

_FEATURES = {  # part number of the core, and what it can do
    "pi4": ("0xd08", "fp asimd evtstrm crc32 cpuid"),
    "pi5": (
        "0xd0b",
        "fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp",
    ),
}


@dataclass(frozen=True)
class Userland:
    """A folder with a root file system and site-packages."""

    folder: Path

    def python(self, board: str, *arguments: object, source: Path) -> subprocess.CompletedProcess[str]:
        """Run Python on an emulated board, with the package at `source`."""
        root = self.folder / f"root-{board}"
        command = [QEMU, "-cpu", PROCESSORS[board], "-L", root, root / f"usr/bin/python{_PYTHON}", *arguments]
        environment = {"PYTHONPATH": f"{source}:{self.folder / 'site'}", "PATH": os.environ["PATH"], "HOME": "/tmp"}
        return subprocess.run(
            [str(part) for part in command], capture_output=True, text=True, check=False, env=environment
        )


def missing() -> str | None:
    """Return what keeps this machine from building a userland; None if nothing does."""
    for tool in (QEMU, "apt-get", "dpkg-deb"):
        if shutil.which(tool) is None:
            return f"{tool} is missing (Debian: apt-get install qemu-user-static)"
    return None if _mirror() else "no Debian mirror is configured"


def build(folder: Path) -> Userland:
    """Return a userland made in `folder`."""
    root = folder / "root-pi4"
    _unpack(folder, root)
    shutil.copytree(root, folder / "root-pi5", symlinks=True)
    for board in PROCESSORS:
        _describe_processor(folder / f"root-{board}", board)
    platforms = [f"--platform=manylinux_2_{minor}_aarch64" for minor in range(_GLIBC, 16, -1)]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--only-binary=:all:", *platforms,
         "--platform=manylinux2014_aarch64", f"--python-version={_PYTHON}", "--implementation=cp",
         f"--target={folder / 'site'}", *_WHEELS],
        check=True, capture_output=True,
    )  # fmt: skip
    return Userland(folder)


def _mirror() -> str | None:
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)", "Origin: Debian"],
        capture_output=True, text=True, check=False,
    ).stdout.split()  # fmt: skip
    return next((site for site in sorted(set(listed)) if "security" not in site), None)


def _unpack(folder: Path, root: Path) -> None:
    """Download packages for arm64 with a private apt state, and unpack them."""
    state, packages = folder / "apt", folder / "packages"
    for made in (root, packages, state / "lists" / "partial", state / "archives" / "partial"):
        made.mkdir(parents=True)
    keys = "/usr/share/keyrings/debian-archive-keyring.gpg"
    (state / "sources.list").write_text(f"deb [signed-by={keys}] {_mirror()} {_SUITE} main\n")
    (state / "status").touch()
    settings = {
        "APT::Architecture": "arm64", "APT::Architectures": "arm64", "APT::Sandbox::User": "root",
        "Dir::Etc::SourceList": state / "sources.list", "Dir::Etc::SourceParts": "-", "Dir::State": state,
        "Dir::State::Lists": state / "lists", "Dir::State::status": state / "status", "Dir::Cache": state,
        "Acquire::Languages": "none",
    }  # fmt: skip
    options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    for command in (["update"], ["download", *_PACKAGES]):
        subprocess.run(["apt-get", "-qq", *options, *command], cwd=packages, check=True, capture_output=True)
    for package in glob.glob(f"{packages}/*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, root], check=True)
    for name in ("bin", "sbin", "lib"):
        if not (root / name).exists():
            (root / name).symlink_to(f"usr/{name}")


def _describe_processor(root: Path, board: str) -> None:
    """Write what the runtimes read about the processor: they crash on the /proc/cpuinfo of another kind."""
    part, features = _FEATURES[board]
    lines = [
        f"processor\t: {core}\nFeatures\t: {features}\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
        f"CPU variant\t: 0x0\nCPU part\t: {part}\nCPU revision\t: 3\n"
        for core in range(4)
    ]
    (root / "proc").mkdir(exist_ok=True)
    (root / "proc" / "cpuinfo").write_text("\n".join(lines))
    cores = root / "sys/devices/system/cpu"
    for core in range(4):
        topology = cores / f"cpu{core}" / "topology"
        topology.mkdir(parents=True)
        for name, value in (
            ("physical_package_id", "0"), ("core_id", core), ("cluster_id", "0"), ("core_siblings_list", "0-3"),
            ("package_cpus_list", "0-3"), ("cluster_cpus_list", "0-3"), ("thread_siblings_list", core),
            ("core_cpus_list", core),
        ):  # fmt: skip
            (topology / name).write_text(f"{value}\n")
    for name in ("possible", "present", "online"):
        (cores / name).write_text("0-3\n")
    (cores / "kernel_max").write_text("7\n")
