"""Whole runs in processes of their own: backends that misbehave, a kill, Ctrl-C, foreign files, a profile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgecnn.bench.findings import find
from edgecnn.bench.journal import JOURNAL_NAME
from edgecnn.bench.result import Result, read_result
from edgecnn.container import split
from edgecnn.data.cifar10 import CLASS_NAMES
from edgecnn.data.sample import load_test_sample
from edgecnn.models.registry import shipped_folder

FILE = shipped_folder("tutorial_cnn") / "tutorial_cnn-int8.tflite"
SHORT = ("--processes", "2", "--rounds", "6", "--min-samples", "12", "--min-seconds", "0.05", "--seed", "1")

PLUGIN = """
import os, signal, time
from dataclasses import replace
from edgecnn.runtime.backend import BACKENDS
from edgecnn.runtime.litert import open_litert


class Session:
    def __init__(self, session, act):
        self.session, self.act, self.calls = session, act, 0

    def run(self, tensor):
        self.calls += 1
        if self.calls > 2100:  # after all images, in the middle of the rounds
            self.act()
        return self.session.run(tensor)


def opener(act):
    return lambda path, threads, description: Session(open_litert(path, threads, description), act)


def kill(number):
    return lambda: os.kill(os.getpid(), number)


def babble():
    for descriptor in range(3, 64):  # wherever the answers go
        try:
            os.write(descriptor, b"Segmentation\\n")
        except OSError:
            pass


open_killed = opener(kill(signal.SIGKILL))
open_segfault = opener(kill(signal.SIGSEGV))
open_hangs = opener(lambda: time.sleep(600))
open_babbles = opener(babble)
made = {name: replace(BACKENDS["litert"], name=name, opener=f"misbehaving:open_{name}")
        for name in ("killed", "segfault", "hangs", "babbles")}
