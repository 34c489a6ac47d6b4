"""The command line as a whole: help, exit statuses, one-line errors."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from edgecnn.bench.findings import find
from edgecnn.bench.result import read_result
from edgecnn.cli.app import COMMANDS
from edgecnn.data.sample import load_test_sample
from edgecnn.models.registry import shipped_folder
from tests.conftest import PATIENCE


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Return a test image that the shipped model gets right, as a large PNG."""
    sample = load_test_sample()
    path = tmp_path / "picture.png"
    Image.fromarray(sample.images[0]).resize((320, 320), Image.Resampling.NEAREST).save(path)
    return path


def test_help_lists_every_command(edgecnn: Callable[..., Any]) -> None:
    ran = edgecnn("--help")
    assert ran.status == 0
    assert all(f"  {name} " in ran.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_that_teaches(edgecnn: Callable[..., Any], name: str) -> None:
    ran = edgecnn(name, "--help")
    assert ran.status == 0
    assert ran.out.startswith(f"Usage: edgecnn {name}")
    assert len(ran.out.splitlines()) > 6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("exprot",), "did you mean 'export'?"),
        (("export", "--fromats", "onnx"), "--formats"),
        (("predict",), "IMAGES"),
        (("predict", "a.png", "--backend", "onnx-runtime"), "did you mean 'onnxruntime'"),
        (("predict", "a.png", "--threads", "0"), "--threads"),
        (("--verbos",), "--verbos"),
    ],
    ids=["command", "option", "missing argument", "backend", "range", "group option"],
)
def test_bad_usage_is_one_line_and_exit_status_2(
    edgecnn: Callable[..., Any], arguments: tuple[str, ...], words: str
) -> None:
    ran = edgecnn(*arguments)
    assert (ran.status, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 1
    assert words in ran.err


def test_an_error_has_no_traceback_unless_asked_for(edgecnn: Callable[..., Any]) -> None:
    ran = edgecnn("evaluate", "nowhere.tflite")
    assert (ran.status, ran.err) == (1, "edgecnn: no such model file: nowhere.tflite\n")
    with pytest.raises(Exception, match="no such model file"):
        edgecnn("--debug", "evaluate", "nowhere.tflite")


def test_predict_prints_labels_with_per_cents(edgecnn: Callable[..., Any], picture: Path) -> None:
    ran = edgecnn("predict", picture)
    sample = load_test_sample()
    assert sample.labels is not None
    assert ran.status == 0
    assert re.fullmatch(r"\w+ \d+ %, \w+ \d+ %, \w+ \d+ %\n", ran.out)
    assert ran.out.startswith(sample.class_names[sample.labels[0]])


def test_predict_says_which_image_where_there_are_several(edgecnn: Callable[..., Any], picture: Path) -> None:
    ran = edgecnn("predict", picture, picture, "--top", "1")
    assert [line.split(": ")[0] for line in ran.out.splitlines()] == [str(picture)] * 2


@pytest.mark.parametrize("model", ["model.keras", "tutorial_cnn-int8.tflite", "tutorial_cnn-int8.onnx"])
def test_predict_gives_json_from_any_kind_of_model(edgecnn: Callable[..., Any], picture: Path, model: str) -> None:
    ran = edgecnn("predict", picture, "--model", shipped_folder("tutorial_cnn") / model, "--json", "--top", "10")
    (found,) = json.loads(ran.out)
    assert found["image"] == str(picture)
    assert len(found["answers"]) == 10
    assert sum(answer["score"] for answer in found["answers"]) == pytest.approx(1.0, abs=0.03)


def test_predict_of_no_image_is_one_line(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no picture")
    ran = edgecnn("predict", text)
    assert (ran.status, ran.out) == (1, "")
    assert len(ran.err.splitlines()) == 1
    assert "cannot be read as an image" in ran.err


def test_evaluate_prints_top1_loss_and_count(edgecnn: Callable[..., Any]) -> None:
    ran = edgecnn("evaluate", shipped_folder("tutorial_cnn") / "tutorial_cnn-int8.tflite")
    assert ran.status == 0
    found = re.fullmatch(r"top-1 (\S+)% \((\S+) of 2,000\), loss (\S+), CIFAR-10 test sample\n", ran.out)
    assert found
    assert float(found[1]) == pytest.approx(100 * int(found[2].replace(",", "")) / 2000, abs=0.01)


def test_evaluate_takes_an_image_folder(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    sample = load_test_sample()
    assert sample.labels is not None
    for index in range(20):
        folder = tmp_path / sample.class_names[sample.labels[index]]
        folder.mkdir(exist_ok=True)
        Image.fromarray(sample.images[index]).save(folder / f"{index}.png")
    model = shipped_folder("tutorial_cnn") / "tutorial_cnn-int8.tflite"
    found = json.loads(edgecnn("evaluate", model, "--data", tmp_path, "--json").out)
    assert found["images"] == 20
    assert found["correct"] >= 12


def test_evaluate_refuses_a_folder_of_other_classes(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "catt").mkdir()
    model = shipped_folder("tutorial_cnn") / "tutorial_cnn-int8.tflite"
    ran = edgecnn("evaluate", model, "--data", tmp_path)
    assert ran.status == 1
    assert "did you mean 'cat'?" in ran.err


def test_backends_lists_versions_and_extras(edgecnn: Callable[..., Any]) -> None:
    import importlib.metadata

    ran = edgecnn("backends")
    assert importlib.metadata.version("ai-edge-litert") in ran.out
    assert importlib.metadata.version("onnxruntime") in ran.out
    assert "pip install 'edgecnn[tflite-runtime]'" in ran.out
    names = [one["name"] for one in json.loads(edgecnn("backends", "--json").out)]
    assert names == ["litert", "tflite-runtime", "onnxruntime", "openvino", "keras"]


@pytest.mark.slow
def test_the_demo_ends_in_a_table_and_a_sentence_that_says_what_to_deploy(
    edgecnn: Callable[..., Any], tmp_path: Path
) -> None:
    out = tmp_path / "demo"
    ran = edgecnn("demo", "--model", "tutorial_cnn,edge_s", "--quick", "--out", out)
    assert ran.status == 0
    assert "tutorial_cnn in Keras (baseline)" in ran.out
    sentences = find(read_result(out / "result.json")).verdict
    assert all(f"\n{sentence}\n" in ran.out for sentence in sentences)
    deployed = re.match(r"Deploy (tutorial_cnn|edge_s)-\w+\.\w+ on \w+ with 1 thread: median", sentences[0])
    assert deployed
    if deployed[1] == "tutorial_cnn":  # on a busy machine both can be alike in latency, and then the size decides
        better = r"^More accurate: edge_s-\w+\.\w+ on \w+ with 1 thread, \+[3-7]\."
        assert re.search(better, ran.out, re.MULTILINE)
    reports = {"result.json", "report.html", "report.md", "bench.csv", "junit.xml"}
    assert {path.name for path in out.iterdir()} == {"artifacts", *reports}


@pytest.mark.parametrize("model", ["model.keras", "tutorial_cnn-int8.tflite"])
def test_a_runtime_that_announces_itself_is_not_heard(picture: Path, model: str) -> None:
    """In a process of its own, because runtimes speak once."""
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "edgecnn",
        "predict",
        picture,
        "--model",
        shipped_folder("tutorial_cnn") / model,
    ]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    assert len(ran.stdout.splitlines()) == 1


@pytest.mark.slow
def test_on_a_terminal_the_converters_noise_stays_in_the_log(tmp_path: Path) -> None:
    """Rich, which draws the bar, would otherwise pass on what Python code prints. Keras is told another backend."""
    import pty

    command = [sys.executable, "-m", "edgecnn", "export", "--out", str(tmp_path / "out")]
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        command, stdin=terminal, stdout=terminal, stderr=terminal, env={**os.environ, "KERAS_BACKEND": "jax"}
    ) as process:
        os.close(terminal)
        seen = b""
        while True:
            try:
                chunk = os.read(controller, 4096)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            seen += chunk
    os.close(controller)
    text = seen.decode()
    assert process.returncode == 0
    assert "converting to ONNX" in text
    assert "tutorial_cnn-float32.onnx" in text
    log = (tmp_path / "out" / "export.log").read_text()
    assert "tf2onnx" in log
    assert not [word for word in ("tf2onnx", "WARNING", "I0000", "INFO") if word in text]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"])
def test_a_stopped_export_leaves_nothing(tmp_path: Path, number: int, status: int) -> None:
    command: list[str | Path] = [sys.executable, "-m", "edgecnn", "export", "--out", tmp_path / "out"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("converting to TFLite"):
                process.send_signal(number)
        assert process.wait() == status
    assert list(tmp_path.iterdir()) == []


LOSES_A_SIGNAL = """
import signal, sys, threading, time, types
import click
from edgecnn.cli import app
class Converter:
    def __del__(self):
        signal.raise_signal(number)
def command():
    converter = Converter()
    del converter  # Python drops what the handler of the signal raises there
    threading.Event().wait()
number = int(sys.argv.pop())
def set_timer(which, seconds, *interval, set_timer=signal.setitimer):
    set_timer(which, seconds, *interval)
    time.sleep(5 * seconds)  # a busy machine: the timer is early
signal.setitimer = set_timer
app.COMMANDS["convert"] = ""
sys.modules["edgecnn.cli.convert"] = types.SimpleNamespace(command=click.Command("convert", callback=command))
app.main()
"""


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "SIGTERM"])
def test_a_signal_that_a_destructor_loses_stops_the_command_all_the_same(number: int, status: int) -> None:
    command = [sys.executable, "-c", LOSES_A_SIGNAL, "convert", str(int(number))]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert ran.returncode == status


