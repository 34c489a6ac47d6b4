"""`edgecnn watch` as a whole: real videos and folders, real processes."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.conftest import PATIENCE
from tests.watch.conftest import Watching, write_video


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_each_frame_of_a_lossless_video_gets_exactly_what_predict_says(
    tmp_path: Path, pictures: list[np.ndarray], answers: list[dict[str, Any]], edgecnn: Callable[..., Any]
) -> None:
    video = write_video(tmp_path / "clip.avi", pictures, 2, "FFV1")
    ran = edgecnn("watch", video, "--every-frame", "--json", "--top", "1")
    assert ran.status == 0
    found = lines(ran.out)
    assert [one["frame"] for one in found] == list(range(1, 17))
    for one, expected in zip(found, [answer for answer in answers for _ in range(2)], strict=True):
        assert one["label"] == expected["label"]
        assert one["score"] == pytest.approx(expected["score"], abs=1e-6)
    assert ran.err.startswith("16 frames seen, 16 classified, 0 dropped in ")


@pytest.mark.parametrize(("codec", "suffix"), [("MJPG", "avi"), ("mp4v", "mp4")])
def test_a_video_with_losses_gets_the_same_sure_labels(
    tmp_path: Path,
    pictures: list[np.ndarray],
    answers: list[dict[str, Any]],
    edgecnn: Callable[..., Any],
    codec: str,
    suffix: str,
) -> None:
    video = write_video(tmp_path / f"clip.{suffix}", pictures, 3, codec)
    found = lines(edgecnn("watch", video, "--every-frame", "--json").out)
    sure = [number for number, answer in enumerate(answers) if answer["score"] > 0.6]
    assert len(sure) >= 4
    assert [found[3 * number + 2]["label"] for number in sure] == [answers[number]["label"] for number in sure]


def test_a_played_video_is_classified_at_fps_and_told_in_lines_when_the_label_changes(
    tmp_path: Path, pictures: list[np.ndarray], answers: list[dict[str, Any]], edgecnn: Callable[..., Any]
) -> None:
    video = write_video(tmp_path / "clip.avi", pictures[:2], 15, "FFV1", fps=60)
    ran = edgecnn("watch", video)
    assert [line.split()[0] for line in ran.out.splitlines()] == [answers[0]["label"], answers[1]["label"]]
    assert "inference" in ran.out
    assert "age" in ran.out
    few = edgecnn("watch", video, "--fps", "10", "--json")
    assert 1 < len(lines(few.out)) <= 6
    assert lines(few.out)[-1]["dropped"] >= 20


def test_count_is_a_snapshot(tmp_path: Path, pictures: list[np.ndarray], edgecnn: Callable[..., Any]) -> None:
    video = write_video(tmp_path / "clip.avi", pictures, 1, "FFV1")
    ran = edgecnn("watch", video, "--json", "--count", "1")
    assert (ran.status, len(lines(ran.out))) == (0, 1)


def save(picture: np.ndarray, path: Path) -> bytes:
    Image.fromarray(picture).save(path)
    return path.read_bytes()


@pytest.mark.parametrize("extra", [(), ("--poll", "0.05")], ids=["inotify", "polling"])
def test_a_folder_gives_each_picture_once_when_it_is_whole(
    tmp_path: Path,
    pictures: list[np.ndarray],
    answers: list[dict[str, Any]],
    start: Callable[..., Watching],
    extra: tuple[str, ...],
) -> None:
    folder = tmp_path / "drops"
    folder.mkdir()
    save(pictures[5], folder / "there before.png")
    whole = save(pictures[0], tmp_path / "whole.png")
    watching = start(folder, "--json", "--existing", *extra)
    assert watching.next()["image"] == str(folder / "there before.png")
    with (folder / "slow.png").open("wb", buffering=0) as file:
        file.write(whole[: len(whole) // 2])
        if not extra:  # what comes while it is half-written is told before it
            (folder / "notes.txt").write_text("no picture")
            (folder / ".hidden.png").write_bytes(whole)
            (folder / "broken.png").write_bytes(whole[:100])
            save(pictures[1], tmp_path / "moved.png")
            (tmp_path / "moved.png").rename(folder / "moved.png")
            moved = watching.next()
            assert (moved["image"], moved["label"]) == (str(folder / "moved.png"), answers[1]["label"])
        file.write(whole[len(whole) // 2 :])
    slow = watching.next()
    assert (slow["image"], slow["label"]) == (str(folder / "slow.png"), answers[0]["label"])
    assert slow["score"] == pytest.approx(answers[0]["score"], abs=1e-6)
    assert watching.end() == 0
    if not extra:
        watching.wait_for_error("4 frames seen, 3 classified, 0 dropped, 1 could not be read in ")
        assert any("broken.png cannot be read as an image" in line for line in watching.errors)


def test_a_picture_with_a_name_that_is_no_text_is_told(
    tmp_path: Path, pictures: list[np.ndarray], answers: list[dict[str, Any]]
) -> None:
    drops = tmp_path / "drops"
    drops.mkdir()
    save(pictures[0], drops / os.fsdecode(b"caf\xe9\x1b.png"))
    command = [sys.executable, "-m", "edgecnn", "watch", str(drops), "--existing", "--count", "1"]
    ran = subprocess.run(command, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "utf-8"}, check=False)
    assert ran.returncode == 0, ran.stderr
    assert f"caf\\udce9\\x1b.png: {answers[0]['label']}" in ran.stdout.decode()


def test_a_folder_that_vanishes_is_waited_for(
    tmp_path: Path, pictures: list[np.ndarray], start: Callable[..., Watching]
) -> None:
    folder = tmp_path / "drops"
    folder.mkdir()
    save(pictures[0], folder / "a.png")
    watching = start(folder, "--json", "--existing")
    watching.next()
    shutil.rmtree(folder)
    watching.wait_for_error("is gone; trying again every 1 to 30 seconds")
    folder.mkdir()
    number = 0
    while not any("back" in line for line in watching.errors):  # until it is watched again
        number += 1
        save(pictures[1], tmp_path / "b.png")
        (tmp_path / "b.png").rename(folder / f"b{number}.png")
        watching.process.poll()
    assert watching.next()["image"].startswith(str(folder / "b"))
    assert watching.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_a_stop_is_clean_and_status_0(
    tmp_path: Path, pictures: list[np.ndarray], start: Callable[..., Watching], number: int
) -> None:
    video = write_video(tmp_path / "clip.avi", pictures, 60, "MJPG")
    watching = start(video, "--json", "--fps", "20")
    watching.next()
    assert watching.end(number) == 0
    watching.wait_for_error(" classified, ")
    assert [line for line in watching.errors if "frames seen" not in line] == []


def test_a_label_starts_a_command_with_the_picture_and_its_failure_is_a_line(
    tmp_path: Path,
    pictures: list[np.ndarray],
    answers: list[dict[str, Any]],
    edgecnn: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The names and the label hold what a shell would take apart: they arrive in one piece."""
    monkeypatch.setattr("edgecnn.watch.commands._GRACE_SECONDS", 1.0)
    video = write_video(tmp_path / "clip.avi", pictures[:2], 20, "FFV1")
    out = tmp_path / "out $(touch x)"
    script = (
        "import sys, os, shutil; os.makedirs(sys.argv[1]); shutil.copy(sys.argv[3], sys.argv[1] + '/' + sys.argv[2])"
    )
    label = answers[0]["label"]
    arguments = ["--on", label, "--run", f'"{sys.executable}" -c "{script}" "{out}" "{{label}} {{score}}" {{image}}']
    arguments += ["--on", answers[1]["label"], "--run", "false", "--on", label, "--run", "sleep 60"]
    before = {path.name for path in Path(os.environ.get("TMPDIR", "/tmp")).glob("edgecnn-watch-*")}
    ran = edgecnn("watch", video, "--json", *arguments, "--every-frame", "--fps", "100")
    (saved,) = out.iterdir()
    assert saved.name == f"{label} {answers[0]['score']:.4f}"
    with saved.open("rb") as file:
        assert (np.asarray(Image.open(file)) == pictures[0]).all()
    assert {path.name for path in Path(os.environ.get("TMPDIR", "/tmp")).glob("edgecnn-watch-*")} == before
    assert ran.status == 0
    assert f"edgecnn: the command for {answers[1]['label']} ended with status 1: false" in ran.err.splitlines()
    assert f"edgecnn: the command for {label} was ended by signal 15: sleep 60" in ran.err.splitlines()
    assert len(lines(ran.out)) == 40  # nothing of it waited for the commands


