from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from edgecnn.device.energy import Rails, Rapl, find_meter, rapl_zones
from edgecnn.device.vcgencmd import Firmware
from tests.fakes.machines import PMIC, PMIC_WATTS, container, fake_vcgencmd, raspberry_pi, workstation, write

PACKAGE = "sys/class/powercap/intel-rapl:0"


def test_rapl_gives_the_joules_of_the_package_over_a_block(tmp_path: Path) -> None:
    root = workstation(tmp_path)
    meter = find_meter(root)
    assert meter is not None
    assert (meter.name, meter.covers) == ("RAPL", "package")
    with meter.measure() as energy:
        write(root, {f"{PACKAGE}/energy_uj": 3_500_000})
    assert energy.joules == 2.5  # neither the cores again nor the whole platform
    assert energy.seconds > 0


def test_a_rapl_counter_that_ran_over_is_followed(tmp_path: Path) -> None:
    root = write(
        workstation(tmp_path), {f"{PACKAGE}/energy_uj": 9_000_000, f"{PACKAGE}/max_energy_range_uj": 10_000_000}
    )
    account = Rapl(rapl_zones(root))
    for microjoules in (500_000, 9_500_000, 200_000):
        write(root, {f"{PACKAGE}/energy_uj": microjoules})
        account.update()
    assert account.joules() == pytest.approx(1.5 + 9.0 + 0.7)


def test_two_packages_are_added_up(tmp_path: Path) -> None:
    second = "sys/class/powercap/intel-rapl:2"
    root = write(workstation(tmp_path), {f"{second}/name": "package-1", f"{second}/energy_uj": 0})
    account = Rapl(rapl_zones(root))
    write(root, {f"{PACKAGE}/energy_uj": 2_000_000, f"{second}/energy_uj": 3_000_000})
    assert account.joules() == 4.0


def test_a_counter_that_vanishes_makes_the_energy_unknown(tmp_path: Path) -> None:
    root = workstation(tmp_path)
    meter = find_meter(root)
    assert meter is not None
    with meter.measure() as energy:
        (root / PACKAGE / "energy_uj").unlink()
    assert energy.joules is None


def test_without_a_readable_counter_there_is_no_meter(tmp_path: Path) -> None:
    root = workstation(tmp_path)
    write(root, {f"{PACKAGE}/energy_uj": ""})  # as for everyone but root
    assert find_meter(root, lambda _: None) is None
    assert find_meter(container(tmp_path / "container"), lambda _: None) is None


def test_a_raspberry_pi_4_has_no_meter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_vcgencmd(tmp_path / "bin", monkeypatch)
    assert find_meter(raspberry_pi(tmp_path / "root")) is None


def test_a_raspberry_pi_5_gives_the_joules_of_its_rails_over_a_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = fake_vcgencmd(tmp_path / "bin", monkeypatch, pmic_read_adc=PMIC)
    meter = find_meter(raspberry_pi(tmp_path / "root", "pi5"))
    assert meter is not None
    assert meter.covers == "internal rails only"
    begin = time.monotonic()
    with meter.measure() as energy:
        found = len(asked.read_text().splitlines())
        while len(asked.read_text().splitlines()) < found + 3:  # the thread samples while the block runs
            time.sleep(0.01)
    longest = time.monotonic() - begin
    assert energy.joules is not None
    assert PMIC_WATTS * energy.seconds <= energy.joules <= PMIC_WATTS * longest


def test_power_that_changes_is_integrated_by_the_trapezoidal_rule() -> None:
    volts = iter((1.0, 3.0, 3.0))

    def run(command: Sequence[str]) -> str:
        volt = next(volts)
        return f"X_A current(0)=2.0A\nX_V volt(1)={volt}V\n"

    rails = Rails(Firmware(run), itertools.count().__next__)
    for _ in range(3):
        rails.update()
    assert rails.joules() == pytest.approx((2 + 6) / 2 + 6)


def test_a_firmware_that_falls_silent_makes_the_energy_unknown() -> None:
    answers = iter(("X_A current(0)=2.0A\nX_V volt(1)=1V\n", "X_A current(0)=2.0A\nX_V volt(1)=1V\n", None))
    rails = Rails(Firmware(lambda _: next(answers)))
    for _ in range(3):
        rails.update()
    assert rails.joules() is None


def test_an_error_inside_a_measured_block_is_not_swallowed(tmp_path: Path) -> None:
    meter = find_meter(workstation(tmp_path))
    assert meter is not None
    with pytest.raises(RuntimeError, match="inside"), meter.measure() as energy:
        raise RuntimeError("inside")
    assert energy.joules == 0.0
