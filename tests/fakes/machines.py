"""File systems of machines that are not here: what /proc and /sys say on them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ANSWERS = {
    "get_throttled": "throttled=0x50000",
    "measure_temp": "temp=48.7'C",
    "measure_clock": "frequency(48)=1800457088",
}
"""Of a Raspberry Pi 4's vcgencmd; anything else is an error with status 0."""

PMIC = """\
   3V7_WL_SW_A current(0)=0.10000000A
   3V3_SYS_A current(1)=0.20000000A
  VDD_CORE_A current(7)=1.50000000A
  3V7_WL_SW_V volt(8)=3.70000000V
    3V3_SYS_V volt(9)=3.30000000V
   VDD_CORE_V volt(15)=0.80000000V
       EXT5V_V volt(24)=5.10000000V
"""
"""Of a Raspberry Pi 5; EXT5V has no current, so it is no rail."""
PMIC_WATTS = 0.1 * 3.7 + 0.2 * 3.3 + 1.5 * 0.8

_PI = {  # part, features, lowest and highest kHz, model
    "pi3": ("0xd03", "fp asimd evtstrm crc32 cpuid", 600000, 1400000, "Raspberry Pi 3 Model B Plus Rev 1.3"),
    "pi4": ("0xd08", "fp asimd evtstrm crc32 cpuid", 600000, 1800000, "Raspberry Pi 4 Model B Rev 1.4"),
    "pi5": (
        "0xd0b", "fp asimd evtstrm aes crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp",
        1500000, 2400000, "Raspberry Pi 5 Model B Rev 1.0",
    ),
}  # fmt: skip

_X86_FLAGS = "fpu sse2 sse4_1 avx avx2 fma f16c avx512f avx512bw avx512_vnni"


def write(root: Path, files: dict[str, object]) -> Path:
    """Write files below `root`, and return it."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{content}\n")
    return root


def raspberry_pi(root: Path, board: str = "pi4") -> Path:
    """Write what a Raspberry Pi with 64-bit Pi OS says."""
    part, features, low, high, model = _PI[board]
    core = f"BogoMIPS\t: 108.00\nFeatures\t: {features}\nCPU implementer\t: 0x41\nCPU part\t: {part}\n"
    files: dict[str, object] = {
        "proc/cpuinfo": "\n".join(f"processor\t: {number}\n{core}" for number in range(4)) + f"\nModel\t\t: {model}",
        "proc/device-tree/model": f"{model}\0",
        "sys/class/thermal/thermal_zone0/type": "cpu-thermal",
        "sys/class/thermal/thermal_zone0/temp": 48686,
    }
    for number in range(4):
        folder = f"sys/devices/system/cpu/cpu{number}"
        files |= {
            f"{folder}/cpufreq/cpuinfo_min_freq": low,
            f"{folder}/cpufreq/cpuinfo_max_freq": high,
            f"{folder}/cpufreq/scaling_cur_freq": high,
            f"{folder}/cpufreq/scaling_governor": "ondemand",
            f"{folder}/topology/thread_siblings_list": number,
        }
    return write(root, files | _system("Debian GNU/Linux 12 (bookworm)"))


def workstation(root: Path) -> Path:
    """Write what an x86 computer with cpufreq, turbo, a temperature sensor and RAPL says."""
    core = f"model name\t: Some CPU @ 3.00GHz\nflags\t\t: {_X86_FLAGS}\n"
    files: dict[str, object] = {
        "proc/cpuinfo": "\n".join(
            f"processor\t: {number}\n{core}cpu MHz\t\t: {3000 + 200 * number}.000\n" for number in range(2)
        ),
        "sys/devices/system/cpu/intel_pstate/no_turbo": 0,
        "sys/class/thermal/thermal_zone0/type": "acpitz",
        "sys/class/thermal/thermal_zone0/temp": 27800,
        "sys/class/hwmon/hwmon3/name": "coretemp",
        "sys/class/hwmon/hwmon3/temp1_input": 61000,
        "sys/class/dmi/id/sys_vendor": "LENOVO",
        "sys/class/powercap/intel-rapl:0/name": "package-0",
        "sys/class/powercap/intel-rapl:0/energy_uj": 1_000_000,
        "sys/class/powercap/intel-rapl:0/max_energy_range_uj": 262_143_328_850,
        "sys/class/powercap/intel-rapl:0:0/name": "core",
        "sys/class/powercap/intel-rapl:0:0/energy_uj": 700_000,
        "sys/class/powercap/intel-rapl:1/name": "psys",
        "sys/class/powercap/intel-rapl:1/energy_uj": 5_000_000,
    }
    for number in range(2):
        folder = f"sys/devices/system/cpu/cpu{number}"
        files |= {
            f"{folder}/cpufreq/cpuinfo_min_freq": 800000,
            f"{folder}/cpufreq/cpuinfo_max_freq": 4200000,
            f"{folder}/cpufreq/base_frequency": 3000000,
            f"{folder}/cpufreq/scaling_cur_freq": 3000000 + 200000 * number,
            f"{folder}/cpufreq/scaling_governor": "powersave",
            f"{folder}/topology/thread_siblings_list": "0-1",
        }
    return write(root, files | _system("Ubuntu 24.04 LTS"))


def container(root: Path) -> Path:
    """Write what a container in a virtual machine says: a quota, and no sensor at all."""
    return write(
        root,
        {
            ".dockerenv": "",
            "proc/cpuinfo": f"processor\t: 0\nmodel name\t: AMD EPYC\nflags\t\t: {_X86_FLAGS} hypervisor",
            "sys/fs/cgroup/cpu.max": "150000 100000",
            "proc/stat": "cpu  0 0 0 0 0 0 0 0 0 0",
        },
    )


def fake_vcgencmd(folder: Path, monkeypatch: pytest.MonkeyPatch, **answers: str) -> Path:
    """Put a `vcgencmd` in front of PATH that gives these answers; the file in which it notes what it was asked."""
    folder.mkdir()
    asked = folder / "asked"
    cases = "\n".join(f"{name}) cat <<'END'\n{answer}\nEND\n;;" for name, answer in (ANSWERS | answers).items())
    script = folder / "vcgencmd"
    script.write_text(
        f'#!/bin/sh\necho "$*" >> {asked}\ncase "$1" in\n{cases}\n'
        "*) echo 'error=1 error_msg=\"Command not registered\"';;\nesac\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return asked


def _system(name: str) -> dict[str, object]:
    return {
        "etc/os-release": f'NAME="Debian"\nPRETTY_NAME="{name}"',
        "proc/meminfo": "MemTotal:        3884412 kB\nMemAvailable:    3000000 kB\nSwapTotal:        102396 kB",
        "proc/loadavg": "0.42 0.30 0.20 1/200 1234",
        "proc/pressure/cpu": "some avg10=1.50 avg60=0.40 avg300=0.00 total=99\nfull avg10=0.00 avg60=0.00 avg300=0.00",
        "proc/stat": "cpu  1000 100 300 9000 50 20 30 70 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0",
    }
