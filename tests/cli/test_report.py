"""`edgecnn report`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from edgecnn.reporting import html as page
from edgecnn.reporting.formats import FORMATS
from tests.conftest import Ran
from tests.fakes import synthetic

Command = Callable[..., Ran]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "pi5.json"
    path.write_bytes(synthetic.result(synthetic.PI).to_json())
    return path


def test_all_reports_are_made_again_beside_the_result(edgecnn: Command, kept: Path) -> None:
    ran = edgecnn("report", kept)
    assert ran.status == 0, ran.err
    assert {path.name for path in kept.parent.iterdir()} == {
        "pi5.json", "report.html", "report.md", "bench.csv", "junit.xml",
    }  # fmt: skip
    assert "pi5.json" in (kept.parent / "report.md").read_text()
    assert "net-int8.tflite on litert" in ran.out
    assert "warning: " in ran.out


def test_formats_and_folder_are_chosen(edgecnn: Command, kept: Path, tmp_path: Path) -> None:
    assert edgecnn("report", kept, "--out", tmp_path / "new", "--format", "csv,md").status == 0
    assert {path.name for path in (tmp_path / "new").iterdir()} == {"report.md", "bench.csv"}


def test_limits_change_the_verdict_and_the_gates(edgecnn: Command, kept: Path) -> None:
    ran = edgecnn("report", kept, "--format", "junit", "--max-latency", "0.0001", "--json")
    assert ran.status == 0
    assert "None of the 5 artifacts" in json.loads(ran.out)["verdict"][0]
    assert (kept.parent / "junit.xml").read_text().count("<failure") >= 5


def test_a_noise_floor_that_is_unknown_is_no_number(edgecnn: Command, kept: Path) -> None:
    assert json.loads(edgecnn("report", kept, "--json").out)["noise_floor"] > 0
    content = json.loads(kept.read_text())
    for one in content["cases"]:
        if one["case"]["role"] == "twin":
            one |= {"error": "the worker was ended by SIGKILL", "raw": None}
    kept.write_text(json.dumps(content))
    assert json.loads(edgecnn("report", kept, "--json").out)["noise_floor"] is None


def test_what_is_no_result_is_refused_in_one_line(edgecnn: Command, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{}")
    ran = edgecnn("report", tmp_path / "bad.json", "--out", tmp_path / "new")
    assert ran.status == 1
    assert ran.err.count("\n") == 1
    assert "cannot read the result" in ran.err
    assert not (tmp_path / "new").exists()


def test_an_unknown_format_is_bad_usage(edgecnn: Command, kept: Path) -> None:
    assert edgecnn("report", kept, "--format", "pdf").status == 2


def test_asking_for_html_without_its_packages_says_what_to_install(
    edgecnn: Command, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "_PACKAGES", ("no_such_package",))
    ran = edgecnn("report", kept, "--format", "html,md")
    assert ran.status == 1
    assert "pip install 'edgecnn[report]'" in ran.err
    assert not (kept.parent / "report.md").exists()


def test_the_command_knows_every_format(edgecnn: Command) -> None:
    assert f"--format {','.join(FORMATS)}" in edgecnn("report", "--help").out
