"""Files exported here compute the same on an emulated Raspberry Pi 4 and 5."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

import edgecnn
from edgecnn.artifact import open_folder
from edgecnn.data.sample import load_test_sample
from edgecnn.spec import Precision
from tests.fakes.userland import PROCESSORS, Board

pytestmark = pytest.mark.slow

IMAGES, FEW_IMAGES = 500, 50

ANSWER = """
import json, sys, numpy, edgecnn
from edgecnn.data.sample import load_test_sample
images = load_test_sample().images
for name, count in json.loads(sys.argv[1]).items():
    numpy.save(name + ".npy", edgecnn.load("/artifacts/" + name).scores(images[:count]))
"""


def images_for(kind: str, precision: Precision) -> int:
    """Return how many images: a Pi 5 computes integers with other instructions than a Pi 4, floats with the same."""
    is_float = precision in (Precision.FLOAT32, Precision.FLOAT16)
    return FEW_IMAGES if kind == "pi5" and is_float else IMAGES


@pytest.mark.parametrize("kind", PROCESSORS)
def test_every_precision_verifies_on_an_emulated_board(
    boards: dict[str, Board], every_precision: Any, kind: str
) -> None:
    ran = boards[kind].run("python3", "-m", "edgecnn", "verify", "/artifacts")
    lines = ran.stdout.splitlines()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(lines) == 9
    assert all(": ok, SHA-256 fits" in line and "4 same labels" in line for line in lines)


def test_a_changed_file_fails_on_an_emulated_board(boards: dict[str, Board], every_precision: Any) -> None:
    content = bytearray((every_precision.folder / "tutorial_cnn-int8.tflite").read_bytes())
    content[len(content) // 2] ^= 1
    (boards["pi4"].home / "changed.tflite").write_bytes(content)
    ran = boards["pi4"].run("python3", "-m", "edgecnn", "verify", "changed.tflite")
    assert ran.returncode == 1
    assert "SHA-256 differs" in ran.stdout


@pytest.fixture(scope="module")
def answers(boards: dict[str, Board], every_precision: Any) -> dict[tuple[str, str], Any]:
    """Return the scores of each file on each board, by both."""
    artifacts = open_folder(every_precision.folder).artifacts

    def ask(kind: str) -> None:
        counts = {each.path.name: images_for(kind, each.contract.precision) for each in artifacts}
        ran = boards[kind].run("python3", "-c", ANSWER, json.dumps(counts))
        assert ran.returncode == 0, ran.stderr

    with ThreadPoolExecutor() as pool:
        list(pool.map(ask, PROCESSORS))
    names = [each.path.name for each in artifacts]
    return {(kind, name): np.load(boards[kind].home / f"{name}.npy") for kind in PROCESSORS for name in names}


@pytest.mark.parametrize("kind", PROCESSORS)
def test_the_same_images_get_the_same_labels_in_every_precision(
    answers: dict[tuple[str, str], Any], every_precision: Any, kind: str
) -> None:
    for artifact in open_folder(every_precision.folder).artifacts:
        precision, name = artifact.contract.precision, artifact.path.name
        count = images_for(kind, precision)
        here, there = edgecnn.load(artifact.path).scores(load_test_sample().images[:count]), answers[kind, name]
        assert len(there) == count
        assert (here.argmax(axis=1) == there.argmax(axis=1)).all(), name
        if precision is Precision.INT8:
            assert np.abs(here - there).max() <= artifact.contract.output.scale * 1.001, name


@pytest.mark.parametrize("kind", PROCESSORS)
def test_a_picture_is_predicted_on_an_emulated_board(boards: dict[str, Board], kind: str) -> None:
    from PIL import Image

    sample = load_test_sample()
    assert sample.labels is not None
    Image.fromarray(sample.images[0]).save(boards[kind].home / "picture.png")
    ran = boards[kind].run("python3", "-m", "edgecnn", "predict", "picture.png", "--json")
    assert ran.returncode == 0, ran.stderr
    assert sample.class_names[int(sample.labels[0])] in ran.stdout


@pytest.mark.parametrize(("kind", "cpu", "dot"), [("pi4", "Cortex-A72", False), ("pi5", "Cortex-A76", True)])
def test_doctor_starts_other_processes_on_an_emulated_board_and_says_that_it_is_one(
    boards: dict[str, Board], kind: str, cpu: str, dot: bool
) -> None:
    ran = boards[kind].run("python3", "-m", "edgecnn", "doctor", "/artifacts", "--json")
    found = json.loads(ran.stdout)
    assert found["machine"]["emulated"]
    assert found["machine"]["architecture"] == "aarch64"
    assert cpu in found["machine"]["cpu"]
    assert bool(found["machine"]["int8_instructions"]) is dot
    works = {one["name"]: one for one in found["runtimes"]}
    assert "cannot be started" not in ran.stdout
    assert not works["litert"]["trouble"]
    assert not works["onnxruntime"]["trouble"]
