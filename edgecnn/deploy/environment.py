"""The Python environment on a device: checking that it can be created, and creating it once."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from edgecnn.data.cache import cache_folder
from edgecnn.deploy.client import Device
from edgecnn.deploy.shipment import File, Shipment, send
from edgecnn.deploy.wheel import PROJECT, Wheel, build_wheel
from edgecnn.errors import DeviceError
from edgecnn.files import sha256_file, write_atomic
from edgecnn.schema import decode

BASE = "~/.local/share/edgecnn"
ENVIRONMENT = f"{BASE}/venv"
PROGRAM = f"{ENVIRONMENT}/bin/edgecnn"
EXTRA = "pi"

_NEEDED_BYTES = 500 * 2**20
"""The environment takes 350 MiB, and pip needs space to unpack."""
_OLDEST_GLIBC = 17
"""The minor version of glibc that manylinux2014 requires."""


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """Facts about a device before anything is installed on it; see `device_side.facts`."""

    python: str
    program: str
    bits: int
    architecture: str
    libc: str | None
    has_venv: bool
    free_bytes: int
    stamp: str | None


def read_facts(device: Device) -> DeviceFacts:
    """Return facts about a device, checked for whether edgecnn can be installed on it.

    Raises:
        DeviceError: edgecnn cannot be installed; the message says what is missing.
    """
    facts: DeviceFacts = decode(DeviceFacts, device.ask("facts", environment=ENVIRONMENT))
    if facts.bits != 64:
        raise DeviceError(
            f"the system there is {facts.bits}-bit, for which there are no runtimes; install the 64-bit "
            "Raspberry Pi OS (a Raspberry Pi 3 or newer runs it)"
        )
    if facts.libc is None or not facts.libc.startswith("glibc"):
        raise DeviceError(
            f"the C library there is {facts.libc or 'unknown'}, for which there are no runtimes; use a system with "
            "glibc, such as Raspberry Pi OS"
        )
    if facts.stamp is None and not facts.has_venv:
        raise DeviceError(
            "Python there cannot create an environment; on the device, run: sudo apt install python3-venv"
        )
    if facts.stamp is None and facts.free_bytes < _NEEDED_BYTES:
        free, needed = facts.free_bytes // 2**20, _NEEDED_BYTES // 2**20
        raise DeviceError(f"the disk there has {free} MiB free, but {needed} MiB are needed; free some space")
    return facts


def own_wheel() -> Path:
    """Return the path of edgecnn's own wheel, in the cache folder.

    Raises:
        DeviceError: it cannot be built.
        OutputError: the cache folder cannot be written to.
    """
    wheel: Wheel = build_wheel()
    path = cache_folder() / "wheels" / wheel.name
    if not path.is_file() or path.read_bytes() != wheel.content:
        write_atomic(path, wheel.content)
    return path


def install(device: Device, facts: DeviceFacts, wheel: Path, *, offline: bool) -> bool:
    """Create the environment on a device, and return whether there was anything to do.

    Args:
        device: to install on.
        facts: about it.
        wheel: of edgecnn.
        offline: whether to send the device all wheels from here instead of letting it download them.

    Raises:
        DeviceError: the connection was lost, the disk is full, or a package cannot be downloaded or installed.
    """
    stamp = f"{sha256_file(wheel)} {EXTRA} {facts.program} {facts.python}"
    if facts.stamp != stamp:
        wheels = (wheel, *(_download(wheel, facts) if offline else ()))
        files = tuple(File(path, path.name, path.stat().st_size, sha256_file(path)) for path in wheels)
        send(Shipment("wheels", files, ()), device, f"{BASE}/wheels")
    answer = device.ask(
        "install",
        environment=ENVIRONMENT,
        wheels=f"{BASE}/wheels",
        wheel=wheel.name,
        project=f"{PROJECT}[{EXTRA}]",
        offline=offline,
        stamp=stamp,
    )
    return bool(answer["made"])


def _download(wheel: Path, facts: DeviceFacts) -> tuple[Path, ...]:
    """Return all wheels that the environment needs, for the device's processor, C library and Python.

    pip takes a platform literally, so every older one must be named as well. Source: PEP 600.
    """
    version = ".".join(facts.python.split(".")[:2])
    newest = int((facts.libc or "").rpartition(".")[2] or _OLDEST_GLIBC)
    folder = cache_folder() / "wheels" / f"{facts.architecture}-{version}-{newest}"
    platforms = [f"manylinux_2_{minor}_{facts.architecture}" for minor in range(newest, _OLDEST_GLIBC - 1, -1)]
    platforms += [f"manylinux2014_{facts.architecture}", f"linux_{facts.architecture}"]
    command = [
        *(sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--only-binary=:all:"),
        *(f"--platform={platform}" for platform in platforms),
        *(f"--python-version={version}", "--implementation=cp", f"--abi=cp{version.replace('.', '')}", "--abi=abi3"),
        *("--abi=none", f"--dest={folder}", f"{PROJECT}[{EXTRA}] @ {wheel.as_uri()}"),
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    if ran.returncode != 0:
        lines = [line for line in ran.stderr.splitlines() if line.startswith("ERROR:")] or ran.stderr.splitlines()
        reason = lines[-1] if lines else "no reason given"
        raise DeviceError(f"pip here cannot download the wheels for the device: {reason}")
    return tuple(sorted(path for path in folder.glob("*.whl") if not path.name.startswith(f"{PROJECT}-")))
