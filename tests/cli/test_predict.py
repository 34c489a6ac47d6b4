"""`edgecnn predict` on many pictures: which are found, how answers are written, what a broken one does."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from edgecnn.data.sample import load_test_sample
from edgecnn.errors import DataError
from edgecnn.pictures import find_pictures, read_list
from tests.conftest import PATIENCE

COMMAND = (sys.executable, "-m", "edgecnn")


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder `photos` in the current one: pictures at two depths, and what is to be passed over."""
    folder = tmp_path / "photos"
    for name in ("a.png", "sub/b.PNG", "sub/deep/c.png", ".hidden/d.png", "sub/._e.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(load_test_sample().images[0]).save(folder / name, "PNG")
    (folder / "notes.txt").write_text("no picture")
    os.mkfifo(folder / "pipe.png")
    (folder / "sub" / "loop").symlink_to(folder)
    monkeypatch.chdir(tmp_path)
    return folder


def found(argument: str) -> list[str]:
    return sorted(str(one) for one in find_pictures(argument))


def piped(*arguments: str, given: bytes = b"", cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, "predict", *arguments], input=given, capture_output=True, check=False, cwd=cwd)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("photos", ["photos/a.png", "photos/sub/b.PNG", "photos/sub/deep/c.png"]),
        ("photos/*.png", ["photos/a.png", "photos/pipe.png"]),
        ("photos/s*/*", ["photos/sub/b.PNG", "photos/sub/deep/c.png", "photos/sub/loop/a.png"]),
        ("photos/**/[bc].*", ["photos/sub/b.PNG", "photos/sub/deep/c.png"]),
        ("photos/sub/**", ["photos/sub/b.PNG", "photos/sub/deep/c.png"]),
        ("p*/.hid*/*", ["photos/.hidden/d.png"]),
        ("photos/notes.txt", ["photos/notes.txt"]),
        ("gone.png", ["gone.png"]),
        ("photos/*.jpg", ["nothing matches photos/*.jpg"]),
    ],
)
@pytest.mark.usefixtures("photos")
def test_folders_and_globs_mean_these_pictures(argument: str, expected: list[str]) -> None:
    if argument == "photos/s*/*":  # a link to a folder is followed where it is named, once
        expected = [*expected, "photos/sub/loop/sub/b.PNG", "photos/sub/loop/sub/deep/c.png"]
    assert found(argument) == sorted(expected)


def test_an_absolute_glob_gives_absolute_paths(photos: Path) -> None:
    assert found(f"{photos}/a*") == [str(photos / "a.png")]


def test_a_file_whose_name_looks_like_a_glob_is_itself(tmp_path: Path) -> None:
    (tmp_path / "[1].png").touch()
    assert found(f"{tmp_path}/[1].png") == [f"{tmp_path}/[1].png"]


def test_a_folder_without_pictures_or_one_that_is_gone_in_the_middle_is_an_error_and_no_end(tmp_path: Path) -> None:
    (one,) = find_pictures(str(tmp_path))
    assert isinstance(one, DataError)
    assert "has no pictures" in str(one)
    (tmp_path / "a").mkdir()
    (tmp_path / "b.png").touch()
    search = find_pictures(str(tmp_path))
    os.rmdir(tmp_path / "a")
    assert [one for one in search if not isinstance(one, DataError)] == [f"{tmp_path}/b.png"]


@pytest.mark.parametrize("separator", [b"\n", b"\0"], ids=["lines", "NUL"])
def test_a_list_is_read_as_it_comes_and_its_last_path_may_lack_the_separator(separator: bytes) -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as file:
        paths = read_list(file, separator)
        os.write(writing, b"one.png" + separator + b"tw")
        assert next(paths) == "one.png"  # although nothing more was written
        os.write(writing, b"o.png" + separator * 2 + b"\xff.png")
        os.close(writing)
        assert list(paths) == ["two.png", os.fsdecode(b"\xff.png")]


def test_something_without_separators_is_refused_before_it_fills_the_memory() -> None:
    (one,) = read_list(io.BytesIO(bytes(range(1, 9)) * 100_000), b"\n")
    assert "is it a list?" in str(one)


def test_memory_does_not_grow_with_the_number_of_files(tmp_path: Path) -> None:
    original = tmp_path / "0.png"
    original.touch()
    for number in range(1, 20_000):
        os.link(original, tmp_path / f"{number}.png")
    lines = io.BufferedReader(_Lines(100_000))
    tracemalloc.start()
    counts = [sum(1 for _ in search) for search in (find_pictures(str(tmp_path)), find_pictures(f"{tmp_path}/*.png"))]
    counts.append(sum(1 for _ in read_list(lines, b"\n")))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert counts == [20_000, 20_000, 100_000]
    assert peak < 1_000_000  # bytes; the 20,000 paths alone would be twice as much


