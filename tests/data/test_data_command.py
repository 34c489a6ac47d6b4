"""`edgecnn data`: exit status, and what is on stdout and stderr."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgecnn.cli.app import run
from edgecnn.data.cache import cifar10_folder, load_arrays, store
from edgecnn.data.cifar10 import CLASS_NAMES
from edgecnn.data.fetch import fetch
from edgecnn.data.sample import load_calibration_sample
from tests.fakes.published import ARRAYS, EXPECTED, members, pack


@pytest.fixture(autouse=True)
def small_official(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The small CIFAR-10 counts as the full one, and nobody answers at the official address, which is returned."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/cifar-10-binary.tar.gz"
        monkeypatch.setattr(fetch, "__kwdefaults__", (fetch.__kwdefaults__ or {}) | {"expected": EXPECTED, "url": url})
        monkeypatch.setattr(store, "__defaults__", (EXPECTED,))
        monkeypatch.setattr(load_arrays, "__defaults__", (EXPECTED,))
        yield url


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return pack(members("binary"), tmp_path / "mine.tar.gz")


def test_info_prints_a_row_for_each_class_and_where_the_full_set_would_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "info"]) == 0
    out = capsys.readouterr().out
    rows = {line.split()[0]: line.split()[1:] for line in out.splitlines() if line.strip()}
    assert rows["class"] == ["sample", "calibration"]
    assert [rows[name] for name in CLASS_NAMES] == [["200", "52"]] * 2 + [["200", "51"]] * 8
    assert rows["images"] == ["2,000", "512"]
    assert f"full set: not fetched; `edgecnn data fetch` gets it ({cifar10_folder()})" in out


def test_info_says_that_a_fetched_set_is_verified_or_damaged(capsys: pytest.CaptureFixture[str]) -> None:
    folder = store(ARRAYS)
    assert run(["data", "info"]) == 0
    assert f"full set: complete, SHA-256 verified ({folder})" in capsys.readouterr().out
    (folder / "test_labels.npy").unlink()
    assert run(["data", "info"]) == 0
    assert f"full set: damaged; run `edgecnn data fetch` again ({folder})" in capsys.readouterr().out


def test_info_as_json_is_whole_hashes_and_counts(capsys: pytest.CaptureFixture[str]) -> None:
    store(ARRAYS)
    assert run(["data", "info", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["full"], found["folder"]) == ("verified", str(cifar10_folder()))
    assert found["class_names"] == list(CLASS_NAMES)
    parts = {part["name"]: part for part in found["parts"]}
    assert set(parts) == {"sample", "calibration", "cifar10", "cifar10-train"}
    assert parts["calibration"]["pixels_sha256"] == load_calibration_sample().sha256
    assert parts["cifar10-train"]["images_per_class"] == np.bincount(ARRAYS.train_labels, minlength=10).tolist()


def test_fetch_prints_source_and_folder_in_one_line(archive: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "fetch", "--from", str(archive)]) == 0
    out, err = capfd.readouterr()
    assert out == f"CIFAR-10 from {archive}, SHA-256 verified, is in {cifar10_folder()}\n"
    assert err == f"reading {archive}\n"
    load_arrays(EXPECTED)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(None, "no such archive or folder: ", id="missing"),
        pytest.param(b"", "cannot be read", id="empty"),
    ],
)
def test_fetch_from_a_useless_file_is_one_line_and_status_1(
    content: bytes | None,
    reason: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "useless.tar.gz"
    if content is not None:
        path.write_bytes(content)
    assert run(["data", "fetch", "--from", str(path)]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    error = err.splitlines()[-1]
    assert error.startswith("edgecnn: ")
    assert reason in error


def test_fetch_without_any_source_is_one_line_and_status_1(
    small_official: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert run(["data", "fetch"]) == 1
    out, err = capfd.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert err.startswith("edgecnn: CIFAR-10 could not be fetched. ")
    assert f"{small_official}: no connection" in err
    assert "npm is not on the PATH" in err


def test_fetch_into_a_cache_that_cannot_be_written_is_status_1(
    archive: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("EDGECNN_CACHE", str(archive / "cache"))
    assert run(["data", "fetch", "--from", str(archive)]) == 1
    assert "edgecnn: cannot write " in capfd.readouterr().err


def test_show_writes_a_picture_and_says_of_what(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    assert run(["data", "show"]) == 0
    assert capsys.readouterr().out == "wrote edgecnn-data.png: the first 25 of 512 images of CIFAR-10 train sample\n"
    store(ARRAYS)
    assert run(["data", "show", "--out", "deep/full.png"]) == 0
    assert capsys.readouterr().out == "wrote deep/full.png: the first 20 of 20 images of CIFAR-10 train\n"
    for path in ("edgecnn-data.png", "deep/full.png"):
        with Image.open(path) as picture:
            assert picture.format == "PNG"
            assert len(np.unique(np.asarray(picture.convert("RGB")).reshape(-1, 3), axis=0)) > 100
    assert Path("edgecnn-data.png").read_bytes() != Path("deep/full.png").read_bytes()


def test_show_takes_other_images(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "photos" / "cat").mkdir(parents=True)
    Image.new("RGB", (40, 50), (200, 0, 0)).save(tmp_path / "photos" / "cat" / "1.png")
    assert run(["data", "show", "--data", str(tmp_path / "photos"), "--out", "mine.png"]) == 0
    assert capsys.readouterr().out == "wrote mine.png: the first 1 of 1 images of photos\n"
    with Image.open("mine.png") as picture:
        assert (200, 0, 0) in {colour for _, colour in picture.convert("RGB").getcolors(2**24) or []}


@pytest.mark.parametrize(
    ("arguments", "status", "reason"),
    [
        pytest.param(["fech"], 2, "no command named 'fech'; did you mean 'fetch'?", id="command"),
        pytest.param(["xyz"], 2, "no command named 'xyz'; known: fetch, info, show", id="command unlike any"),
        pytest.param(["info", "--jsn"], 2, "--json", id="option"),
        pytest.param(["show", "--data", "sampel"], 1, "did you mean 'sample'?", id="data set"),
        pytest.param(["show", "--data", "cifar10"], 1, "edgecnn data fetch", id="data set not fetched"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(
    arguments: list[str],
    status: int,
    reason: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["data", *arguments]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert err.startswith("edgecnn: ")
    assert reason in err


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]], ids=["bare", "--help", "-h"])
def test_help_lists_the_commands(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", *arguments]) == 0
    out = capsys.readouterr().out
    for name in ("fetch", "info", "show"):
        assert f"\n  {name} " in out
