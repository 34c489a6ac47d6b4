"""What a model's scores mean: the interface of a task, and the table of tasks.

A decision is what is right or wrong, and what two models are compared on. A single-label task makes one per image.
Code that depends on the task asks it here; nothing else knows the form of labels and answers. Reading the table
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
    """int64; the first axis is the images."""
    Answers = npt.NDArray[np.int64]
    """The same form as labels."""
    Flags = npt.NDArray[np.bool_]
    Counts = npt.NDArray[np.int64]

SINGLE_LABEL = "single-label"


@dataclass(frozen=True, slots=True)
class Answer:
    """One label and its probability."""

    label: str
    score: float


class Task(Protocol):
    """The meaning of scores, answers and labels.

    Shapes: `probabilities` are float32, (N, classes). `answers` and `labels` have one form: the first axis is the
    images, and each number is a decision.

    Attributes:
        accuracy: what the share of right decisions is called.
    """

    accuracy: str

    # ---- outputs of the model

    def scores_of(self, values: Probabilities, output: TensorSpec) -> tuple[Scores | None, str]:
        """Return what kind of scores a model's outputs are, and why; None if they cannot be scores of this task.

        Args:
            values: float32, (N, outputs), the real values of the outputs for random images.
            output: the tensor that they come from.
        """

    def reader(
        self, scores: Scores, to_real: Callable[[Tensor], Probabilities], stored: Values | None
    ) -> Callable[[Tensor], Probabilities]:
        """Return a function from the output tensor to probabilities.

        Args:
            scores: the kind of the model's outputs.
            to_real: turns the output tensor into real values.
            stored: the real value of each byte that an 8-bit output tensor can hold, float64, (256,); None for float32.
        """

    # ---- answers

    def answers(self, probabilities: Probabilities) -> Answers:
        """Return the answers that follow from the probabilities."""

    def equal(self, answers: Answers, others: Answers | Labels) -> Flags:
        """Return whether two answers, or an answer and its label, are the same, for each decision."""

    def sureness(self, probabilities: Probabilities) -> Probabilities:
        """Return the probability of the answer to each image, float32, (N,)."""

    def top(self, probabilities: Probabilities, class_names: tuple[str, ...], count: int) -> tuple[Answer, ...]:
        """Return the labels to show for one image, at most `count`, the most probable first.

        Args:
            probabilities: float32, (classes,).
            class_names: one for each class.
            count: how many to show.
        """

    def name(self, answer: Any, class_names: tuple[str, ...]) -> str:
        """Return the answer to one image, or its label, in words."""

    # ---- what a result file keeps of each image

    def keep(self, probabilities: Probabilities) -> list[list[int]]:
        """Return a few whole numbers that record the answer to each image."""

    def kept_labels(self, kept: tuple[int, ...], class_count: int) -> Labels:
        """Return labels from their numbers in C order."""

    def kept_answers(self, kept: tuple[tuple[int, ...], ...], class_count: int) -> Answers:
        """Return the answers that `keep` recorded."""

    def kept_top(self, kept: tuple[tuple[int, ...], ...], labels: Labels, class_count: int) -> Flags | None:
        """Return whether each label is among the most probable ones; None if the task has no such figure."""

    # ---- how good answers are

    def per_class(self, right: Flags, labels: Labels, class_count: int) -> tuple[Counts, Counts]:
        """Return the numbers of right decisions and of all decisions for each class: int64, (classes,) each."""

    def confusion(self, answers: Answers, labels: Labels, class_count: int) -> Counts | None:
        """Return counts of answers (columns) by class (rows), int64; None if answers do not exclude each other."""

    def guessing(self, labels: Labels) -> float:
        """Return the best share of right decisions of a model that gives every image the same answer."""

    def cross_entropy(self, probabilities: Probabilities, labels: Labels) -> float:
        """Return the mean cross-entropy of a decision, in nats."""

    def divergence(self, probabilities: Probabilities, reference: Probabilities) -> float:
        """Return the mean Kullback-Leibler divergence of probabilities from the reference's, in nats."""

    # ---- labels of images

    def check_labels(
        self, stored: Tensor, image_count: int, class_names: tuple[str, ...] | None
    ) -> tuple[Labels, tuple[str, ...]]:
        """Return the labels in an array from a file, and the class names.

        Args:
            stored: the array, of any form.
            image_count: the number of images.
            class_names: None numbers the classes.

        Raises:
            ValueError: the array does not hold labels of this task; the message continues after the file's name.
        """

    def find_labels(
        self, folder: Path, class_names: tuple[str, ...] | None
    ) -> tuple[list[Path], Labels, tuple[str, ...]] | None:
        """Return the pictures of a folder, their labels and the class names; None if the pictures have no labels.

        Raises:
            DataError: the labels have another form, or are not in `class_names`.
            OSError: the folder cannot be read.
        """

    def strata(self, labels: Labels) -> Labels:
        """Return the group of each image, int64, (N,); draws and splits represent the groups evenly."""

    # ---- training

    def targets(self, labels: Labels, class_count: int) -> Any:
        """Return the targets for training, a float32 TensorFlow tensor (N, classes)."""

    def loss(self, label_smoothing: float) -> Any:
        """Return the Keras loss between targets and probabilities."""


class TaskRow(NamedTuple):  # a dataclass takes a third of a millisecond at each start
    """A row of the table of tasks.

    Attributes:
        module: the module that has the task as `TASK`.
        class_count: returns the number of classes of a model with so many outputs: -1 if unknown, 0 if no model of this
            task has so many.
        contract_version: schema version of contracts for this task; readers that do not know it refuse the file.
    """

    module: str
    class_count: Callable[[int], int]
    contract_version: int = 2


TASKS = {
    SINGLE_LABEL: TaskRow("edgecnn.tasks.single_label", lambda outputs: outputs),
}
"""The tasks by the names that contracts and results store."""


def same_answers(task: Task, answers: Answers, others: Answers | Labels) -> Flags:
    """Return whether all decisions are the same, for each image: bool, (N,)."""
    same = task.equal(answers, others)
    all_same: Flags = same.all(axis=tuple(range(1, same.ndim)))  # type: ignore[assignment]  # an array: one axis is left
    return all_same


@cache
def find_task(name: str) -> Task:
    """Return the task with a name in `TASKS`."""
    import importlib

    task: Task = importlib.import_module(TASKS[name].module).TASK
    return task
