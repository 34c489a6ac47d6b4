from __future__ import annotations

import os
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest

from edgecnn.checkup.finding import Finding, Level
from edgecnn.checkup.heat import heat_findings
from edgecnn.checkup.system import camera_findings, disk_findings, machine_findings, memory_findings
from edgecnn.checkup.wheels import why_no_wheel
from edgecnn.device.camera import Cameras, VideoDevice
from edgecnn.device.machine import Machine, read_machine
from edgecnn.device.sensors import Sample
from tests.fakes.machines import container, raspberry_pi, workstation, write

PI_OS = "glibc 2.36"


@pytest.fixture
def pi4(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.delenv("QEMU_CPU", raising=False)
    return replace(read_machine(raspberry_pi(tmp_path)), architecture="aarch64", bits=64, libc=PI_OS, cores=4)


def said(findings: object) -> list[tuple[Level, str]]:
    assert hasattr(findings, "__iter__")
    return [(one.level, one.what) for one in findings if isinstance(one, Finding)]


def levels(findings: object) -> set[Level]:
    return {level for level, _ in said(findings)}


def test_a_raspberry_pi_4_is_described_and_lacks_the_dot_product(pi4: Machine, tmp_path: Path) -> None:
    write(tmp_path, {"etc/rpi-issue": "Raspberry Pi reference"})
    hardware, software = said(machine_findings(pi4, tmp_path))
    assert hardware == (
        Level.OK,
        "Raspberry Pi 4 Model B Rev 1.4, 4 × Cortex-A72, up to 1.8 GHz, "
        "no dot product: int8 gains little speed over float32",
    )
    assert software[1].startswith("Raspberry Pi OS on Debian GNU/Linux 12 (bookworm), kernel ")
    assert f"64-bit, {PI_OS}, Python 3." in software[1]


def test_a_raspberry_pi_5_has_the_dot_product(tmp_path: Path) -> None:
    found = said(machine_findings(read_machine(raspberry_pi(tmp_path, "pi5")), tmp_path))
    assert "dot product for int8: asimddp" in found[0][1]


@pytest.mark.parametrize(
    ("change", "what", "advice"),
    [
        pytest.param({"bits": 32}, "this Python is 32-bit", "64-bit Raspberry Pi OS", id="32-bit"),
        pytest.param({"libc": "musl"}, "the C library is musl", "glibc", id="musl"),
        pytest.param({"emulated": True, "emulator": "QEMU"}, "emulated by QEMU", "trust no latency", id="emulated"),
        pytest.param({"cpu_quota": 1.5}, "may use 1.5 of 4 processors", "--cpus", id="quota"),
        pytest.param({"governor": "powersave"}, "lowest frequency", "scaling_governor", id="governor"),
    ],
)
def test_what_keeps_a_machine_from_being_used_or_measured_is_a_warning_with_advice(
    pi4: Machine, tmp_path: Path, change: dict[str, object], what: str, advice: str
) -> None:
    (found,) = (one for one in machine_findings(replace(pi4, **change), tmp_path) if one.level is not Level.OK)  # type: ignore[arg-type]
    assert found.level is Level.WARNING
    assert what in found.what
    assert advice in found.advice


def test_intels_powersave_governor_is_no_warning(tmp_path: Path) -> None:
    assert levels(machine_findings(read_machine(workstation(tmp_path)), tmp_path)) == {Level.OK}


def test_a_container_with_a_quota_below_its_processors_is_a_warning(tmp_path: Path) -> None:
    machine = replace(read_machine(container(tmp_path)), cores=8)
    assert Level.WARNING in levels(machine_findings(machine, tmp_path))


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        pytest.param(0, [(Level.OK, "not throttled, now or since boot")], id="never"),
        pytest.param(0x50005, [(Level.PROBLEM, "now: under-voltage"), (Level.WARNING, "now: throttled")], id="now"),
        pytest.param(0x80000, [(Level.WARNING, "since boot, but not now: soft temperature limit")], id="before"),
    ],
)
def test_throttling_is_told_in_words(bits: int, expected: list[tuple[Level, str]]) -> None:
    assert said(heat_findings(Sample(0.0, throttled=bits), is_raspberry_pi=True)) == expected


