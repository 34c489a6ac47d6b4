"""Real child processes that work, crash, hang or babble: each failure is one typed error, and nothing is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from edgecnn.errors import ContractError
from edgecnn.isolated import child as parent_end
from edgecnn.isolated.child import Child, call
from edgecnn.isolated.failure import ChildError, Ending
from tests.isolated.crew import Convert, Double, Grow, StartSleeper, Unknown, Where

CREW = "tests.isolated.crew:handlers"


@pytest.fixture(autouse=True)
def _found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))


def is_gone(process_id: int) -> bool:
    """Whether a process has ended; one that nobody waits for in a container is a zombie."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_child_answers_one_request_after_the_other() -> None:
    with Child(CREW, timeout=60) as child:
        assert child.ask(Double((1, 2))) == (2, 4)
        assert child.ask(Convert((), "answer")) == "answer"


def test_messages_longer_than_a_pipe_holds_go_through_both_ways() -> None:
    assert call(CREW, Double(tuple(range(60_000))), timeout=60) == tuple(range(0, 120_000, 2))


def test_progress_in_the_child_is_progress_in_the_parent() -> None:
    told: list[tuple[str, float, float | None, str]] = []
    call(CREW, Convert(("read", "write"), "answer"), progress=lambda *step: told.append(step), timeout=60)
    assert told == [("read", 0.0, 2.0, "detail"), ("write", 1.0, 2.0, "detail")]


def test_what_a_library_prints_is_no_answer_and_stdin_is_empty() -> None:
    assert call(CREW, Convert((), "print"), timeout=60) == "print"


@pytest.mark.parametrize(
    ("last", "ending", "words"),
    [
        ("segfault", Ending.SIGNAL, "the converter was ended by SIGSEGV in the step 'lstm detail': F0000 check failed"),
        ("abort", Ending.SIGNAL, "was ended by SIGABRT in the step 'lstm detail': F0000 check failed: rank == 3"),
        ("kill", Ending.SIGNAL, "was ended by SIGKILL, as the kernel does when memory is used up"),
        ("exit", Ending.STATUS, "ended with status 1 in the step 'lstm detail': no such instruction"),
        ("fail", Ending.EXCEPTION, "failed with ValueError: two in the step 'lstm detail'"),
        ("babble", Ending.GARBAGE, "answered garbage: b'Segmentation'"),
        ("babble JSON", Ending.GARBAGE, "answered garbage"),
        ("wrong type", Ending.GARBAGE, "answered garbage"),
        ("drivel", Ending.GARBAGE, "answered garbage: more than 1000 bytes in a line"),
    ],
)
def test_a_child_that_fails_is_one_line_and_nothing_is_left(
    last: str, ending: Ending, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parent_end, "MAX_MESSAGE_BYTES", 1000)
    with Child(CREW, timeout=60) as child:
        place = child.ask(Where())
        with pytest.raises(ChildError) as failed:
            child.ask(Convert(("read", "lstm"), last))
        assert failed.value.ending is ending
        assert words in failed.value.describe("the converter")
        assert "\n" not in failed.value.describe()
        assert is_gone(place.process_id)
        assert not Path(place.temporary).exists()


@pytest.mark.parametrize("last", ["hang", "close"])
def test_a_child_that_is_silent_is_ended(last: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parent_end, "_ENDING_SECONDS", 0.5)
    with Child(CREW, timeout=60) as child:
        place = child.ask(Where())
        child._timeout = 0.5
        with pytest.raises(ChildError) as failed:
            child.ask(Convert((), last))
    assert failed.value.ending is Ending.TIMEOUT
    assert is_gone(place.process_id)


def test_a_child_that_never_reads_does_not_block_a_long_request() -> None:
    with pytest.raises(ChildError, match="did not answer within 0.5 s"):
        call("tests.isolated.crew:hanging", Double(tuple(range(100_000))), timeout=0.5)


def test_an_error_of_edgecnn_is_raised_as_it_was_and_the_child_goes_on() -> None:
    with Child(CREW, timeout=60) as child:
        with pytest.raises(ContractError, match="^the contract is broken$"):
            child.ask(Convert((), "refuse"))
        assert child.ask(Double((4,))) == (8,)


def test_a_child_has_no_more_memory_than_it_may_have() -> None:
    assert call(CREW, Grow(2**28), timeout=60) == 2**28
    with pytest.raises(ChildError, match="needed more memory than it may have") as failed:
        call(CREW, Grow(2**28), memory_bytes=2**28, timeout=60)
    assert failed.value.ending is Ending.MEMORY


@pytest.mark.parametrize("target", ["tests.isolated.nothing:handlers", "tests.isolated.crew:nothing"])
def test_a_target_that_is_not_there_is_quoted(target: str) -> None:
    with pytest.raises(ChildError, match="ended with status 1: .*nothing"):
        call(target, Double(()), timeout=60)


def test_a_request_that_nobody_handles_is_an_error() -> None:
    with pytest.raises(ChildError, match="ended with status 1: KeyError: 'Unknown'"):
        call(CREW, Unknown(), timeout=60)


def test_a_python_that_cannot_be_started_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "python").write_bytes(b"\x7fELF of another processor")
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(ChildError, match="cannot be started: Exec format error"):
        call(CREW, Double(()))


def test_what_a_child_started_is_ended_with_it() -> None:
    with Child(CREW, timeout=60) as child:
        sleeper = child.ask(StartSleeper())
        assert not is_gone(sleeper)
    wait_until(lambda: is_gone(sleeper))


PARENT = """
import sys
from edgecnn.cli.app import TERMINATED_STATUS
from edgecnn.isolated.child import Child
from tests.isolated.crew import Convert, Where
import signal
signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED_STATUS))
with Child("tests.isolated.crew:handlers") as child:
    place = child.ask(Where())
    print(place.process_id, place.temporary, flush=True)
    child.ask(Convert((), "hang"))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_a_parent_that_is_stopped_leaves_no_child(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        child, temporary = process.stdout.readline().split()
        process.send_signal(number)
        process.wait(60)
    wait_until(lambda: is_gone(int(child)))
    if number != signal.SIGKILL:
        assert not Path(temporary).exists()


def test_ctrl_c_at_a_terminal_does_not_reach_the_child() -> None:
    with Child(CREW, timeout=60) as child:
        assert os.getpgid(child.process_id) != os.getpgid(0)
