"""Measure how long `edgecnn train` takes to 70 % on the test images, next to the tutorial's notebook.

Writes docs/evidence/results/notebook.json. Both train the same network with Adam on batches of 32, in turns, each in a
new process, with the same seed in a turn. Seconds count from the call of `fit`, and both stop at 70 % or after the
notebook's ten epochs. The full CIFAR-10 must have been fetched.

Usage: python -m tools.evidence.measure_notebook [--turns 3]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from edgecnn.data.cache import load_full
from edgecnn.device.machine import read_machine
from edgecnn.schema import encode
from edgecnn.versions import versions_of
from tools.evidence import HERE, RESULTS, ROOT

OUT = RESULTS / "notebook.json"
WANTED = 0.70

Epochs = list[tuple[float, float]]
"""Seconds so far and accuracy, after each epoch."""

OURS = """
import sys, time
from edgecnn.models.registry import architecture
from edgecnn.train.fit import fit
from edgecnn.train.recipe import RECIPES
from edgecnn.train.split import split_cifar10

split = split_cifar10(0, 0)

def report(epoch):
    print(time.perf_counter() - began, epoch.values["val_accuracy"], flush=True)
    if epoch.values["val_accuracy"] >= float(sys.argv[1]):
        raise KeyboardInterrupt

began = time.perf_counter()
recipe = RECIPES["tutorial"]
fit(architecture("tutorial_cnn"), recipe, split.training, validation=split.test, seed=int(sys.argv[2]), report=report)
"""


def epochs_of(command: list[str]) -> Epochs:
    """Return seconds so far and accuracy after each epoch of a training."""
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    rows = (line.split() for line in done.stdout.splitlines())
    return [(round(float(seconds), 2), round(float(accuracy), 4)) for seconds, accuracy in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--turns", type=int, default=3)
    arguments = parser.parse_args()
    turns: list[dict[str, Epochs]] = []
    with tempfile.TemporaryDirectory() as folder:
        arrays = Path(folder) / "cifar10.npz"
        training, test = load_full("train"), load_full("test")
        assert training.labels is not None
        assert test.labels is not None
        np.savez(
            arrays,
            train_images=training.images,
            train_labels=training.labels,
            test_images=test.images,
            test_labels=test.labels,
        )
        notebook = [sys.executable, str(HERE / "minimal" / "notebook.py"), str(arrays)]
        for seed in range(arguments.turns):
            given = [str(WANTED), str(seed)]
            turns.append(
                {"notebook": epochs_of([*notebook, *given]), "edgecnn": epochs_of([sys.executable, "-c", OURS, *given])}
            )
            print({name: (len(rows), rows[-1]) for name, rows in turns[-1].items()}, file=sys.stderr)
            OUT.write_text(json.dumps(summary(turns), indent=1) + "\n")


def summary(turns: list[dict[str, Epochs]]) -> dict[str, Any]:
    """Return the result of the turns so far."""
    return {
        "wanted": WANTED,
        "reached": {name: sum(seconds_to_wanted(turn[name]) is not None for turn in turns) for name in turns[0]},
        "ratio_of_seconds_an_epoch": median(
            seconds_an_epoch(turn["edgecnn"]) / seconds_an_epoch(turn["notebook"]) for turn in turns
        ),
        "ratio_of_seconds_to_wanted": median(to_wanted(turn) for turn in turns),
        "turns": turns,
        "machine": encode(read_machine()),
        "versions": versions_of("tensorflow", "keras", "numpy"),
    }


def seconds_an_epoch(rows: Epochs) -> float:
    return rows[-1][0] / len(rows)


def seconds_to_wanted(rows: Epochs) -> float | None:
    return next((seconds for seconds, accuracy in rows if accuracy >= WANTED), None)


def to_wanted(turn: dict[str, Epochs]) -> float:
    """Return how many times as long edgecnn took; an upper bound if the notebook never got there."""
    ours = seconds_to_wanted(turn["edgecnn"])
    return math.inf if ours is None else ours / (seconds_to_wanted(turn["notebook"]) or turn["notebook"][-1][0])


def median(values: Iterator[float]) -> float:
    return round(statistics.median(values), 3)


if __name__ == "__main__":
    main()
