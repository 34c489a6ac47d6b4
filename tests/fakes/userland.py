"""A Raspberry Pi's 64-bit userland on another processor: Debian's packages, wheels for aarch64, and QEMU.

Nothing of it is executed to build it, so neither root rights nor a foreign dpkg architecture are needed. Programs
run in namespaces of their own, where arm64 programs start arm64 programs as on a board. Times under emulation mean
nothing.
"""

from __future__ import annotations

import functools
import glob
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

QEMU = "qemu-aarch64-static"
_BINFMT = Path("/usr/lib/binfmt.d/qemu-aarch64.conf")
_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")

PYTHONS = {"bookworm": "3.11", "trixie": "3.13"}
"""Of Debian's releases, which Raspberry Pi OS is made from."""

_GLIBC = {"bookworm": 36, "trixie": 41}

_PACKAGES = (
    "base-files", "base-passwd", "bash", "dash", "coreutils", "grep", "sed", "tar", "gzip", "findutils", "libc-bin",
    "hostname", "python3", "python3-venv", "python3-pip", "ca-certificates", "libstdc++6",
)  # fmt: skip
_WHEEL_FOLDER = "/wheels"
_PIP = {
    "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": _WHEEL_FOLDER, "PIP_NO_COMPILE": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}  # fmt: skip
"""For pip there: it finds what was downloaded here, and compiles nothing, to save time."""

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

_ENTER = """#!/bin/sh
# Runs a command, else that of ssh, in the userland: arm64 programs are left to QEMU by a binfmt_misc of its own.
[ $# -gt 0 ] || set -- /bin/bash -c "${{SSH_ORIGINAL_COMMAND:-true}}"
exec env -i {environment} unshare -U --map-root-user -m -p -f --kill-child --mount-proc sh -c '
  set -e
  mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
  cat {binfmt} >/proc/sys/fs/binfmt_misc/register
  mount -t proc proc {root}/proc
  mount --bind {root}/boards/{board} {root}/proc/cpuinfo
  for device in null zero urandom random; do mount --bind /dev/$device {root}/dev/$device; done
  {binds}
  exec chroot {root} /usr/bin/env -C "$HOME" "$@"' enter "$@"
"""


@dataclass(frozen=True)
class Board:
    """An emulated board: a program that runs commands on it, and its home folder, which is a folder here too."""

    enter: Path
    home: Path

    def run(self, *command: object) -> subprocess.CompletedProcess[str]:
        """Run a command on the board, in its home folder."""
        words = [str(self.enter), *(str(word) for word in command)]
        return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


@dataclass(frozen=True)
class Userland:
    """A folder with a root file system, and packages for Python where they were asked for."""

    folder: Path
    suite: str

    def board(
        self,
        kind: str,
        name: str,
        *,
        source: Path | None = None,
        shared: Mapping[str, Path] = {},
        environment: Mapping[str, str] = {},
    ) -> Board:
        """Return a board of a kind in `PROCESSORS` with a home folder of its own.

        Args:
            kind: of the board.
            name: of this one.
            source: of edgecnn, to run it from there with the packages of `add_packages`; None is a bare system.
            shared: folders here that are to be seen there, by their path there.
            environment: more variables.
        """
        root, home = self.folder / "root", self.folder / "homes" / name
        home.mkdir(parents=True)
        mounts = {"/root": home, **shared}
        variables = {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "HOME": "/root", "LANG": "C.UTF-8",
            "QEMU_CPU": PROCESSORS[kind], **_PIP, **environment,
        }  # fmt: skip
        if source is not None:
            mounts |= {"/source": source, "/site": self.folder / "site"}
            variables |= {"PYTHONPATH": "/source:/site", "PYTHONPYCACHEPREFIX": "/var/cache/python"}
        for place in mounts:
            (root / place.strip("/")).mkdir(parents=True, exist_ok=True)
        binds = "; ".join(f'mount --bind "{path}" "{root}{place}"' for place, path in mounts.items()) or "true"
        enter = self.folder / "homes" / f"{name}.enter"
        words = " ".join(shlex.quote(f"{key}={value}") for key, value in variables.items())
        enter.write_text(_ENTER.format(environment=words, root=root, board=kind, binfmt=_BINFMT, binds=binds))
        enter.chmod(0o755)
        return Board(enter, home)

    def add_packages(self) -> None:
        """Install runtimes beside the root file system."""
        options = (*self.platform(), "--no-index", f"--find-links={self.folder}/root{_WHEEL_FOLDER}")
        _pip("install", f"--target={self.folder / 'site'}", *options, *_WHEELS)

    def download_wheels(self) -> None:
        """Download the runtimes for pip there: an emulated processor takes long to read an index and to decrypt."""
        _pip("download", f"--dest={self.folder}/root{_WHEEL_FOLDER}", *self.platform(), *_WHEELS)

    def platform(self) -> tuple[str, ...]:
        """Return the options with which pip takes wheels for it."""
        platforms = [f"--platform=manylinux_2_{minor}_aarch64" for minor in range(_GLIBC[self.suite], 16, -1)]
        python = f"--python-version={PYTHONS[self.suite]}"
        return ("--only-binary=:all:", *platforms, "--platform=manylinux2014_aarch64", python, "--implementation=cp")


