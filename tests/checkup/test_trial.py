"""What crashes in the child is a line in the parent. The modules that crash are real ones, and so are the processes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from edgecnn.checkup.child import TrialAnswers, try_in_child
from edgecnn.checkup.trial import ImportModule


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that the child finds modules in."""
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{Path(__file__).parents[2]}")
    for name, code in {
        "fine": "print('noise on stdout')",
        "illegal": "import os, signal; os.kill(os.getpid(), signal.SIGILL)",
        "absent_library": "raise ImportError('libopenblas.so.0: cannot open shared object file')",
        "leaves": "import sys; print('last words', file=sys.stderr); sys.stderr.flush(); import os; os._exit(7)",
        "hangs": "import time; time.sleep(600)",
    }.items():
        (tmp_path / f"{name}.py").write_text(code)
    return tmp_path


def test_a_module_that_imports_has_no_trouble_whatever_it_prints(modules: Path) -> None:
    assert try_in_child(ImportModule("fine")) == TrialAnswers((None,), None)


def test_an_illegal_instruction_is_named_and_what_was_tried_before_is_kept(modules: Path) -> None:
    tried = try_in_child(ImportModule("fine"), ImportModule("illegal"), ImportModule("fine"))
    assert tried == TrialAnswers((None,), "illegal instruction (SIGILL)")


def test_an_import_error_is_told_in_one_line_and_the_next_is_tried(modules: Path) -> None:
    tried = try_in_child(ImportModule("absent_library"), ImportModule("fine"))
    assert tried.answers == ("ImportError: libopenblas.so.0: cannot open shared object file", None)
    assert tried.trouble is None


def test_a_process_that_leaves_without_an_answer_is_quoted(modules: Path) -> None:
    assert try_in_child(ImportModule("leaves")) == TrialAnswers((), "last words")


def test_a_process_that_hangs_is_ended(modules: Path) -> None:
    assert try_in_child(ImportModule("hangs"), timeout=2) == TrialAnswers((), "no answer within 2 seconds")


def test_a_python_that_cannot_be_started_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "python").write_bytes(b"\x7fELF of another processor")
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    tried = try_in_child(ImportModule("fine"))
    assert tried.answers == ()
    assert "cannot be started: Exec format error" in (tried.trouble or "")
