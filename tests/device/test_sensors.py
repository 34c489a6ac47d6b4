from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from edgecnn.device.sensors import Sample, Sensors, Throttling, cpu_seconds, throttled_words
from edgecnn.schema import decode, encode
from tests.conftest import PATIENCE
from tests.fakes.machines import PMIC, PMIC_WATTS, container, fake_vcgencmd, raspberry_pi, workstation, write

RAPL = "sys/class/powercap/intel-rapl:0/energy_uj"


def test_a_raspberry_pi_tells_temperature_clock_and_throttling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_vcgencmd(tmp_path / "bin", monkeypatch)
    sample = Sensors(raspberry_pi(tmp_path / "root")).read()
    assert sample.temperature_c == 48.686
    assert (sample.clock_hz, sample.asked_hz) == (1_800_457_088, 1_800_000_000)
    assert sample.throttled == 0x50000
    assert (sample.load1, sample.pressure, sample.memory_available_bytes) == (0.42, 1.5, 3_000_000 * 1024)
    tick = 1 / os.sysconf("SC_CLK_TCK")
    assert sample.busy_seconds == pytest.approx((1000 + 100 + 300 + 20 + 30) * tick)
    assert sample.steal_seconds == pytest.approx(70 * tick)
    assert sample.power_w is None  # an error with status 0 is no power
    assert decode(Sample, encode(sample)) == sample


def test_a_raspberry_pi_5_tells_the_power_of_its_rails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_vcgencmd(tmp_path / "bin", monkeypatch, pmic_read_adc=PMIC)
    assert Sensors(raspberry_pi(tmp_path / "root", "pi5")).read().power_w == pytest.approx(PMIC_WATTS)


def test_what_the_firmware_refuses_is_not_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = fake_vcgencmd(tmp_path / "bin", monkeypatch)
    sensors = Sensors(raspberry_pi(tmp_path / "root"))
    sensors.read(), sensors.read()
    questions = asked.read_text().splitlines()
    assert questions.count("pmic_read_adc") == 1
    assert questions.count("get_throttled") == 2


def test_without_a_thermal_zone_the_firmware_is_asked_for_the_temperature(tmp_path: Path) -> None:
    def run(command: Sequence[str]) -> str | None:
        return "temp=51.2'C\n" if command[1] == "measure_temp" else None

    assert Sensors(tmp_path, run).read().temperature_c == 51.2


@pytest.mark.parametrize("script", ["#!/bin/sh\nexit 1\n", "#!/bin/sh\necho VCHI initialization failed\n", "garbage"])
def test_a_broken_vcgencmd_leaves_its_sensors_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    command = tmp_path / "vcgencmd"
    command.write_text(script)
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    sample = Sensors(raspberry_pi(tmp_path / "root")).read()
    assert (sample.clock_hz, sample.throttled, sample.power_w) == (None, None, None)
    assert sample.temperature_c == 48.686


def test_x86_tells_the_clock_that_its_processors_count(tmp_path: Path) -> None:
    sample = Sensors(workstation(tmp_path), lambda _: None).read()
    assert (sample.clock_hz, sample.asked_hz) == (3_100_000_000, 3_100_000_000)
    assert sample.temperature_c == 61.0  # of the processor, not of the mainboard
    assert sample.throttled is None


def test_rapl_power_is_the_mean_since_the_sample_before(tmp_path: Path) -> None:
    root = workstation(tmp_path)
    sensors = Sensors(root, lambda _: None)
    first = sensors.read()
    write(root, {RAPL: 4_000_000})
    second = sensors.read()
    assert first.power_w is None
    assert second.power_w == pytest.approx(3.0 / (second.seconds - first.seconds))


def test_a_container_without_sensors_gives_a_sample_of_unknowns(tmp_path: Path) -> None:
    sample = Sensors(container(tmp_path), lambda _: None).read()
    assert {name for name, value in encode(sample).items() if value is not None} == {"seconds"}


def test_files_that_hold_nonsense_are_unknown(tmp_path: Path) -> None:
    root = raspberry_pi(tmp_path)
    nonsense = {"proc/stat": "cpu x", "proc/loadavg": "", "proc/pressure/cpu": "some avg10=", "proc/meminfo": "MemFree"}
    sample = Sensors(write(root, dict(nonsense)), lambda _: "nonsense").read()
    assert {name for name, value in encode(sample).items() if value is not None} == {
        "seconds", "temperature_c", "asked_hz",
    }  # fmt: skip


def test_the_real_machine_says_when_it_is_busy() -> None:
    sensors = Sensors()
    before, own = sensors.read(), cpu_seconds([os.getpid()])
    if before.busy_seconds is None:
        pytest.skip("this machine's /proc/stat tells nothing")
    while cpu_seconds([os.getpid()]) - own < 0.2:
        pass
    after = sensors.read()
    assert after.busy_seconds is not None
    assert after.busy_seconds - before.busy_seconds > 0.1
    assert after.seconds > before.seconds


def test_throttling_now_and_since_boot_are_told_apart() -> None:
    assert throttled_words(0x50005) == Throttling(
        now=("under-voltage", "throttled"), since_boot=("under-voltage", "throttled")
    )
    assert throttled_words(0x80000) == Throttling(now=(), since_boot=("soft temperature limit",))
    assert throttled_words(0) == Throttling((), ())


def test_cpu_seconds_counts_children_once_and_survives_odd_names(tmp_path: Path) -> None:
    stat = f"77 (a) b (c)) S 1 77 {' '.join('0' for _ in range(8))} 150 50 30 20 20 0 1 0"
    root = write(tmp_path, {"proc/77/stat": stat, "proc/78/stat": "78 (cut"})
    assert cpu_seconds([77, 78, 79], root) == pytest.approx(250 / os.sysconf("SC_CLK_TCK"))


def test_cpu_seconds_sees_what_another_process_burns() -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as child:
        deadline = time.monotonic() + PATIENCE
        while cpu_seconds([child.pid]) < 0.2 and time.monotonic() < deadline:
            time.sleep(0.05)
        used = cpu_seconds([child.pid])
        child.kill()
    assert used >= 0.2
    assert cpu_seconds([child.pid]) == 0.0
