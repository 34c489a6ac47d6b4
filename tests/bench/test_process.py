"""Real worker processes. How a process can fail is tested in `tests/isolated`."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgecnn.bench.case import Case
from edgecnn.bench.process import WorkerProcess
from edgecnn.bench.requests import (
    Classify,
    Load,
    ReadFeeding,
    ReadMemory,
    Rest,
    TimeBatches,
    TimeCalls,
    TimePacedCalls,
)
from edgecnn.errors import MeasurementError
from edgecnn.feeding import Feeding
from edgecnn.models.registry import shipped_folder
from edgecnn.runtime.timing import time_calls
from edgecnn.spec import Precision
from tests.conftest import PATIENCE


def shipped_case(**fields: Any) -> Case:
    path = shipped_folder("tutorial_cnn") / "tutorial_cnn-int8.tflite"
    return replace(Case("int8", str(path), "", "litert", Precision.INT8, 1), **fields)


@pytest.fixture
def images(tmp_path: Path) -> str:
    path = tmp_path / "images.npy"
    np.save(path, np.random.default_rng(0).integers(0, 256, (200, 32, 32, 3), np.uint8))
    return str(path)


def test_an_error_of_edgecnn_in_the_worker_reaches_the_parent_in_its_words(images: str) -> None:
    with WorkerProcess(PATIENCE) as link, pytest.raises(MeasurementError, match="^no such model file: nowhere.tflite"):
        link.ask(Load(shipped_case(path="nowhere.tflite"), images))


def test_a_worker_that_hangs_is_one_clear_error(images: str) -> None:
    with WorkerProcess(0.01) as link, pytest.raises(MeasurementError, match="^the worker did not answer within 0.01 s"):
        link.ask(Load(shipped_case(), images))


def test_a_worker_that_cannot_start_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(MeasurementError, match="^the worker cannot be started: No such file"):
        WorkerProcess(PATIENCE)


def test_each_call_is_timed_alone() -> None:
    seen: list[int] = []
    samples = time_calls(seen.append, [1, 2, 3])
    assert seen == [1, 2, 3]
    assert len(samples) == 3
    assert all(sample > 0 for sample in samples)


def test_a_worker_answers_every_request(images: str) -> None:
    with WorkerProcess(PATIENCE) as link:
        loaded = link.ask(Load(shipped_case(), images))
        assert link.started_ns < loaded.ready_ns
        assert min(loaded.import_ns, loaded.load_ns, loaded.first_ns, loaded.bare_bytes or 0) > 0
        assert len(link.ask(TimeCalls(warm_up=3, count=7))) == 7
        assert len(link.ask(TimePacedCalls(fps=1000.0, count=5)).samples_ns) == 5
        assert len(link.ask(TimeBatches(size=3, count=2))) == 2
        assert (link.ask(ReadMemory()) or 0) > 0
        assert link.ask(ReadFeeding()) == Feeding()  # the file says all about itself
        link.ask(Rest(0.0))


def test_a_worker_classifies_for_as_long_as_it_may_and_says_how_many_are_left(images: str) -> None:
    with WorkerProcess(PATIENCE) as link:
        link.ask(Load(shipped_case(), images))
        every = link.ask(Classify(images, first=0, seconds=PATIENCE))
        assert (len(every.ranked), every.left) == (200, 0)
        in_a_hurry, left = tuple[tuple[int, ...], ...](), 200
        while left:
            part = link.ask(Classify(images, first=len(in_a_hurry), seconds=1e-6))
            assert len(part.ranked) == left - part.left < 64
            in_a_hurry, left = in_a_hurry + part.ranked, part.left
    assert in_a_hurry == every.ranked
