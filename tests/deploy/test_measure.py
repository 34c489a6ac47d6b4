"""A benchmark on several machines as a library call; what ssh adds is in test_bench_on."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgecnn.bench.limits import BenchLimits
from edgecnn.bench.result import Result, read_result
from edgecnn.deploy.fleet import HostResult, check
from edgecnn.deploy.hosts import Host
from edgecnn.deploy.measure import FleetBench, find_each, measure, write_all
from edgecnn.errors import DeviceError, MeasurementError
from edgecnn.reporting.html import missing_packages
from tests.fakes import synthetic

HERE = Host("here", "here")
GONE: HostResult[Result] = HostResult(Host("pi@garage", "pi@garage"), None, DeviceError("nothing listens there"))


def job(out: Path, result: Result | MeasurementError) -> FleetBench:
    def here(folder: Path) -> Result:
        assert folder == out / "here"
        if isinstance(result, MeasurementError):
            raise result
        return result

    return FleetBench((), "sample", out, (), is_offline=False, here=here)


def test_this_machine_is_measured_without_ssh(tmp_path: Path) -> None:
    result = synthetic.result(synthetic.SERVER)
    (measured,) = measure((HERE,), job(tmp_path, result), lambda *_: None)
    assert measured == HostResult(HERE, result)
    check((measured,))


def test_what_fails_on_this_machine_is_told_and_is_its_result(tmp_path: Path) -> None:
    steps: list[tuple[str, str, str]] = []
    (measured,) = measure(
        (HERE,),
        job(tmp_path, MeasurementError("too hot")),
        lambda host, step, what: steps.append((host.name, step, what)),
    )
    assert steps == [("here", "FAILED", "too hot")]
    assert str(measured.error) == "too hot"
    with pytest.raises(DeviceError, match="1 of 1 devices failed: here"):
        check((measured,))


def test_each_machine_has_its_reports_and_all_have_one(tmp_path: Path) -> None:
    result = synthetic.result(synthetic.PI)
    sections = find_each((HostResult(HERE, result), GONE), BenchLimits())
    assert [(section.findings is None, section.why) for section in sections] == [
        (False, ""),
        (True, "nothing listens there"),
    ]
    names = write_all(sections, tmp_path).files
    assert names == (("report.md",) if missing_packages() else ("report.md", "report.html"))
    assert read_result(tmp_path / "here" / "result.json") == result
    assert "Not measured: nothing listens there" in (tmp_path / "report.md").read_text()


def test_limits_are_those_of_the_caller(tmp_path: Path) -> None:
    (section,) = find_each((HostResult(HERE, synthetic.result(synthetic.PI)),), BenchLimits(max_latency=1e-9))
    assert section.findings is not None
    assert section.findings.chosen == ()
