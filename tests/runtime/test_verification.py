"""Verifying files as a library does it: a value for each, and one error in the end."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from edgecnn.errors import ArtifactError, ContractError, GateError
from edgecnn.runtime.golden import Deviation
from edgecnn.runtime.verification import Verification, check, find_files, verify

GOOD = Verification(Path("good.tflite"), "litert", Deviation(images=4, worst=0.5, same_labels=4))
OFF = Verification(Path("off.tflite"), "litert", Deviation(images=4, worst=1.5, same_labels=3))
BROKEN = Verification(Path("broken.tflite"), error=ContractError("its seal does not fit"))


def test_a_folder_stands_for_its_artifacts_and_a_file_for_itself(folder: Path, tmp_path: Path) -> None:
    lone = tmp_path / "lone.onnx"
    files = find_files((folder, lone))
    assert files[-1] == lone
    assert {file.parent for file in files[:-1]} == {folder}
    assert len(files) > 2


def test_one_file_that_cannot_be_read_does_not_stop_the_others(folder: Path, tmp_path: Path) -> None:
    whole = shutil.copy(folder / "tutorial_cnn-int8.tflite", tmp_path / "whole.tflite")
    absent, verified = verify((tmp_path / "absent.tflite", Path(whole)))
    assert not absent.holds
    assert isinstance(absent.error, ArtifactError)
    assert verified.error is None
    assert verified.holds
    assert verified.deviation is not None
    assert verified.deviation.images == 4


def test_files_that_all_hold_raise_nothing() -> None:
    check(())
    check((GOOD,))


def test_a_file_that_computes_something_else_is_a_gate_that_does_not_hold() -> None:
    with pytest.raises(GateError, match=r"off\.tflite does not compute here"):
        check((GOOD, OFF))


def test_an_error_goes_before_a_gate() -> None:
    with pytest.raises(ContractError, match="its seal does not fit"):
        check((OFF, BROKEN, OFF))
