"""A reader sees the old file or the new one, whatever happens to the writer."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edgecnn.errors import OutputError
from edgecnn.files import sha256_file, staging_folder, write_atomic
from tests.conftest import PATIENCE

StartPython = Callable[..., subprocess.Popen[str]]
VERSIONS = tuple(bytes([letter]) * 2**21 for letter in b"AB")

WRITER = """
import itertools, sys
from pathlib import Path
from edgecnn.files import write_atomic
for letter in itertools.cycle(b"AB"):
    write_atomic(Path(sys.argv[1]), bytes([letter]) * 2**21)
    print("written", flush=True)
"""

STAGER = """
import sys
from pathlib import Path
from edgecnn.files import staging_folder
with staging_folder(Path(sys.argv[1])) as staging:
    (staging / "part").write_text("half")
    print(staging, flush=True)
    sys.stdin.read()
"""


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _hidden(folder: Path) -> list[str]:
    return [name for name in _names(folder) if name.startswith(".")]


def _process_that_ended(start_python: StartPython) -> int:
    process = start_python("")
    process.communicate(timeout=PATIENCE)
    return process.pid


@pytest.mark.parametrize("content", [b"", b"abc", bytes(3 * 2**20)], ids=["empty", "short", "long"])
def test_sha256_is_that_of_the_whole_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    assert sha256_file(tmp_path / "file") == hashlib.sha256(content).hexdigest()


def test_a_write_makes_the_folders_it_needs_and_leaves_only_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file.json"
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert _names(path.parent) == ["file.json"]


def test_a_write_replaces_the_file_and_not_what_a_second_name_of_it_shows(tmp_path: Path) -> None:
    """The content is never changed in place: an open reader, here a hard link, keeps the old one."""
    (tmp_path / "file").write_bytes(b"old")
    os.link(tmp_path / "file", tmp_path / "reader")
    write_atomic(tmp_path / "file", b"new")
    assert (tmp_path / "reader").read_bytes() == b"old"


def test_a_path_below_a_regular_file_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(OutputError, match=r"^cannot write .*/file/below: \w.*; choose another folder or free space$"):
        write_atomic(tmp_path / "file" / "below", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"


def test_a_path_that_is_a_folder_is_an_output_error_and_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "folder" / "inside").mkdir(parents=True)
    with pytest.raises(OutputError, match="Is a directory"):
        write_atomic(tmp_path / "folder", b"new")
    assert _names(tmp_path) == ["folder"]
    assert _names(tmp_path / "folder") == ["inside"]


def test_a_rename_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*paths: object) -> None:
        raise OSError(5, "Input/output error")

    (tmp_path / "file").write_bytes(b"old")
    monkeypatch.setattr(Path, "replace", refuse)
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OutputError, match="Input/output error"):
        write_atomic(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert _names(tmp_path) == ["file"]


def test_an_interrupt_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(descriptor: int) -> None:
        raise KeyboardInterrupt

    (tmp_path / "file").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_atomic(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"old"
    assert _names(tmp_path) == ["file"]


def test_a_disk_that_takes_only_a_part_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, start_python: StartPython
) -> None:
    """The limit on file size makes the kernel refuse in the middle of a write, as a full disk does."""
    (tmp_path / "file").write_bytes(b"old")
    script = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from edgecnn.errors import OutputError\n"
        "from edgecnn.files import write_atomic\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "write_atomic(Path(sys.argv[1]), b'x' * 100_000)\n"
        "try:\n"
        "    write_atomic(Path(sys.argv[2]), b'x' * 100_001)\n"
        "except OutputError as error:\n"
        "    print(error)\n"
    )
    process = start_python(script, str(tmp_path / "fits"), str(tmp_path / "file"))
    assert "File too large; choose another folder or free space" in process.communicate(timeout=PATIENCE)[0]
    assert (tmp_path / "file").read_bytes() == b"old"
    assert (tmp_path / "fits").stat().st_size == 100_000
    assert _names(tmp_path) == ["file", "fits"]


def test_kill_9_at_any_moment_leaves_the_old_or_the_new_content(tmp_path: Path, start_python: StartPython) -> None:
    path = tmp_path / "file"
    moments = random.Random(0)
    for _ in range(12):
        with start_python(WRITER, str(path)) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "written\n"
            time.sleep(moments.uniform(0, 0.03))
            process.kill()
        assert process.returncode == -signal.SIGKILL
        assert path.read_bytes() in VERSIONS
    write_atomic(path, b"new")
    assert _names(tmp_path) == ["file"], "what the killed writers left is removed by the next write"


def test_a_reader_beside_the_writer_never_sees_half_a_file(tmp_path: Path, start_python: StartPython) -> None:
    path = tmp_path / "file"
    with start_python(WRITER, str(path)) as process:
        assert process.stdout is not None
        process.stdout.readline()
        seen = {hashlib.sha256(path.read_bytes()).digest() for _ in range(100)}
        process.kill()
    assert seen <= {hashlib.sha256(version).digest() for version in VERSIONS}


def test_a_write_leaves_alone_what_another_writer_is_writing(tmp_path: Path) -> None:
    partial = tmp_path / f".file.{os.getppid()}.partial"
    partial.write_bytes(b"half")
    write_atomic(tmp_path / "file", b"new")
    assert partial.read_bytes() == b"half"


def test_a_staging_folder_is_empty_beside_its_target_and_gone_afterwards(tmp_path: Path) -> None:
    target = tmp_path / "a" / "out"
    with staging_folder(target) as staging:
        assert staging.parent == target.parent
        assert _names(staging) == []
        (staging / "sub").mkdir()
        (staging / "sub" / "file").touch()
    assert _names(target.parent) == []


def test_a_staging_folder_may_become_its_target(tmp_path: Path) -> None:
    with staging_folder(tmp_path / "out") as staging:
        (staging / "file").write_bytes(b"new")
        staging.rename(tmp_path / "out")
    assert _names(tmp_path) == ["out"]
    assert _names(tmp_path / "out") == ["file"]


def test_a_staging_folder_is_gone_after_any_error(tmp_path: Path) -> None:
    with contextlib.suppress(KeyboardInterrupt), staging_folder(tmp_path / "out") as staging:
        (staging / "file").touch()
        raise KeyboardInterrupt
    assert _names(tmp_path) == []


def test_the_working_folder_can_be_a_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    with staging_folder(Path()) as staging:
        assert staging.parent == tmp_path
    assert _names(tmp_path) == ["work"]


def test_a_staging_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"^cannot write .*/file/out: "), staging_folder(tmp_path / "file" / "out"):
        pytest.fail("there is no folder to work in")


def test_a_write_that_fails_inside_a_staging_folder_is_an_output_error(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match=r"^cannot write .*/out: No space left on device; choose another folder"),
        staging_folder(tmp_path / "out"),
        Path("/dev/full").open("wb") as full,
    ):
        full.write(b"x")
    assert _names(tmp_path) == []


@pytest.mark.parametrize("name", ["out", "out[1]", "o?t *", "out.12.partial"])
def test_what_a_killed_process_left_is_removed(tmp_path: Path, start_python: StartPython, name: str) -> None:
    target = tmp_path / name
    with start_python(STAGER, str(target)) as process:
        assert process.stdout is not None
        left = Path(process.stdout.readline().strip())
        assert (left / "part").exists()
        process.kill()
    assert left.exists()
    with staging_folder(target) as staging:
        assert _hidden(tmp_path) == [staging.name]


def test_what_a_living_process_owns_is_left_alone(tmp_path: Path, start_python: StartPython) -> None:
    target = tmp_path / "out"
    with start_python(STAGER, str(target)) as process:
        assert process.stdout is not None
        owned = Path(process.stdout.readline().strip())
        with staging_folder(target) as staging:
            assert staging != owned
            assert (owned / "part").read_text() == "half"
        assert (owned / "part").exists()
        process.communicate(timeout=PATIENCE)
    assert _names(tmp_path) == []


def test_what_another_users_process_owns_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(process_id: int, number: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    owned = tmp_path / ".out.12345.partial"
    owned.mkdir()
    monkeypatch.setattr(os, "kill", refuse)
    with staging_folder(tmp_path / "out"):
        assert owned.is_dir()


def test_a_dead_process_of_the_same_number_does_not_stand_in_the_way(tmp_path: Path) -> None:
    """In a container every run may have process number 1."""
    left = tmp_path / f".out.{os.getpid()}.partial"
    left.mkdir()
    (left / "part").touch()
    with staging_folder(tmp_path / "out") as staging:
        assert _names(staging) == []


def test_only_what_belongs_to_the_target_is_removed(tmp_path: Path, start_python: StartPython) -> None:
    dead = _process_that_ended(start_python)
    ours = [f".out.{dead}.partial", f".out.{10**30}.partial"]
    others = [".out.²³.partial", ".out.mine.partial", ".out..partial", f".other.{dead}.partial", f"out.{dead}.partial"]
    for name in ours + others:
        (tmp_path / name).mkdir()
    with staging_folder(tmp_path / "out") as staging:
        assert _names(tmp_path) == sorted([*others, staging.name])
