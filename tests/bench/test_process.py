"""Real worker processes that die, hang, babble or work."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgecnn.bench.process import WorkerProcess
from edgecnn.errors import MeasurementError
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading
from edgecnn.runtime.timing import time_calls
from edgecnn.schema import encode


def worker(script: str, timeout: float = 20.0) -> WorkerProcess:
    return WorkerProcess(timeout, (sys.executable, "-c", script))


def test_a_worker_answers_line_by_line() -> None:
    with worker("import sys\nfor line in sys.stdin: print('{\"got\": 1}', flush=True)") as link:
        assert link.ask({"do": "x"}) == {"got": 1}
        assert link.ask({"do": "y"}) == {"got": 1}


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("import os, signal; input(); os.kill(os.getpid(), signal.SIGKILL)", "was ended by SIGKILL"),
        ("import os, signal; input(); os.kill(os.getpid(), signal.SIGSEGV)", "was ended by SIGSEGV"),
        ("input(); raise SystemExit('no such instruction')", "ended with status 1: no such instruction"),
        ("import time; time.sleep(60)", "did not answer within 0.5 s"),
        ("input(); print('Segmentation')", "garbage"),
        ("input(); print('[1]')", "garbage"),
        ('input(); print(\'{"error": "out of memory"}\')', "out of memory"),
    ],
    ids=["killed", "segfault", "exit", "hangs", "babbles", "wrong kind", "reports"],
)
def test_a_worker_that_fails_is_one_clear_error(script: str, words: str) -> None:
    with (
        worker(script, timeout=0.5 if "sleep" in script else 20.0) as link,
        pytest.raises(MeasurementError, match=words),
    ):
        link.ask({"do": "x"})


def test_what_a_runtime_prints_does_not_disturb_the_answers() -> None:
    script = (
        "import os, edgecnn.bench.worker as w\n"
        "def loud(self, **_):\n    os.write(1, b'INFO: noise\\n'); print('more'); return {'fine': True}\n"
        "w.Worker._load = loud\n"
        "w.main()"
    )
    with worker(script) as link:
        assert link.ask({"do": "load"}) == {"fine": True}


def test_an_error_of_edgecnn_in_the_worker_reaches_the_parent_in_its_words(tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", np.zeros((1, 2, 2, 3), np.uint8))
    command = {"do": "load", "path": "nowhere.tflite", "backend": "litert", "threads": 1}
    command |= {"feeding": encode(Feeding()), "loading": encode(KerasLoading()), "images": str(tmp_path / "images.npy")}
    with WorkerProcess(60.0) as link, pytest.raises(MeasurementError, match="no such model file: nowhere.tflite"):
        link.ask(command)


def test_each_call_is_timed_alone() -> None:
    seen: list[int] = []
    samples = time_calls(seen.append, [1, 2, 3])
    assert seen == [1, 2, 3]
    assert len(samples) == 3
    assert all(sample > 0 for sample in samples)


def test_a_worker_classifies_for_as_long_as_it_may_and_says_how_many_are_left(tmp_path: Path) -> None:
    from edgecnn.models.registry import shipped_folder

    images, path = np.random.default_rng(0).integers(0, 256, (200, 32, 32, 3), np.uint8), tmp_path / "images.npy"
    np.save(path, images)
    command: dict[str, Any] = {"do": "load", "path": str(shipped_folder("tutorial_cnn") / "tutorial_cnn-int8.tflite")}
    command |= {
        "backend": "litert",
        "threads": 1,
        "feeding": encode(Feeding()),
        "loading": encode(KerasLoading()),
        "images": str(path),
    }
    with WorkerProcess(60.0) as link:
        link.ask(command)
        every = link.ask({"do": "classify", "images": str(path), "first": 0, "seconds": 60.0})
        assert (len(every["ranked"]), every["left"]) == (200, 0)
        in_a_hurry, left = list[list[int]](), 200
        while left:
            asked = {"do": "classify", "images": str(path), "first": len(in_a_hurry), "seconds": 1e-6}
            found = link.ask(asked)
            assert len(found["ranked"]) == left - found["left"] < 64
            in_a_hurry, left = in_a_hurry + found["ranked"], found["left"]
    assert in_a_hurry == every["ranked"]
