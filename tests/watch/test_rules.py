"""When a label starts a command, and how commands queue."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from edgecnn.task import Answer
from edgecnn.watch import folder as folders
from edgecnn.watch.actions import make_rules
from edgecnn.watch.commands import CommandRun, Queue, finish_all
from edgecnn.watch.folder import Folder
from edgecnn.watch.frame import SourceLostError
from edgecnn.watch.inotify import FolderGoneError, OverflowedError
from edgecnn.watch.rules import ANY, Rule, Trigger
from tests.fakes.camera import FakeClock

CAT, DOG = Answer("cat", 0.9), Answer("dog", 0.9)


def fired(rule: Rule, answers: list[Answer], interval: float = 1.0) -> list[float]:
    trigger = Trigger(rule)
    return [number * interval for number, answer in enumerate(answers) if trigger.fires(answer, number * interval)]


def test_a_label_that_stays_starts_again_only_after_the_cooldown() -> None:
    assert fired(Rule("cat", (), cooldown_seconds=3), [CAT] * 8) == [0, 3, 6]


def test_the_cooldown_goes_on_while_the_label_is_away() -> None:
    assert fired(Rule("cat", (), cooldown_seconds=4), [CAT, DOG, CAT, CAT, CAT]) == [0, 4]


def test_a_label_must_last_and_one_other_frame_begins_anew() -> None:
    rule = Rule("cat", (), hold_seconds=2, cooldown_seconds=0)
    assert fired(rule, [CAT, CAT, DOG, CAT, CAT, CAT, CAT]) == [5, 6]


def test_a_score_below_the_least_counts_as_another_label() -> None:
    rule = Rule("cat", (), min_score=0.8, hold_seconds=1, cooldown_seconds=0)
    assert fired(rule, [CAT, Answer("cat", 0.79), CAT, CAT]) == [3]


def test_any_label_must_be_the_same_one_all_the_time() -> None:
    assert fired(Rule(ANY, (), hold_seconds=1, cooldown_seconds=0), [CAT, DOG, DOG, CAT]) == [2]


def test_each_pair_of_label_and_command_is_a_rule_without_a_shell() -> None:
    like = Rule(ANY, (), 0.7, 1.0, 2.0)
    (one, two) = make_rules(["cat", "*"], ["echo 'a b' $HOME", "true"], ["cat", "dog"], like=like)
    assert one == Rule("cat", ("echo", "a b", "$HOME"), 0.7, 1.0, 2.0)
    assert (two.label, two.command) == (ANY, ("true",))


def finished(queue: Queue) -> None:
    finish_all([queue])
    assert queue.is_idle


def test_commands_of_a_folder_run_one_after_the_other_in_order(tmp_path: Path) -> None:
    lines: list[str] = []
    queue = Queue(lines.append, longest=1000)
    for number in range(5):
        queue.add(CommandRun(str(number), ("sh", "-c", f"echo $NUMBER >> {tmp_path / 'out'}"), {"NUMBER": str(number)}))
    finished(queue)
    assert (tmp_path / "out").read_text().split() == ["0", "1", "2", "3", "4"]
    assert lines == []


def test_what_cannot_wait_is_left_out_with_a_line_and_its_files_are_removed(tmp_path: Path) -> None:
    lines: list[str] = []
    queue = Queue(lines.append, longest=0)
    folder = tmp_path / "frame"
    folder.mkdir()
    begin = time.monotonic()
    queue.add(CommandRun("cat", ("sleep", "0.3"), {}))
    queue.add(CommandRun("dog", ("true",), {}, folder))
    assert time.monotonic() - begin < 0.3  # nothing of it waited
    assert lines == ["the command for dog is skipped: the one before still runs"]
    assert not folder.exists()
    finished(queue)


def test_a_program_that_has_gone_is_a_line(tmp_path: Path) -> None:
    lines: list[str] = []
    queue = Queue(lines.append, longest=0)
    queue.add(CommandRun("cat", (str(tmp_path / "gone"),), {}))
    assert lines == [f"the command for cat cannot be started: {tmp_path / 'gone'}: No such file or directory"]
    assert queue.is_idle


class Scripted:
    """Tells of files as the test says; an exception is raised."""

    def __init__(self, *script: list[str] | Exception) -> None:
        self.script = list(script)

    def completed(self, timeout: float) -> list[str]:
        told = self.script.pop(0) if self.script else []
        if isinstance(told, Exception):
            raise told
        return told

    def close(self) -> None:
        pass


def folder_that_tells(monkeypatch: pytest.MonkeyPatch, path: Path, *script: list[str] | Exception) -> Folder:
    monkeypatch.setattr(folders, "_notifier", lambda *_: Scripted(*script))
    return Folder(path, FakeClock())


def names(folder: Folder) -> list[str]:
    found = []
    while (frame := folder.newest(0)) is not None:
        found.append(Path(str(frame.image)).name)
    return found


def test_when_the_kernel_lost_events_the_folder_itself_tells_what_is_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.png", "b.png", "c.png"):
        (tmp_path / name).touch()
    folder = folder_that_tells(monkeypatch, tmp_path, ["a.png"], OverflowedError())
    first = folder.newest(0)
    assert first is not None
    assert set(names(folder)) >= {"b.png", "c.png"}


def test_a_file_that_is_closed_twice_while_it_waits_is_one_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").touch()
    assert names(folder_that_tells(monkeypatch, tmp_path, ["a.png", "a.png"], ["a.png"])) == ["a.png", "a.png"]
    assert names(folder_that_tells(monkeypatch, tmp_path, ["a.png", "b.txt", "c.JPG", "a.png"])) == ["a.png", "c.JPG"]


def test_a_folder_that_is_gone_gives_what_waits_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_that_tells(monkeypatch, tmp_path, ["a.png", "b.png"], FolderGoneError(), FolderGoneError())
    assert [folder.newest(0) is not None for _ in range(2)] == [True, True]
    with pytest.raises(SourceLostError, match=f"the folder {tmp_path} is gone"):
        folder.newest(0)


def test_without_inotify_the_folder_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folders, "Inotify", refuse)
    clock = FakeClock()
    folder = Folder(tmp_path, clock)
    (tmp_path / "a.png").write_bytes(b"half")
    assert folder.newest(1.1) is None  # seen for the first time
    (tmp_path / "a.png").write_bytes(b"half and more")
    assert folder.newest(1.1) is None  # it has grown
    frame = folder.newest(1.1)
    assert frame is not None
    assert os.fspath(str(frame.image)) == str(tmp_path / "a.png")
    assert folder.newest(1.1) is None