def _pip(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", *arguments, "-q"], check=True, capture_output=True)


@functools.cache
def missing() -> str | None:
    """Return what keeps this machine from having a userland; None if nothing does."""
    for tool, package in (
        (QEMU, "qemu-user-static"),
        ("apt-get", "apt"),
        ("dpkg-deb", "dpkg"),
        ("unshare", "util-linux"),
    ):
        if shutil.which(tool) is None:
            return f"{tool} is missing (Debian: apt-get install {package})"
    for path, package in ((_BINFMT, "qemu-user-static"), (Path(_KEYS), "debian-archive-keyring")):
        if not path.exists():
            return f"{path} is missing (Debian: apt-get install {package})"
    if not _mirror():
        return "no Debian mirror is configured"
    tried = "mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc"
    command = ["unshare", "-U", "--map-root-user", "-m", "-p", "-f", "--mount-proc", "sh", "-c", tried]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        return "this kernel gives no binfmt_misc to a user namespace (Linux 6.7 and later do)"
    return None


def build(folder: Path, suite: str = "bookworm") -> Userland:
    """Return a userland made in `folder`."""
    root = folder / "root"
    _unpack(folder, root, suite)
    for name in ("null", "zero", "urandom", "random"):
        (root / "dev" / name).touch()
    for name in ("passwd", "group"):
        shutil.copy(root / "usr/share/base-passwd" / f"{name}.master", root / "etc" / name)
    for file in (_CERTIFICATES, Path("/etc/resolv.conf"), Path("/etc/hosts")):
        if file.exists():
            (root / file.parent.relative_to("/")).mkdir(parents=True, exist_ok=True)
            shutil.copy(file, root / file.relative_to("/"))
    _describe_processors(root)
    made = Userland(folder, suite)
    made.download_wheels()
    return made


def _mirror() -> str | None:
    listed = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)", "Origin: Debian"],
        capture_output=True, text=True, check=False,
    ).stdout.split()  # fmt: skip
    return next((site for site in sorted(set(listed)) if "security" not in site), None)


def _unpack(folder: Path, root: Path, suite: str) -> None:
    """Download packages for arm64 with all they depend on, with a private apt state, and unpack them."""
    state = folder / "apt"
    for made in (root, state / "lists" / "partial", state / "archives" / "partial"):
        made.mkdir(parents=True)
    (state / "sources.list").write_text(f"deb [signed-by={_KEYS}] {_mirror()} {suite} main\n")
    (state / "status").touch()
    settings = {
        "APT::Architecture": "arm64", "APT::Architectures": "arm64", "APT::Sandbox::User": "root",
        "Dir::Etc::SourceList": state / "sources.list", "Dir::Etc::SourceParts": "-", "Dir::State": state,
        "Dir::State::Lists": state / "lists", "Dir::State::status": state / "status", "Dir::Cache": state,
        "Acquire::Languages": "none", "APT::Install-Recommends": "false",
    }  # fmt: skip
    options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    for command in (["update"], ["install", "--yes", "--download-only", *_PACKAGES]):
        subprocess.run(["apt-get", "-qq", *options, *command], check=True, capture_output=True)
    for package in glob.glob(f"{state}/archives/*.deb"):
        subprocess.run(["dpkg-deb", "-x", package, root], check=True)
    shutil.rmtree(state)
    for name in ("bin", "sbin", "lib"):
        if not (root / name).exists():
            (root / name).symlink_to(f"usr/{name}")


def _describe_processors(root: Path) -> None:
    """Write what the runtimes read about the processor: they crash on the /proc/cpuinfo of another kind."""
    (root / "boards").mkdir()
    for board, (part, features) in _FEATURES.items():
        lines = [
            f"processor\t: {core}\nFeatures\t: {features}\nCPU implementer\t: 0x41\nCPU architecture: 8\n"
            f"CPU variant\t: 0x0\nCPU part\t: {part}\nCPU revision\t: 3\n"
            for core in range(4)
        ]
        (root / "boards" / board).write_text("\n".join(lines))
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
