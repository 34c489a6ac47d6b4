from __future__ import annotations

import platform
from pathlib import Path

import pytest

from edgecnn.device.machine import Machine, read_machine
from edgecnn.schema import decode, encode
from tests.fakes.machines import container, raspberry_pi, workstation, write


@pytest.mark.parametrize(
    ("board", "cpu", "int8", "highest"),
    [
        pytest.param("pi3", "Cortex-A53", (), 1_400_000_000, id="pi3"),
        pytest.param("pi4", "Cortex-A72", (), 1_800_000_000, id="pi4"),
        pytest.param("pi5", "Cortex-A76", ("asimddp",), 2_400_000_000, id="pi5"),
    ],
)
def test_a_raspberry_pi_is_known_by_its_core_and_whether_it_has_dot_products(
    tmp_path: Path, board: str, cpu: str, int8: tuple[str, ...], highest: int
) -> None:
    machine = read_machine(raspberry_pi(tmp_path, board))
    assert machine.model is not None
    assert machine.model.startswith(f"Raspberry Pi {board[-1]}")
    assert (machine.cpu, machine.int8_instructions, machine.maximum_hz) == (cpu, int8, highest)
    assert (machine.governor, machine.cores_online, machine.threads_per_core) == ("ondemand", 4, 1)
    assert (machine.virtualised, machine.hypervisor, machine.turbo) == (False, None, None)
    assert (machine.memory_bytes, machine.swap_bytes) == (3884412 * 1024, 102396 * 1024)


def test_a_workstation_tells_frequencies_and_turbo(tmp_path: Path) -> None:
    machine = read_machine(workstation(tmp_path))
    assert (machine.minimum_hz, machine.nominal_hz, machine.maximum_hz) == (800_000_000, 3_000_000_000, 4_200_000_000)
    assert (machine.turbo, machine.threads_per_core, machine.virtualised) == (True, 2, False)
    assert machine.vector_instructions == ("sse4_1", "avx", "f16c", "fma", "avx2", "avx512f", "avx512bw")
    assert not machine.emulated


def test_a_container_in_a_virtual_machine_says_so_and_leaves_the_rest_unknown(tmp_path: Path) -> None:
    machine = read_machine(container(tmp_path))
    assert (machine.container, machine.cpu_quota) == ("docker", 1.5)
    assert (machine.virtualised, machine.hypervisor) == (True, "unnamed")
    assert (machine.governor, machine.maximum_hz, machine.memory_bytes, machine.swap_bytes) == (None, None, None, None)


def test_an_empty_file_system_is_unknown_in_every_field_that_is_read_from_it(tmp_path: Path) -> None:
    machine = read_machine(tmp_path)
    assert machine.system == platform.system()
    assert (machine.cpu, machine.virtualised, machine.cores_online, machine.container) == (None, None, None, None)


@pytest.mark.parametrize(
    ("more", "emulator"),
    [
        pytest.param({"proc/device-tree/fw-cfg@9020000/compatible": "qemu,fw-cfg-mmio"}, "QEMU", id="qemu"),
        pytest.param(
            {
                "proc/device-tree/fw-cfg@9020000/compatible": "qemu,fw-cfg-mmio",
                "sys/class/ptp/ptp0/clock_name": "KVM virtual PTP",
            },
            None,
            id="kvm",
        ),
        pytest.param({}, None, id="another"),
    ],
)
def test_a_virtual_arm_machine_is_emulated_if_qemu_runs_it_without_kvm(
    tmp_path: Path, more: dict[str, object], emulator: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("QEMU_CPU", raising=False)
    root = write(raspberry_pi(tmp_path), {"proc/device-tree/model": "linux,dummy-virt\0", **more})
    machine = read_machine(root)
    assert (machine.virtualised, machine.emulator, machine.emulated) == (True, emulator, emulator is not None)


def test_user_mode_emulation_shows_in_the_thread_that_the_kernel_sees(tmp_path: Path) -> None:
    (tmp_path / "proc/thread-self").mkdir(parents=True)
    (tmp_path / "proc/thread-self/exe").symlink_to("/usr/bin/qemu-aarch64-static")
    machine = read_machine(raspberry_pi(tmp_path))
    assert (machine.emulator, machine.emulated) == ("QEMU user mode", True)


def test_cores_of_two_kinds_are_both_named(tmp_path: Path) -> None:
    cores = "CPU implementer : 0x41\nCPU part : 0xd05\n\nCPU implementer : 0x41\nCPU part : 0xd0b"
    assert read_machine(write(tmp_path, {"proc/cpuinfo": cores})).cpu == "Cortex-A55 + Cortex-A76"


def test_a_machine_survives_json_and_one_of_an_older_result_is_read() -> None:
    machine = read_machine()
    assert decode(Machine, encode(machine)) == machine
    older = {name: value for name, value in encode(machine).items() if name not in ("swap_bytes", "turbo", "libc")}
    assert decode(Machine, older).swap_bytes is None
