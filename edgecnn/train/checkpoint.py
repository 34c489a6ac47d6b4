"""The state of a training after an epoch, as one file to resume from."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgecnn.errors import TrainingError
from edgecnn.files import write_atomic

CHECKPOINT_NAME = "checkpoint.npz"

History = dict[str, list[float]]
Weights = list[npt.NDArray[Any]]

_LISTS = ("weights", "optimizer", "averaged", "best_weights")


@dataclass(slots=True)
class State:
    """Everything that a training carries from one epoch to the next; order and augmentation follow from the seed.

    Attributes:
        identity: what must be the same to resume: architecture, recipe, seed, images.
        weights, optimizer: variables of the model and of the optimizer.
        averaged: moving average of the weights; empty if the recipe has none.
        best_weights, best_epoch, best: of the best finished epoch, 1-based, and its score; higher is better.
        history: one value per epoch for each quantity.
        seconds: of training so far.
    """

    identity: dict[str, str]
    weights: Weights = field(default_factory=list)
    optimizer: Weights = field(default_factory=list)
    averaged: Weights = field(default_factory=list)
    best_weights: Weights = field(default_factory=list)
    best_epoch: int = 0
    best: float = float("-inf")
    history: History = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def epochs(self) -> int:
        """Number of finished epochs."""
        return len(self.history.get("loss", ()))


def write_state(path: Path, state: State) -> None:
    """Write a state atomically.

    Raises:
        OutputError: the file cannot be written.
    """
    text = json.dumps(
        {
            "identity": state.identity,
            "best_epoch": state.best_epoch,
            "best": state.best,
            "history": state.history,
            "seconds": state.seconds,
        }
    )
    arrays = {f"{name}.{index}": array for name in _LISTS for index, array in enumerate(getattr(state, name))}
    content = io.BytesIO()
    np.savez(content, text=np.array(text), **arrays)
    write_atomic(path, content.getvalue())


def read_state(path: Path, identity: dict[str, str]) -> State:
    """Return the state in a file.

    Raises:
        TrainingError: no such file, not a state, or the state of another training; the message names the difference.
    """
    if not path.is_file():
        raise TrainingError(f"nothing to resume: no {path}; start the training without --resume")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            known: dict[str, Any] = json.loads(str(stored["text"]))
            known |= {name: [stored[key] for key in _keys(stored.files, name)] for name in _LISTS}
        state = State(**known)
    except Exception as error:  # NumPy raises many kinds of errors on a damaged archive
        raise TrainingError(f"{path} is damaged ({error}); delete it and start without --resume") from error
    for name, value in identity.items():
        if state.identity.get(name) != value:
            raise TrainingError(
                f"{path} is of a training with {name} {state.identity.get(name)!r}, not {value!r}; "
                "give the same settings, or delete it and start without --resume"
            )
    return state


def _keys(files: list[str], name: str) -> list[str]:
    count = sum(file.startswith(f"{name}.") for file in files)
    return [f"{name}.{index}" for index in range(count)]