def test_a_hot_processor_is_a_warning_and_a_silent_firmware_too() -> None:
    found = said(heat_findings(Sample(0.0, temperature_c=81.26), is_raspberry_pi=True))
    assert found[0] == (Level.WARNING, "the processor is at 81.3 °C")
    assert found[1][0] is Level.WARNING
    assert "vcgencmd" in found[1][1]
    assert said(heat_findings(Sample(0.0, temperature_c=48.7), is_raspberry_pi=False)) == [
        (Level.OK, "the processor is at 48.7 °C")
    ]
    assert said(heat_findings(Sample(0.0), is_raspberry_pi=False)) == []


@pytest.mark.parametrize(
    ("mebibytes", "level"), [(64, Level.PROBLEM), (200, Level.WARNING), (2000, Level.OK)], ids=["none", "little", "ok"]
)
def test_memory_that_is_left_has_a_level(mebibytes: int, level: Level) -> None:
    assert levels(memory_findings(Sample(0.0, memory_available_bytes=mebibytes * 2**20))) == {level}
    assert said(memory_findings(Sample(0.0))) == []


def test_a_full_disk_is_a_problem_and_each_disk_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda _: usage(2**33, 2**33, 2**20))
    (tmp_path / "a").mkdir()
    ((level, what),) = said(disk_findings((tmp_path, tmp_path / "a", tmp_path / "missing")))
    assert level is Level.PROBLEM
    assert what == f"1 MiB free for {tmp_path}"


def test_a_camera_that_may_not_be_opened_and_a_hidden_picamera2_are_warnings() -> None:
    device = VideoDevice("/dev/video0", "unicam-image", is_accessible=False)
    found = list(camera_findings(Cameras((device,), "rpicam-hello", False, True), is_raspberry_pi=True))
    assert [one.level for one in found] == [Level.WARNING, Level.WARNING, Level.OK]
    assert "usermod -aG video" in found[0].advice
    assert "--system-site-packages" in found[1].advice


def test_no_camera_is_nothing_to_worry_about() -> None:
    assert levels(camera_findings(Cameras((), None, False, False), is_raspberry_pi=True)) == {Level.OK}


def test_there_are_wheels_for_the_64_bit_pi_os_of_both_releases(pi4: Machine) -> None:
    for machine, python in ((pi4, 11), (replace(pi4, libc="glibc 2.41"), 13)):
        assert why_no_wheel("ai-edge-litert", machine, python) is None
        assert why_no_wheel("onnxruntime", machine, python) is None
    assert why_no_wheel("tflite-runtime", pi4, 11) is None


@pytest.mark.parametrize(
    ("package", "change", "python", "reason"),
    [
        pytest.param("onnxruntime", {"bits": 32}, 11, "no wheel for 32-bit systems", id="32-bit"),
        pytest.param("ai-edge-litert", {"libc": "musl"}, 11, "no wheel for musl", id="musl"),
        pytest.param("ai-edge-litert", {"libc": "glibc 2.24"}, 11, "need glibc 2.27", id="old-glibc"),
        pytest.param("tflite-runtime", {}, 13, "Python 3.9 to 3.11, and this is 3.13", id="new-python"),
        pytest.param("onnxruntime", {"architecture": "riscv64"}, 11, "no wheel for riscv64", id="architecture"),
    ],
)
def test_why_there_is_no_wheel_is_said(
    pi4: Machine, package: str, change: dict[str, object], python: int, reason: str
) -> None:
    assert reason in (why_no_wheel(package, replace(pi4, **change), python) or "")  # type: ignore[arg-type]


def test_a_32_bit_python_on_a_64_bit_kernel_has_tflite_runtime_alone(pi4: Machine) -> None:
    machine = replace(pi4, bits=32)
    assert why_no_wheel("tflite-runtime", machine, 11) is None
    assert why_no_wheel("tensorflow", machine, 11) is not None


def test_a_broken_symlink_among_the_folders_is_no_error(tmp_path: Path) -> None:
    os.symlink(tmp_path / "nowhere", tmp_path / "link")
    assert said(disk_findings((tmp_path / "link",))) == []
