"""Limits on size and latency, what a target chooses, and what is refused before anything is made."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgecnn.contract import read_contract
from edgecnn.errors import ExportError
from edgecnn.export.limits import ExportLimits, check_limits
from edgecnn.export.target import TARGETS, choices, find_target
from edgecnn.limits import LimitResult, Outcome
from edgecnn.spec import Quantization
from tests.conftest import grey_images, save_npz

Run = Callable[..., Any]


class Instant:
    """As much of a classifier as a clock needs."""

    def predict(self, images: np.ndarray) -> np.ndarray:
        return images


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        (ExportLimits(), []),
        (ExportLimits(max_size=1000), [("size", Outcome.HOLDS)]),
        (ExportLimits(max_size=999), [("size", Outcome.DOES_NOT_HOLD)]),
        (ExportLimits(max_latency=10.0), [("latency", Outcome.HOLDS)]),
        (ExportLimits(max_latency=1e-12), [("latency", Outcome.DOES_NOT_HOLD)]),
        (ExportLimits(max_size=2000, max_latency=1e-12), [("size", Outcome.HOLDS), ("latency", Outcome.DOES_NOT_HOLD)]),
    ],
)
def test_a_limit_holds_or_not(limits: ExportLimits, expected: list[tuple[str, Outcome]]) -> None:
    images = np.zeros((3, 2, 2, 1), np.uint8)
    found = check_limits(Instant(), 1000, images, limits)  # type: ignore[arg-type]
    assert [(one.figure, one.outcome) for one in found] == expected
    assert all(one.low <= one.value <= one.high for one in found)


def test_a_limit_says_what_was_found() -> None:
    assert LimitResult("size", Outcome.DOES_NOT_HOLD, 700e3, 727e3, 727e3, 727e3).sentence == (
        "does not hold: 727,000 bytes, limit 700,000"
    )
    assert (
        "median 2 ms here (1.9 to 2.1), limit 5 ms"
        in LimitResult("latency", Outcome.HOLDS, 5e-3, 2e-3, 1.9e-3, 2.1e-3).sentence
    )


def test_a_file_beyond_a_limit_is_kept_apart_and_the_status_is_3(edgecnn: Run, own: Any, tmp_path: Path) -> None:
    ran = edgecnn(
        "export", own.model, "--int8", "--formats", "tflite", "--out", tmp_path / "out", "--max-size", "1kB",
        "--calibration", own.calibration, "--evaluation", own.evaluation, "--max-drop", "5",
    )  # fmt: skip
    assert ran.status == 3
    assert "rejected/grey_levels-int8.tflite does not hold" in ran.out
    assert (tmp_path / "out" / "rejected" / "grey_levels-int8.tflite").is_file()
    assert (tmp_path / "out" / "grey_levels-float32.tflite").is_file()


def test_where_all_files_were_rejected_there_is_nothing_to_verify(edgecnn: Run, own: Any, tmp_path: Path) -> None:
    ran = edgecnn(
        "export", own.model, "--formats", "tflite", "--out", tmp_path / "out", "--max-size", "1kB",
        "--evaluation", own.evaluation,
    )  # fmt: skip
    assert ran.status == 3
    ran = edgecnn("verify", tmp_path / "out")
    assert (ran.status, ran.out) == (1, "")
    assert "no artifact that its gate accepted" in ran.err


def test_without_labels_the_agreement_decides(edgecnn: Run, own: Any, tmp_path: Path) -> None:
    dataset = grey_images(300, seed=9)
    np.savez(tmp_path / "unlabelled.npz", images=dataset.images)
    ran = edgecnn(
        "export", own.model, "--int8", "--formats", "tflite", "--out", tmp_path / "out", "--json",
        "--calibration", own.calibration, "--evaluation", tmp_path / "unlabelled.npz", "--min-agreement", "90",
    )  # fmt: skip
    assert ran.status == 0
    manifest = json.loads(ran.out)
    gate = manifest["artifacts"][1]["gate"]
    assert (gate["outcome"], gate["drop"], manifest["keras"]["correct"]) == ("holds", None, None)
    assert gate["agreement"]["percent"] > 90


def test_a_model_that_guesses_is_not_exported(edgecnn: Run, own: Any, tmp_path: Path) -> None:
    """Its labels are turned: every gate would hold from chance to chance."""
    dataset = grey_images(300, seed=9)
    assert dataset.labels is not None
    turned = save_npz(tmp_path / "turned.npz", type(dataset)(
        dataset.name, dataset.images, (dataset.labels + 1) % 3, dataset.class_names, dataset.ids
    ))  # fmt: skip
    arguments = ("export", own.model, "--formats", "tflite", "--out", tmp_path / "out", "--evaluation", turned)
    ran = edgecnn(*arguments)
    assert ran.status == 1
    assert "edgecnn doctor input" in ran.err.splitlines()[-1]
    assert not (tmp_path / "out").exists()
    assert edgecnn(*arguments, "--min-top1", "0").status == 0


@pytest.mark.parametrize("name", TARGETS)
def test_a_target_says_what_it_chose_and_why(name: str) -> None:
    made, sentences = choices(find_target(name), Quantization(), activations=None)
    assert made.activations == ("uint8" if name == "x86" else "int8")
    assert sentences[0].startswith(f"target {name} ")
    assert ("dot-product" in sentences[0]) == (name != "generic")
    overridden, why = choices(find_target(name), Quantization(), activations="uint8")
    assert overridden.activations == "uint8"
    assert "as asked for" in why[1]


def test_an_unknown_target_is_an_error() -> None:
    with pytest.raises(ExportError, match="did you mean 'pi5'"):
        find_target("pi55")


@pytest.mark.parametrize("edges", ["uint8", "int8", "float32"])
def test_the_edges_of_int8_files_are_those_that_were_asked_for(
    edgecnn: Run, own: Any, tmp_path: Path, edges: str
) -> None:
    ran = edgecnn(
        "export", own.model, "--int8", "--out", tmp_path / "out", "--io", edges, "--max-drop", "5",
        "--calibration", own.calibration, "--evaluation", own.evaluation,
    )  # fmt: skip
    assert ran.status == 0
    for suffix in ("tflite", "onnx"):
        contract = read_contract(tmp_path / "out" / f"grey_levels-int8.{suffix}")
        assert (contract.input.dtype, contract.output.dtype) == (edges, edges)
        assert contract.quantization is not None
        assert contract.target == "generic"