killed, segfault, hangs, babbles = made.values()
"""


def command(out: Path, *arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "edgecnn", "bench", *map(str, arguments), *SHORT, "--out", str(out)]


def stop_when(process: subprocess.Popen[bytes], number: int, ready: Callable[[], bool]) -> int:
    """Send a signal as soon as something is so, and return how the process ended."""
    deadline = time.monotonic() + 600
    while not ready():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(number)
    return process.wait(600)


@pytest.fixture
def plugins(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which four backends are installed that do not do what a backend does."""
    info = tmp_path / "plugins" / "misbehaving-0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: misbehaving\nVersion: 0\n")
    names = ("killed", "segfault", "hangs", "babbles")
    points = "\n".join(f"{name} = misbehaving:{name}" for name in names)
    (info / "entry_points.txt").write_text(f"[edgecnn.backends]\n{points}\n")
    (tmp_path / "plugins" / "misbehaving.py").write_text(PLUGIN)
    path = os.pathsep.join([str(tmp_path / "plugins"), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": path}


@pytest.mark.slow
def test_what_is_killed_crashes_hangs_or_babbles_is_a_row_and_the_rest_is_complete(
    tmp_path: Path, plugins: dict[str, str]
) -> None:
    backends = ("litert", "killed", "segfault", "hangs", "babbles")
    arguments = (FILE, "--backends", ",".join(backends), "--timeout", "5")
    subprocess.run(command(tmp_path / "out", *arguments), env=plugins, check=True, capture_output=True)
    result = read_result(tmp_path / "out" / "result.json")
    errors = {one.case.backend: one.error or "" for one in result.cases if one.case.role.value == "candidate"}
    assert "SIGKILL" in errors["killed"]
    assert "SIGSEGV" in errors["segfault"]
    assert "did not answer within 5 s" in errors["hangs"]
    assert "garbage" in errors["babbles"]
    (baseline, *_) = find(result).summaries
    assert baseline.case.backend == "litert"
    assert [len(process.rounds_ns) for process in baseline.raw.processes] == [6, 6]
    report = (tmp_path / "out" / "report.md").read_text()
    for error in errors.values():
        assert error in report.replace("\\", "")


def without_identity(result: Result) -> dict[str, Any]:
    return {"cases": [one.case for one in result.cases], "settings": result.settings, "images": result.images.sha256}


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_and_loses_no_finished_pass(tmp_path: Path) -> None:
    journal = tmp_path / "out" / JOURNAL_NAME
    arguments = command(tmp_path / "out", FILE, "--backends", "litert")
    with subprocess.Popen(arguments, stderr=subprocess.DEVNULL) as process:
        ended = stop_when(process, signal.SIGKILL, lambda: journal.is_file() and '"pass 0"' in journal.read_text())
    assert ended == -signal.SIGKILL
    kept = [json.loads(line) for line in journal.read_text().splitlines()[1:]]
    (first,) = (line["record"] for line in kept if line["step"] == "pass 0")
    other = subprocess.run([*arguments, "--resume", "--fps", "15"], capture_output=True, text=True, check=False)
    assert other.returncode == 1
    assert "of a run with other files, settings, images or versions" in other.stderr
    subprocess.run([*arguments, "--resume"], check=True, capture_output=True)
    result = read_result(tmp_path / "out" / "result.json")
    assert result.is_complete
    for one, recorded in zip(result.cases, first["cases"], strict=True):
        assert one.raw is not None
        assert [list(samples) for samples in one.raw.processes[0].rounds_ns] == recorded["process"]["rounds_ns"]
        assert len(one.raw.processes) == 2
    assert not journal.exists()


@pytest.mark.slow
def test_ctrl_c_writes_the_reports_of_what_there_is(tmp_path: Path) -> None:
    journal = tmp_path / "out" / JOURNAL_NAME
    with subprocess.Popen(command(tmp_path / "out", FILE, "--backends", "litert"), stderr=subprocess.PIPE) as process:
        ended = stop_when(process, signal.SIGINT, lambda: journal.is_file() and '"pass 0"' in journal.read_text())
        assert process.stderr is not None
        assert process.stderr.read().decode().splitlines()[-1] == "edgecnn: stopped"
    assert ended == 130
    result = read_result(tmp_path / "out" / "result.json")
    assert not result.is_complete
    assert len(find(result).summaries) == 2
    assert (tmp_path / "out" / "report.html").is_file()


def test_a_file_that_edgecnn_did_not_make_is_measured_by_what_is_stated(
    edgecnn: Callable[..., Any], tmp_path: Path
) -> None:
    _, payload, _ = split(FILE.read_bytes())
    foreign = tmp_path / "foreign.tflite"
    foreign.write_bytes(payload)
    (tmp_path / "labels.txt").write_text("\n".join(CLASS_NAMES))
    ran = edgecnn(
        "bench", foreign, FILE, "--labels", tmp_path / "labels.txt", "--backends", "litert", *SHORT, "--out", tmp_path
    )
    assert ran.status == 0, ran.err
    result = read_result(tmp_path / "result.json")
    stated, _, own = find(result).summaries
    assert (stated.case.is_foreign, own.case.is_foreign) == (True, False)
    assert stated.raw.ranked == own.raw.ranked
    assert any("foreign.tflite: " in note for note in result.notes)


@pytest.mark.slow
def test_a_profile_names_keras_layers_and_the_peaks_are_measured_once_for_a_runtime(
    edgecnn: Callable[..., Any], shipped_export: Any, tmp_path: Path
) -> None:
    ran = edgecnn("bench", shipped_export.folder, "--backends", "litert", *SHORT, "--profile", "--out", tmp_path)
    assert ran.status == 0, ran.err
    result = read_result(tmp_path / "result.json")
    profiles = [one.raw.profile for one in result.cases if one.raw is not None and one.raw.profile is not None]
    assert len(profiles) == 2
    assert profiles[0].peaks == profiles[1].peaks
    assert {"conv2d_6", "dense_4"} <= {operation.layer for operation in profiles[0].operations}
    assert "conv2d_6" in (tmp_path / "report.html").read_text()


def test_nothing_can_be_stated_about_what_edgecnn_made(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    ran = edgecnn("bench", FILE, "--scale", "0..1", "--backends", "litert", "--out", tmp_path / "out")
    assert (ran.status, ran.out) == (1, "")
    assert "preprocessing cannot be stated for what edgecnn made" in ran.err
    assert not (tmp_path / "out").exists()


def test_limits_that_no_artifact_keeps_to_end_with_3(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    ran = edgecnn("bench", FILE, "--backends", "litert", *SHORT, "--max-size", "1kB", "--out", tmp_path)
    assert ran.status == 3
    assert "no artifact is shown to meet the limits" in ran.err.splitlines()[-1]
    assert (tmp_path / "junit.xml").read_text().count("<failure") >= 1


def test_limits_hold_on_each_of_the_machines(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    limited = ("--on", "here", "--max-size", "1kB")
    ran = edgecnn("bench", FILE, "--backends", "litert", *SHORT, *limited, "--out", tmp_path)
    assert ran.status == 3
    assert "no artifact is shown to meet the limits" in ran.err.splitlines()[-1]


def test_a_drop_of_accuracy_that_nobody_can_see_is_not_shown_to_be_small(
    edgecnn: Callable[..., Any], tmp_path: Path
) -> None:
    np.savez(tmp_path / "unlabelled.npz", images=load_test_sample().images[:16])
    arguments = ("bench", FILE, "--data", tmp_path / "unlabelled.npz", "--backends", "litert", *SHORT)
    ran = edgecnn(*arguments, "--max-drop", "1", "--out", tmp_path / "out")
    assert ran.status == 3
    assert "accuracy could not be compared with the original model's" in ran.err.splitlines()[-1]
    assert "Deploy " in ran.out  # by the other figures


def test_a_run_that_was_stopped_is_not_written_over_without_a_word(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / JOURNAL_NAME).write_text("")
    ran = edgecnn("bench", FILE, "--backends", "litert", *SHORT, "--out", tmp_path)
    assert ran.status == 0
    assert f"{tmp_path} has a stopped run; it will be overwritten (--resume continues it)" in ran.err
    assert not (tmp_path / JOURNAL_NAME).exists()