class _Lines(io.RawIOBase):
    def __init__(self, count: int) -> None:
        self.left = count

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = min(self.left, len(buffer) // 4)
        self.left -= count
        buffer[: 4 * count] = b"a.b\n" * count
        return 4 * count


def test_each_form_says_the_same(edgecnn: Callable[..., Any], photos: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(edgecnn("predict", photos, "--format", "csv", "--top", "2").out)))
    lines = [
        json.loads(line) for line in edgecnn("predict", photos, "--format", "jsonl", "--top", "2").out.splitlines()
    ]
    array = json.loads(edgecnn("predict", photos, "--json", "--top", "2").out)
    text = edgecnn("predict", photos, "--top", "2").out.splitlines()
    assert array == lines
    assert [one["image"] for one in lines] == [row["image"] for row in rows] == [line.split(": ")[0] for line in text]
    assert len(rows) == 3
    for line, row in zip(lines, rows, strict=True):
        first, second = line["answers"]
        assert (row["label"], row["label_2"]) == (first["label"], second["label"])
        assert float(row["score"]) == pytest.approx(first["score"], rel=1e-5)


def test_a_broken_picture_is_a_line_and_the_others_go_on(edgecnn: Callable[..., Any], photos: Path) -> None:
    (photos / "broken.png").write_bytes((photos / "a.png").read_bytes()[:200])
    ran = edgecnn("predict", photos, "gone.png", "--format", "csv")
    assert ran.status == 1
    assert len(ran.out.splitlines()) == 4
    lines = ran.err.splitlines()
    assert len(lines) == 3
    assert "broken.png" in lines[0]
    assert lines[1:] == [
        "edgecnn: no such image: gone.png",
        "edgecnn: 2 of 5 could not be classified; the lines above say why",
    ]


def test_names_with_odd_bytes_and_line_breaks_are_kept_by_csv_and_json_lines(photos: Path) -> None:
    names = [b"\xff.png", b'two\nlines, "quoted".png', b"\x1b[31m.png", "é.png".encode()]
    for name in names:
        os.link(photos / "a.png", os.path.join(os.fsencode(photos), name))
    listed = b"\0".join(b"photos/" + name for name in names)
    of_csv = piped("-", "--null", "--format", "csv", given=listed, cwd=photos.parent)
    rows = list(csv.DictReader(io.StringIO(of_csv.stdout.decode("utf-8", "surrogateescape"), newline="")))
    of_json = piped("-", "-0", "--format", "jsonl", given=listed, cwd=photos.parent)
    lines = [json.loads(line) for line in of_json.stdout.splitlines()]
    assert (of_csv.returncode, of_csv.stderr, of_json.returncode, of_json.stderr) == (0, b"", 0, b"")
    assert [os.fsencode(row["image"]) for row in rows] == [b"photos/" + name for name in names]
    assert [os.fsencode(line["image"]) for line in lines] == [b"photos/" + name for name in names]
    as_text = piped("-", "-0", given=listed, cwd=photos.parent).stdout.decode()
    assert len(as_text.splitlines()) == len(names)
    assert "\x1b" not in as_text


def test_a_reader_that_leaves_ends_it_quietly(photos: Path) -> None:
    """The list never ends, so that only the closed pipe can end the command."""
    with subprocess.Popen(
        [*COMMAND, "predict", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        feeder = subprocess.Popen(["yes", str(photos / "a.png")], stdout=process.stdin, stderr=subprocess.DEVNULL)
        assert process.stdout.readline().startswith(bytes(photos))
        process.stdout.close()
        assert process.wait(PATIENCE) == 0
        assert process.stderr.read() == b""
        process.stdin.close()
        feeder.wait(PATIENCE)


@pytest.mark.parametrize(
    "arguments", [["--version"], ["predict", "--help"], ["predict", "a.png"], ["predict", "."]], ids=" ".join
)
def test_a_full_disk_behind_stdout_is_one_line(photos: Path, arguments: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        ran = subprocess.run(
            [*COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=photos
        )
    assert ran.returncode == 1
    assert ran.stderr == "edgecnn: the output cannot be written: No space left on device\n"


@pytest.mark.parametrize(
    ("closed", "status", "words"),
    [(0, 0, ""), (1, 1, "standard output is closed"), (2, 0, "")],
    ids=["stdin", "stdout", "stderr"],
)
def test_closed_streams_are_no_traceback(photos: Path, closed: int, status: int, words: str) -> None:
    command = f'exec "$@" {closed}>&-'
    ran = subprocess.run(
        ["sh", "-c", command, "sh", *COMMAND, "predict", "photos/a.png"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == status
    assert words in ran.stderr
    assert len(ran.stdout.splitlines()) + len(ran.stderr.splitlines()) == 1


def test_pillows_warnings_are_not_heard(tmp_path: Path) -> None:
    huge = tmp_path / "huge.png"
    Image.new("1", (9_500, 9_500)).save(huge)  # Pillow warns of more than 89 million pixels, and edgecnn takes 100
    script = f"from edgecnn.cli.app import main; import sys; sys.argv[1:] = ['predict', {str(huge)!r}]; main()"
    ran = subprocess.run([sys.executable, "-W", "default", "-c", script], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
