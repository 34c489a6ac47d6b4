from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from edgecnn.checkup.finding import Level
from edgecnn.checkup.models import ModelState, Trial, find_models, model_findings, try_models
from edgecnn.checkup.needs import too_new
from edgecnn.checkup.runtimes import RuntimeState
from edgecnn.container import split
from edgecnn.contract import read_contract, seal
from edgecnn.models.registry import shipped_folder
from edgecnn.spec import Format
from edgecnn.versions import installed_version, release_numbers

SHIPPED = shipped_folder("tutorial_cnn")
TFLITE, ONNX = SHIPPED / "tutorial_cnn-int8.tflite", SHIPPED / "tutorial_cnn-int8.onnx"
LITERT = RuntimeState("litert", "ai-edge-litert", (Format.TFLITE,), "'edgecnn[litert]'", "2.3.0", True)
ORT = RuntimeState("onnxruntime", "onnxruntime", (Format.ONNX,), "'edgecnn[onnx]'", "1.32.0", True)


def old(path: Path, **needs: str) -> Path:
    """Write the shipped ONNX file anew with a contract that asks for these versions."""
    content = ONNX.read_bytes()
    _, payload, _ = split(content)
    path.write_bytes(seal(payload, replace(read_contract(ONNX), needs=dict(needs))))
    return path


def test_the_files_of_a_folder_are_found_and_others_are_not(tmp_path: Path) -> None:
    shutil.copy(TFLITE, tmp_path / "b.tflite")
    shutil.copy(ONNX, tmp_path / "a.onnx")
    (tmp_path / "notes.txt").write_text("no model")
    assert [Path(one.path).name for one in find_models((), tmp_path)] == ["a.onnx", "b.tflite"]


def test_a_file_that_is_named_twice_is_tried_once(tmp_path: Path) -> None:
    assert len(find_models((TFLITE, TFLITE), tmp_path)) == 1


def test_an_empty_folder_is_a_problem_only_where_it_was_named(tmp_path: Path) -> None:
    assert find_models((), tmp_path) == ()
    (found,) = find_models((tmp_path,), tmp_path)
    assert "no .tflite or .onnx file" in (found.trouble or "")


def test_a_folder_whose_file_was_changed_is_a_problem(shipped_export: object, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    shutil.copytree(shipped_export.folder, folder)  # type: ignore[attr-defined]
    assert {one.trouble for one in find_models((folder,), tmp_path)} == {None}
    file = next(folder.glob("*.onnx"))
    file.write_bytes(file.read_bytes() + b"more")
    (found,) = find_models((folder,), tmp_path)
    assert "SHA-256 differs" in (found.trouble or "")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        pytest.param("gone.tflite", None, "no such model file", id="missing"),
        pytest.param("notes.txt", b"x", "is no model file", id="other"),
        pytest.param("cut.tflite", TFLITE.read_bytes()[:-1000], "", id="cut"),
    ],
)
def test_what_is_no_whole_model_is_a_problem(tmp_path: Path, name: str, content: bytes | None, reason: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    models = try_models(find_models((tmp_path / name,), tmp_path), (LITERT,), 1)
    found = list(model_findings(models, (LITERT,)))
    assert [one.level for one in found] == [Level.PROBLEM]
    assert reason in found[0].what


def test_whole_files_run_on_the_real_runtimes() -> None:
    models = try_models(find_models((TFLITE, ONNX), Path()), (LITERT, ORT), 2)
    assert [one.trials for one in models] == [(Trial("litert"),), (Trial("onnxruntime"),)]
    assert {one.level for one in model_findings(models, (LITERT, ORT))} == {Level.OK}


def test_a_file_of_another_program_that_does_not_run_is_only_a_warning(tmp_path: Path) -> None:
    _, payload, _ = split(ONNX.read_bytes())
    (tmp_path / "foreign.onnx").write_bytes(payload[: len(payload) // 2])
    models = try_models(find_models((), tmp_path), (ORT,), 1)
    (found,) = model_findings(models, (ORT,))
    assert (found.level, models[0].is_foreign, models[0].loads) == (Level.WARNING, True, False)


def test_a_file_that_crashes_the_runtime_does_not_keep_the_others_from_being_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "fake" / "ai_edge_litert"
    fake.mkdir(parents=True)
    (fake / "__init__.py").touch()
    (fake / "interpreter.py").write_text(
        "import os, signal\n"
        "def Interpreter(model_path, num_threads):\n"
        "    if 'bad' in model_path:\n"
        "        os.kill(os.getpid(), signal.SIGILL)\n"
        "    raise RuntimeError('op version')\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{fake.parent}{os.pathsep}{Path(__file__).parents[2]}")
    paths = [tmp_path / name for name in ("a.tflite", "bad.tflite", "c.tflite")]
    for path in paths:
        shutil.copy(TFLITE, path)
    trials = [one.trials[0].trouble or "" for one in try_models(find_models(paths, tmp_path), (LITERT,), 1)]
    assert "op version" in trials[0]
    assert trials[1] == "illegal instruction (SIGILL)"
    assert "op version" in trials[2]


def test_what_nothing_here_runs_is_a_warning_with_the_runtime_to_install() -> None:
    runtimes = (LITERT, replace(ORT, is_installed=False))
    models = try_models(find_models((ONNX,), Path()), runtimes, 1)
    (found,) = model_findings(models, runtimes)
    assert (found.level, found.advice) == (Level.WARNING, "pip install 'edgecnn[onnx]'")


def test_an_operation_that_an_old_runtime_lacks_is_named() -> None:
    runtime = replace(LITERT, name="tflite-runtime", package="tflite-runtime", version="1.13.1")
    found = too_new(TFLITE, runtime)
    assert found is not None
    assert "CONV_2D version 3 came with TensorFlow Lite 1.14" in found
    assert "RESHAPE" not in found
    assert too_new(TFLITE, replace(runtime, version="2.14.0")) is None


def test_an_operator_set_that_an_old_onnx_runtime_lacks_is_named(tmp_path: Path) -> None:
    path = old(tmp_path / "new.onnx", opset="22", ir_version="8")
    assert too_new(path, replace(ORT, version="1.20.1")) == "ai.onnx operator set 22 came with ONNX Runtime 1.21"
    assert too_new(path, replace(ORT, version="1.21.0")) is None
    assert too_new(path, replace(ORT, version=None)) is None


def test_too_new_for_one_runtime_is_a_warning_if_another_runs_it_and_else_a_problem() -> None:
    good, bad = Trial("litert"), Trial("tflite-runtime", "refused", "FULLY_CONNECTED version 12 came with 2.17")
    (fine, warning) = model_findings((ModelState("m.tflite", Format.TFLITE, None, (good, bad)),), (LITERT,))
    assert (fine.level, warning.level, warning.advice) == (Level.OK, Level.WARNING, "use litert")
    assert "m.tflite is too new for tflite-runtime: FULLY_CONNECTED version 12" in warning.what
    (problem,) = model_findings((ModelState("m.tflite", Format.TFLITE, None, (bad,)),), (LITERT,))
    assert problem.level is Level.PROBLEM
    assert "update tflite-runtime" in problem.advice


def test_versions_compare_by_their_numbers() -> None:
    assert release_numbers("2.14.0rc1") == release_numbers("2.14")
    assert release_numbers("1.9") < release_numbers("1.32.0.dev20251001")
    assert release_numbers(installed_version("numpy") or "") >= (1, 26)
