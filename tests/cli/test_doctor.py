"""`edgecnn doctor` as it is called: in a process of its own, with the real runtimes or ones that crash."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edgecnn.checkup.examine import Checkup
from edgecnn.models.registry import shipped_folder
from edgecnn.schema import decode
from tests.conftest import Ran

ROOT = Path(__file__).parents[2]
TFLITE = shipped_folder("tutorial_cnn") / "tutorial_cnn-int8.tflite"


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder in front of the installed packages; TensorFlow is an empty one there, which takes less time."""
    folder = tmp_path / "packages"
    (folder / "tensorflow").mkdir(parents=True)
    (folder / "tensorflow/__init__.py").touch()
    return folder


def package(folder: Path, name: str, code: str) -> None:
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(code)


def doctor(packages: Path, folder: Path, *arguments: str | Path) -> Ran:
    ended = subprocess.run(
        [sys.executable, "-m", "edgecnn", "doctor", *map(str, arguments)],
        cwd=folder, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": f"{packages}{os.pathsep}{ROOT}"},
    )  # fmt: skip
    return Ran(ended.returncode, ended.stdout, ended.stderr)


def test_it_finds_the_machine_the_runtimes_and_the_artifacts_of_the_folder(packages: Path, tmp_path: Path) -> None:
    shutil.copy(TFLITE, tmp_path / "mine.tflite")
    ran = doctor(packages, tmp_path)
    assert ran.status == 0, ran.out + ran.err
    for line in ("litert (ai-edge-litert", "onnxruntime (onnxruntime", "mine.tflite runs on litert"):
        assert line in ran.out
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in ran.out
    assert "\n" + "problem" not in ran.out


def test_an_illegal_instruction_in_a_runtime_is_a_line_with_status_1(packages: Path, tmp_path: Path) -> None:
    package(packages, "onnxruntime", "import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    ran = doctor(packages, tmp_path, TFLITE)
    assert ran.status == 1, ran.out + ran.err
    (line,) = (line for line in ran.out.splitlines() if line.startswith("problem"))
    assert "onnxruntime" in line
    assert "illegal instruction (SIGILL)" in line
    assert f"{TFLITE} runs on litert" in ran.out
    assert ran.err == ""


def test_the_json_is_what_the_library_returns(packages: Path, tmp_path: Path) -> None:
    package(packages, "ai_edge_litert", "raise ImportError('GLIBC_2.99 not found')")
    ran = doctor(packages, tmp_path, "--json")
    assert ran.status == 1, ran.err
    found = decode(Checkup, json.loads(ran.out))
    assert json.loads(ran.out)["is_healthy"] is False
    litert = next(one for one in found.runtimes if one.name == "litert")
    assert (litert.is_installed, litert.works) == (True, False)
    assert "GLIBC_2.99" in (litert.trouble or "")
    tried = {trial.backend: trial.trouble for one in found.models for trial in one.trials}
    assert "litert" not in tried
    assert tried["onnxruntime"] is None
    (problem,) = (one for one in found.findings if one.level.value == "problem")
    assert (problem.topic, "pip install" in problem.advice) == ("runtime", True)


def test_where_numpy_cannot_be_imported_that_is_the_problem_and_the_rest_is_told(
    packages: Path, tmp_path: Path
) -> None:
    package(packages, "numpy", "raise ImportError('libopenblas.so.0: cannot open shared object file')")
    ran = doctor(packages, tmp_path)
    assert ran.status == 1, ran.err
    (line,) = (line for line in ran.out.splitlines() if line.startswith("problem"))
    assert "numpy does not import: ImportError: libopenblas.so.0" in line
    assert "system: " in ran.out
    assert ran.err == ""


def test_a_runtime_is_never_imported_in_the_process_itself(packages: Path, tmp_path: Path) -> None:
    note = tmp_path / "processes"
    package(packages, "tflite_runtime", f"import os; open({str(note)!r}, 'a').write(f'{{os.getppid()}}\\n')")
    (packages / "tflite_runtime/interpreter.py").touch()
    command = (
        "import os, sys; from edgecnn.cli.app import run; print(os.getpid()); run(['doctor']); print(*sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": f"{packages}{os.pathsep}{ROOT}"},
    )  # fmt: skip
    lines = ended.stdout.splitlines()
    assert set(note.read_text().split()) == {lines[0]}  # imported by its children alone
    assert not {"ai_edge_litert", "onnxruntime", "tflite_runtime", "tensorflow"} & set(lines[-1].split())


def test_a_path_that_is_not_there_is_a_problem(packages: Path, tmp_path: Path) -> None:
    ran = doctor(packages, tmp_path, "nowhere.tflite")
    assert ran.status == 1
    assert "nowhere.tflite cannot be used: no such model file" in ran.out


def test_help_names_both_and_the_check_up_of_the_input_is_still_there(packages: Path, tmp_path: Path) -> None:
    assert "doctor input" in doctor(packages, tmp_path, "--help").out
    assert "--seen" in doctor(packages, tmp_path, "input", "--help").out
    wrong = doctor(packages, tmp_path, "--jsno")
    assert wrong.status == 2
    assert "No such option" in wrong.err
