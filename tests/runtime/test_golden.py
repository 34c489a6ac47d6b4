"""An artifact can be verified wherever it was copied to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import edgecnn
from edgecnn.artifact import open_folder
from edgecnn.container import split
from edgecnn.contract import read_contract, seal
from edgecnn.data.sample import load_test_sample
from edgecnn.errors import ContractError
from edgecnn.runtime.backend import BACKENDS
from edgecnn.runtime.golden import MAX_SIDE, compare_golden, make_golden

Run = Callable[..., Any]


def installed(path: Path) -> bool:
    kind = read_contract(path).format
    return any(backend.is_installed and kind in backend.formats for backend in BACKENDS.values())


@pytest.fixture
def artifact(folder: Path, tmp_path: Path) -> Path:
    """Return a copy of an int8 artifact, with the golden images of where it was made."""
    return Path(shutil.copy(folder / "tutorial_cnn-int8.tflite", tmp_path / "copy.tflite"))


def with_golden(path: Path, **changes: Any) -> Path:
    """Change the golden images of an artifact and seal it again."""
    contract = read_contract(path)
    assert contract.golden is not None
    _, payload, _ = split(path.read_bytes())
    path.write_bytes(seal(payload, replace(contract, golden=replace(contract.golden, **changes))))
    return path


def test_every_artifact_verifies_here_in_one_line_each(edgecnn: Run, folder: Path) -> None:
    files = [artifact.path for artifact in open_folder(folder).artifacts if installed(artifact.path)]
    ran = edgecnn("verify", *files)
    lines = ran.out.splitlines()
    assert (ran.status, len(lines)) == (0, len(files) > 0 and len(files))
    assert all(": ok, SHA-256 fits, 4 golden images on " in line and "4 same labels" in line for line in lines)


@pytest.mark.parametrize("place", [0.1, 0.5, 0.9, 0.999])
def test_one_changed_byte_fails(edgecnn: Run, artifact: Path, place: float) -> None:
    content = bytearray(artifact.read_bytes())
    content[int(place * len(content))] ^= 1
    artifact.write_bytes(content)
    ran = edgecnn("verify", artifact)
    assert ran.status == 1
    assert "FAILED" in ran.out
    assert len(ran.err.splitlines()) == 1


def test_other_answers_than_where_it_was_made_fail_with_status_3(edgecnn: Run, artifact: Path) -> None:
    golden = read_contract(artifact).golden
    assert golden is not None
    step = read_contract(artifact).output.scale
    wrong = tuple(tuple(score + 3 * step for score in row) for row in golden.scores)
    ran = edgecnn("verify", with_golden(artifact, scores=wrong))
    assert ran.status == 3
    assert "FAILED" in ran.out
    near = tuple(tuple(score - step for score in row) for row in golden.scores)
    assert edgecnn("verify", with_golden(artifact, scores=near)).status == 0


def test_json_tells_the_same(edgecnn: Run, artifact: Path) -> None:
    (row,) = json.loads(edgecnn("verify", artifact, "--json").out)
    assert (row["holds"], row["images"], row["same_labels"]) == (True, 4, 4)
    assert 0 <= row["worst_share_of_tolerance"] <= 1


@pytest.mark.parametrize(
    "changes",
    [
        {"shape": (4, 9999, 9999, 3)},
        {"shape": (4, 32, 32, 1)},
        {"shape": (5, 32, 32, 3)},
        {"shape": (17, 32, 32, 3), "scores": ((0.0,) * 10,) * 17},
        {"shape": (0, 32, 32, 3), "scores": ()},
        {"shape": (4, 64, 64, 3)},
        {"pixels": "no base64!"},
        {"pixels": "AAAA"},
    ],
    ids=str,
)
def test_golden_images_that_do_not_fit_are_refused(artifact: Path, changes: dict[str, Any]) -> None:
    classifier = edgecnn.load(with_golden(artifact, **changes))
    with pytest.raises(ContractError, match="golden images"):
        compare_golden(classifier)


def test_a_file_without_golden_images_says_so(artifact: Path) -> None:
    _, payload, _ = split(artifact.read_bytes())
    artifact.write_bytes(seal(payload, replace(read_contract(artifact), golden=None)))
    with pytest.raises(ContractError, match="carries no golden images"):
        compare_golden(edgecnn.load(artifact))


def test_large_pictures_are_stored_small() -> None:
    class Large:
        shape = (224, 160, 3)

        def scores(self, images: np.ndarray) -> np.ndarray:
            assert images.shape == (2, 224, 160, 3)
            return images.reshape(2, -1)[:, :5].astype(np.float32)

    images = np.random.default_rng(0).integers(0, 256, (2, 224, 160, 3), np.uint8)
    golden = make_golden(Large(), images)  # type: ignore[arg-type]  # as much of a classifier as it needs
    assert golden.shape[0] == 2
    assert max(golden.shape[1:3]) <= MAX_SIDE
    assert len(golden.pixels) < 2 * 4 / 3 * MAX_SIDE * MAX_SIDE * 3 * 1.1
    assert golden.scores[0][:3] == tuple(images[0, 0, 0].astype(float))


def test_golden_images_come_from_the_evaluation_images(artifact: Path) -> None:
    golden = read_contract(artifact).golden
    assert golden is not None
    sample = load_test_sample()
    expected = sample.images[np.linspace(0, len(sample) - 1, 4).astype(int)]
    made = make_golden(edgecnn.load(artifact), expected)
    assert (made.shape, made.pixels) == (golden.shape, golden.pixels)
