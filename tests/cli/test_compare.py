"""`edgecnn compare`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.runs import PI, Made, baselines, even, make_result


def save(path: Path, seconds: float, **kinds: Any) -> Path:
    path.write_bytes(make_result([*baselines(even(1e-3)), Made("a-int8.tflite", even(seconds))], **kinds).to_json())
    return path


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return save(tmp_path / "old.json", 1e-4)


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    return save(tmp_path / "new.json", 1.2e-4)


def test_a_regression_exits_with_3_and_is_named(edgecnn: Callable[..., Any], old: Path, slow: Path) -> None:
    ran = edgecnn("compare", old, slow)
    assert ran.status == 3
    assert ran.out.splitlines()[-1] == "Regression from old.json to new.json in 1 of 1 case: a-int8.tflite: slower."


@pytest.mark.parametrize("limit", ["25%", "25"])
def test_a_limit_that_is_kept_exits_with_0(edgecnn: Callable[..., Any], old: Path, slow: Path, limit: str) -> None:
    ran = edgecnn("compare", old, slow, "--fail-if-slower", limit)
    assert ran.status == 0
    assert "No regression from old.json to new.json: 1 of 1 case not worse." in ran.out


def test_what_cannot_be_told_exits_with_3_only_if_strict(
    edgecnn: Callable[..., Any], old: Path, tmp_path: Path
) -> None:
    new = save(tmp_path / "new.json", 1e-4, busy_elsewhere=1.0)
    assert edgecnn("compare", old, new).status == 0
    assert edgecnn("compare", old, new, "--strict").status == 3


def test_other_machines_are_side_by_side(edgecnn: Callable[..., Any], old: Path, tmp_path: Path) -> None:
    pi = save(tmp_path / "pi.json", 9e-4, machine=PI)
    ran = edgecnn("compare", old, pi)
    assert ran.status == 0
    assert "Some Board 5, 4 cores (pi.json)" in ran.out
    assert edgecnn("compare", old, pi, "--strict").status == 3


def test_the_reports_are_written_and_agree(edgecnn: Callable[..., Any], old: Path, slow: Path, tmp_path: Path) -> None:
    ran = edgecnn("compare", old, slow, "--json", "--markdown", tmp_path / "c.md", "--html", tmp_path / "c.html")
    assert ran.status == 3
    (sentence,) = json.loads(ran.out)["headline"]
    assert sentence in (tmp_path / "c.md").read_text()
    assert sentence in (tmp_path / "c.html").read_text()
    on_screen = edgecnn("compare", old, slow, "--markdown", "-")
    assert on_screen.out == (tmp_path / "c.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("old.json",), 2, "at least two results"),
        (("old.json", "old.json", "--fail-if-slower", "ten"), 2, "'ten' is not a percentage"),
        (("old.json", "old.json", "--fail-if-slower", "-3%"), 2, "'-3%' is not a percentage"),
        (("old.json", "old.json", "--fail-if-drop", "x"), 2, "--fail-if-drop"),
        (("old.json", "old.json", "--json", "--markdown", "-"), 2, "choose one"),
        (("old.json", "nowhere.json"), 1, "cannot read the result nowhere.json"),
        (("old.json", "garbage.json"), 1, "cannot read the result garbage.json: not JSON"),
        (("old.json", "newer.json"), 1, "is newer than"),
    ],
    ids=["one", "word", "negative", "points", "two screens", "missing", "garbage", "too new"],
)
def test_bad_input_is_one_line(
    edgecnn: Callable[..., Any],
    old: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    status: int,
    words: str,
) -> None:
    monkeypatch.chdir(old.parent)
    Path("garbage.json").write_text("{")
    Path("newer.json").write_text('{"schema_version": 99}')
    ran = edgecnn("compare", *arguments)
    assert (ran.status, ran.out) == (status, "")
    assert len(ran.err.splitlines()) == 1
    assert words in ran.err
