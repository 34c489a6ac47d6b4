"""What scores and labels mean is known to the task alone."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgecnn.contract import Contract, read_contract, seal
from edgecnn.errors import ContractError
from edgecnn.schema import decode, encode
from edgecnn.spec import Format
from edgecnn.task import SINGLE_LABEL, TASKS, find_task, same_answers

ROOT = Path(__file__).parents[1]
DECIDES = re.compile(r"argmax\((axis=-?1)?\)|\bsoftmax\(|CategoricalCrossentropy")


def test_no_other_module_decides_which_class_is_the_answer() -> None:
    files = [path for folder in ("edgecnn", "bench", "export") for path in (ROOT / folder).rglob("*.py")]
    elsewhere = [path for path in files if path.parent.name != "tasks" and DECIDES.search(path.read_text("utf-8"))]
    assert elsewhere == []


@pytest.mark.parametrize("name", TASKS)
def test_what_a_result_keeps_of_answers_and_labels_gives_them_again(name: str) -> None:
    task = find_task(name)
    probabilities = np.random.default_rng(0).random((9, 7), np.float32)
    answers = task.answers(probabilities)
    kept = tuple(tuple(row) for row in task.keep(probabilities))
    assert same_answers(task, task.kept_answers(kept, 7), answers).all()
    flat = tuple(answers.ravel().tolist())
    assert same_answers(task, task.kept_labels(flat, 7), answers).all()


def test_a_contract_names_its_task_where_it_is_not_for_single_labels(contracts: dict[Format, Contract]) -> None:
    contract = contracts[Format.ONNX]
    assert "task" not in encode(contract)
    assert decode(Contract, encode(contract)).task == SINGLE_LABEL
    assert encode(replace(contract, task="other"))["task"] == "other"


def test_a_task_of_a_later_edgecnn_is_refused(
    contracts: dict[Format, Contract], payloads: dict[Format, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "later.onnx"
    path.write_bytes(seal(payloads[Format.ONNX], replace(contracts[Format.ONNX], task="segmentation")))
    with pytest.raises(ContractError, match="task 'segmentation', which is not known here; update edgecnn"):
        read_contract(path)