def test_the_documented_command_sorts_a_folder(
    tmp_path: Path,
    pictures: list[np.ndarray],
    answers: list[dict[str, Any]],
    edgecnn: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All at once: the commands wait for each other, and the end waits for them."""
    text = (Path(__file__).parents[2] / "docs" / "watching.md").read_text()
    (command,) = re.findall(r"^edgecnn (watch drops/ .*)$", text, re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    Path("drops").mkdir()
    for number, answer in enumerate(answers):
        save(pictures[number], Path(f"drops/a picture {number}.png"))
        Path("sorted", answer["label"]).mkdir(parents=True, exist_ok=True)
    ran = edgecnn(*shlex.split(command), "--min-score", "0", "--existing", "--count", str(len(answers)))
    assert ran.status == 0
    assert {str(path) for path in Path("sorted").rglob("*.png")} == {
        f"sorted/{answer['label']}/a picture {number}.png" for number, answer in enumerate(answers)
    }
    assert list(Path("drops").iterdir()) == []


def test_the_unit_of_systemd_is_valid_and_runs_the_same_arguments(tmp_path: Path, edgecnn: Callable[..., Any]) -> None:
    text = "printf '%s' \"$EDGECNN_LABEL\" {image}; \\ é"
    ran = edgecnn("watch", tmp_path, "--fps", "2", "--on", "cat", "--run", f"sh -c {text}", "--systemd")
    assert ran.status == 0
    (exec_start,) = (line for line in ran.out.splitlines() if line.startswith("ExecStart="))
    command = exec_start.partition("=")[2]
    assert command.startswith("/")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    assert command.endswith(f' watch {tmp_path} --fps 2 --on cat --run "sh -c {escaped}"')
    assert "Restart=on-failure" in ran.out
    assert "SupplementaryGroups=video" in ran.out
    if shutil.which("systemd-analyze"):
        unit = tmp_path / "edgecnn-watch.service"
        unit.write_text(ran.out)
        verified = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
        assert (verified.returncode, verified.stderr) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("/dev/video97",), 1, "no camera at /dev/video97; cameras here: "),
        (("/dev/null",), 1, "/dev/null gives no pictures"),
        (("nowhere.mp4",), 1, "nothing to watch at nowhere.mp4"),
        (("picture.png",), 1, "edgecnn predict picture.png"),
        (("noise.mp4",), 1, "noise.mp4 cannot be read as a video"),
        (("http://user:secret@127.0.0.1:9/",), 1, "no video stream at http://127.0.0.1:9/;"),
        ((".", "--on", "dgo", "--run", "true"), 1, "did you mean 'dog'"),
        ((".", "--on", "dog", "--run", "no-such-program {label}"), 1, "no such program: 'no-such-program'"),
        ((".", "--on", "dog", "--run", "sh -c 'x"), 1, "No closing quotation"),
        ((".", "--on", "dog"), 2, "each --on LABEL needs a --run CMD"),
        ((".", "--size", "large"), 2, "as 640x480"),
        ((".", "--fps", "0"), 2, "--fps"),
        ((".", "--on", "dog", "--run", "a\nb", "--systemd"), 2, "line break"),
    ],
    ids=lambda value: " ".join(value)[:30] if isinstance(value, tuple) else None,
)
def test_what_cannot_be_watched_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    edgecnn: Callable[..., Any],
    arguments: tuple[str, ...],
    status: int,
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("picture.png").write_bytes(b"")
    Path("noise.mp4").write_bytes(bytes(range(256)) * 40)
    ran = edgecnn("watch", *arguments)
    assert (ran.status, ran.out, len(ran.err.splitlines())) == (status, "", 1)
    assert words in ran.err


def test_without_opencv_a_camera_is_one_line_and_a_folder_works(tmp_path: Path, start: Callable[..., Watching]) -> None:
    (tmp_path / "cv2.py").write_text("raise ImportError('no cv2')")
    (tmp_path / "drops").mkdir()
    blocked = f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    watching = start("/dev/video0", PYTHONPATH=blocked)
    assert watching.process.wait(PATIENCE) == 1
    watching.wait_for_error("pip install 'edgecnn[camera]'")
    Image.new("RGB", (40, 40)).save(tmp_path / "drops" / "a.png")
    folder = start(tmp_path / "drops", "--existing", "--count", "1", "--json", PYTHONPATH=blocked)
    assert folder.next()["image"] == str(tmp_path / "drops" / "a.png")
    assert folder.process.wait(PATIENCE) == 0


def resident_bytes(process_id: int) -> int:
    status = Path(f"/proc/{process_id}/status").read_text()
    return 1024 * int(status.partition("VmRSS:")[2].split()[0])


def test_memory_stays_the_same_over_thousands_of_frames(
    tmp_path: Path, pictures: list[np.ndarray], start: Callable[..., Watching]
) -> None:
    video = write_video(tmp_path / "clip.avi", pictures, 500, "MJPG")
    watching = start(video, "--json", "--every-frame", "--on", "*", "--run", "true", "--cooldown", "0.1")
    used = []
    for number in range(1, 4001):
        watching.next()
        if number % 1000 == 0 and number < 4000:
            used.append(resident_bytes(watching.process.pid))
    assert watching.process.wait(PATIENCE) == 0
    assert used[-1] - used[0] < 2 * 2**20


def test_on_a_terminal_the_newest_answer_is_drawn_in_place(
    tmp_path: Path, pictures: list[np.ndarray], answers: list[dict[str, Any]]
) -> None:
    video = write_video(tmp_path / "clip.avi", pictures[:2], 30, "FFV1", fps=60)
    command = [sys.executable, "-m", "edgecnn", "watch", str(video)]
    controller, terminal = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100", "TERM": "xterm-256color"}
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment) as process:
        os.close(terminal)
        seen = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while chunk := os.read(controller, 4096):
                seen += chunk
    os.close(controller)
    text = seen.decode()
    assert process.returncode == 0
    assert all(answer["label"] in text for answer in answers[:2])
    assert "frames per second" in text
    assert "inference" in text
    assert "\x1b[1A" in text  # it goes back up instead of scrolling
    assert "60 frames seen, " in text.splitlines()[-1]
