"""From scores to labels."""

from __future__ import annotations

import numpy as np
import pytest

from edgecnn.task import Answer
from edgecnn.tasks.single_label import TASK, softmax


def test_answers_come_best_first() -> None:
    scores = np.array([0.25, 0.5, 0.125], np.float32)
    expected = (Answer("b", 0.5), Answer("a", 0.25), Answer("c", 0.125))
    assert TASK.top(scores, ("a", "b", "c"), 3) == expected


def test_of_equal_scores_the_earlier_label_comes_first() -> None:
    scores = np.array([0.1, 0.4, 0.1, 0.4, 0.1], np.float32)
    assert [answer.label for answer in TASK.top(scores, tuple("abcde"), 5)] == list("bdace")


def test_a_thousand_ties_keep_the_order_of_the_labels() -> None:
    """Sorting methods that are stable for a few values need not be for many."""
    scores = np.tile(np.array([0.0, 0.5], np.float32), 500)
    labels = tuple(str(number) for number in range(1000))
    assert [answer.label for answer in TASK.top(scores, labels, 1000)] == [*labels[1::2], *labels[::2]]


@pytest.mark.parametrize(("count", "given"), [(0, 0), (1, 1), (2, 2), (9, 3)], ids=str)
def test_as_many_answers_come_as_are_asked_for_or_there_are_labels(count: int, given: int) -> None:
    assert len(TASK.top(np.ones(3, np.float32), ("a", "b", "c"), count)) == given


def test_scores_are_plain_numbers() -> None:
    assert type(TASK.top(np.ones(1, np.float32), ("a",), 1)[0].score) is float


@pytest.mark.parametrize("shape", [(5,), (3, 5), (2, 3, 5), (0, 5)], ids=str)
def test_softmax_is_the_formula_over_the_last_axis(shape: tuple[int, ...]) -> None:
    logits = np.random.default_rng(0).normal(0, 3, shape).astype(np.float32)
    powers = np.exp(logits.astype(np.float64))
    result = softmax(logits)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, powers / powers.sum(-1, keepdims=True), rtol=1e-5)


def test_softmax_of_large_logits_neither_overflows_nor_vanishes() -> None:
    result = softmax(np.array([[1e4, 1e4, -1e4], [-1e4, -1e4, -1e4]], np.float32))
    np.testing.assert_allclose(result, [[0.5, 0.5, 0], [1 / 3, 1 / 3, 1 / 3]], rtol=1e-6)