def test_a_narrow_terminal_loses_no_figure(monkeypatch: pytest.MonkeyPatch, edgecnn: Callable[..., Any]) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    assert "pip install 'edgecnn[tflite-runtime]'" in edgecnn("backends").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("export", "tutorial_cnn", "--max-drop", "nan"), "'nan' is not a finite number"),
        (("export", "tutorial_cnn", "--max-latency", "inf"), "'inf' is not a finite number"),
        (("train", "--seed", str(2**32)), "not in the range"),
    ],
)
def test_numbers_that_no_limit_holds_against_are_refused(
    edgecnn: Callable[..., Any], arguments: tuple[str, ...], message: str
) -> None:
    ran = edgecnn(*arguments)
    assert (ran.status, message in ran.err, ran.err.count("\n")) == (2, True, 1)


def test_a_picture_is_not_written_over_a_folder(edgecnn: Callable[..., Any], tmp_path: Path) -> None:
    ran = edgecnn("data", "show", "--data", "sample", "--out", str(tmp_path))
    assert ran.status == 1
    assert f"cannot write {tmp_path}: Is a directory" in ran.err


def test_a_current_folder_that_is_gone_is_one_line(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    ran = subprocess.run(
        ["sh", "-c", f'rmdir "$PWD" && exec {sys.executable} -m edgecnn export tutorial_cnn'],
        cwd=gone,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (1, "edgecnn: the current folder was deleted; change to another\n")
