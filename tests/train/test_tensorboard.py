"""Logs for TensorBoard."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgecnn.data.cifar10 import Cifar10Arrays


def test_tensorboard_logs_hold_the_history(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path
) -> None:
    import tensorflow as tf

    options = ("--tensorboard", tmp_path / "logs", "--epochs", "2", "--out", tmp_path / "run")
    assert edgecnn("train", *options).status == 0
    (file,) = (tmp_path / "logs").glob("events.*")
    logged = {
        (value.tag, event.step): float(tf.make_ndarray(value.tensor))
        for event in tf.compat.v1.train.summary_iterator(str(file))
        for value in event.summary.value
    }
    history = json.loads((tmp_path / "run" / "history.json").read_text())
    expected = {(name, step): value for name, values in history.items() for step, value in enumerate(values, 1)}
    assert logged == pytest.approx(expected, rel=1e-6)


def test_a_folder_that_cannot_be_made_is_refused_before_the_training(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path
) -> None:
    (tmp_path / "logs").write_text("a file")
    ran = edgecnn("train", "--tensorboard", tmp_path / "logs", "--out", tmp_path / "run")
    assert ran.status == 1
    assert "is not a folder" in ran.err
    assert not (tmp_path / "run").exists()


def test_a_training_that_is_refused_leaves_no_logs(
    edgecnn: Callable[..., Any], small_cifar10: Cifar10Arrays, tmp_path: Path
) -> None:
    ran = edgecnn("train", "--patience", "2", "--tensorboard", tmp_path / "logs", "--out", tmp_path / "run")
    assert (ran.status, "--holdout" in ran.err) == (1, True)
    assert not (tmp_path / "logs").exists()
