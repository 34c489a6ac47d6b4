"""What a model's scores mean: the interface of a task, and the table of tasks.

A decision is what is right or wrong, and what two models are compared on: for a single label there is one an image.
Whatever depends on the task asks it here; nothing else knows what form labels and answers have. Reading the table
imports nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from edgecnn.spec import Scores, TensorSpec

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    Probabilities = np.ndarray[Any, np.dtype[np.float32]]
    Values = npt.NDArray[np.float64]
    Tensor = npt.NDArray[Any]
    Labels = npt.NDArray[np.int64]
    """int64, the first axis is the images."""
    Answers = npt.NDArray[np.int64]
    """In the form of labels."""
    Flags = npt.NDArray[np.bool_]
    Counts = npt.NDArray[np.int64]

SINGLE_LABEL = "single-label"


@dataclass(frozen=True, slots=True)
class Answer:
    """One label and its probability."""

    label: str
    score: float


class Task(Protocol):
    """What scores, answers and labels are.

    Shapes: `probabilities` are float32, (N, classes). `answers` and `labels` are arrays of one form, whose first axis
    is the images, and of which each number is a decision.

    Attributes:
        accuracy: what the share of right decisions is called.
    """

    accuracy: str

    # ---- what the model gives

    def scores_of(self, values: Probabilities, output: TensorSpec) -> tuple[Scores | None, str]:
        """Return what a model's outputs to random images are, and why; no scores where they cannot be this task's.

        Args:
            values: float32, (N, outputs), real values.
            output: the tensor that they come from.
        """

    def reader(
        self, scores: Scores, to_real: Callable[[Tensor], Probabilities], stored: Values | None
    ) -> Callable[[Tensor], Probabilities]:
        """Return what turns the output tensor into probabilities.

        Args:
            scores: what the model gives.
            to_real: turns the output tensor into real values.
            stored: the real value of each byte that an 8-bit output tensor can hold, float64, (256,); None for float32.
        """

    # ---- answers

    def answers(self, probabilities: Probabilities) -> Answers:
        """Return the answers that the probabilities amount to."""

    def equal(self, answers: Answers, others: Answers | Labels) -> Flags:
        """Return for each decision whether two answers, or an answer and its label, are the same."""

    def sureness(self, probabilities: Probabilities) -> Probabilities:
        """Return how probable the answer to each image is, float32, (N,)."""

    def top(self, probabilities: Probabilities, class_names: tuple[str, ...], count: int) -> tuple[Answer, ...]:
        """Return what to show of one image: at most `count` labels, the most probable first.

        Args:
            probabilities: float32, (classes,).
            class_names: one for each.
            count: how many.
        """

    def name(self, answer: Any, class_names: tuple[str, ...]) -> str:
        """Return the answer to one image, or its label, in words."""

    # ---- what a result file keeps of each image

    def keep(self, probabilities: Probabilities) -> list[list[int]]:
        """Return what is kept of the answer to each image: a few whole numbers."""

    def kept_labels(self, kept: tuple[int, ...], class_count: int) -> Labels:
        """Return the labels of which `kept` are the numbers in C order."""

    def kept_answers(self, kept: tuple[tuple[int, ...], ...], class_count: int) -> Answers:
        """Return the answers that `keep` kept."""

    def kept_top(self, kept: tuple[tuple[int, ...], ...], labels: Labels, class_count: int) -> Flags | None:
        """Return whether each label is among the most probable ones; None where the task has no such figure."""

    # ---- how good answers are

    def per_class(self, right: Flags, labels: Labels, class_count: int) -> tuple[Counts, Counts]:
        """Return for each class how many of its decisions are right, and how many there are: int64, (classes,) each."""

    def confusion(self, answers: Answers, labels: Labels, class_count: int) -> Counts | None:
        """Return how often each class (rows) got each answer (columns), int64; None where answers exclude no other."""

    def guessing(self, labels: Labels) -> float:
        """Return the share of decisions that are right if the same answer is given to every image."""

    def cross_entropy(self, probabilities: Probabilities, labels: Labels) -> float:
        """Return the mean cross-entropy of a decision, in nats."""

    def divergence(self, probabilities: Probabilities, reference: Probabilities) -> float:
        """Return the mean Kullback-Leibler divergence of probabilities from the reference's, in nats."""

    # ---- labels of images

    def check_labels(
        self, stored: Tensor, image_count: int, class_names: tuple[str, ...] | None
    ) -> tuple[Labels, tuple[str, ...]]:
        """Return the labels in an array of a file, and the names of the classes.

        Args:
            stored: the array, of any form.
            image_count: how many images there are.
            class_names: None numbers the classes.

        Raises:
            ValueError: they are no labels of this task; the message goes on from the file's name.
        """

    def find_labels(
        self, folder: Path, class_names: tuple[str, ...] | None
    ) -> tuple[list[Path], Labels, tuple[str, ...]] | None:
        """Return the pictures of a folder, their labels and the names of the classes; None where nobody labelled them.

        Raises:
            DataError: labels of another form, or of none of `class_names`.
            OSError: the folder cannot be read.
        """

    def strata(self, labels: Labels) -> Labels:
        """Return for each image the number of the group that draws and splits take alike, int64, (N,)."""

    # ---- training

    def targets(self, labels: Labels, class_count: int) -> Any:
        """Return what a model learns to give, a float32 TensorFlow tensor (N, classes)."""

    def loss(self, label_smoothing: float) -> Any:
        """Return the Keras loss of probabilities beside targets."""


class Entry(NamedTuple):  # a dataclass takes a third of a millisecond at each start
    """One task.

    Attributes:
        module: where its `TASK` is.
        class_count: how many classes a model with so many outputs tells apart; 0 where it cannot have so many, -1 where
            nobody knows how many it has.
        contract_version: schema version of contracts for this task, which readers that do not know it refuse.
    """

    module: str
    class_count: Callable[[int], int]
    contract_version: int = 2


TASKS = {
    SINGLE_LABEL: Entry("edgecnn.tasks.single_label", lambda outputs: outputs),
}
"""By the name that contracts and results keep."""


def same_answers(task: Task, answers: Answers, others: Answers | Labels) -> Flags:
    """Return for each image whether all its decisions are the same, bool, (N,)."""
    same = task.equal(answers, others)
    whole: Flags = same.all(axis=tuple(range(1, same.ndim)))  # type: ignore[assignment]  # an array: one axis is left
    return whole


@cache
def find_task(name: str) -> Task:
    """Return the task of a name of the table."""
    import importlib

    task: Task = importlib.import_module(TASKS[name].module).TASK
    return task
