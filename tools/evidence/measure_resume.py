"""Measure the effect of a SIGKILL in mid-training followed by `--resume`: docs/evidence/results/resume.json.

Three trainings of the same model by the same recipe, each in separate processes: an uninterrupted one, one with
the same seed that is killed twice in the middle of an epoch and resumed, and one with the next seed, which shows what
chance alone changes. The full CIFAR-10 must have been fetched.

Usage: python -m tools.evidence.measure_resume [--model edge_xs] [--recipe edge] [--epochs 6]
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from edgecnn.data.cache import load_full
from edgecnn.device.machine import read_machine
from edgecnn.intervals import pair
from edgecnn.models.trained import load_trained
from edgecnn.schema import encode
from edgecnn.versions import versions_of
from tools.evidence import RESULTS, ROOT

OUT = RESULTS / "resume.json"
SEED = 5
KILLS = (2, 4)
"""Finished epochs after which, half an epoch later, the training is killed."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--model", default="edge_xs")
    parser.add_argument("--recipe", default="edge")
    parser.add_argument("--epochs", type=int, default=6)
    arguments = parser.parse_args()
    command = [sys.executable, "-m", "edgecnn", "train", arguments.model, "--recipe", arguments.recipe]
    command += ["--epochs", str(arguments.epochs)]
    with tempfile.TemporaryDirectory() as folder:
        whole, killed, other = (Path(folder) / name for name in ("whole", "killed", "other"))
        train([*command, "--seed", str(SEED), "--out", str(whole)])
        stopped = [*command, "--seed", str(SEED), "--out", str(killed)]
        for number, epochs in enumerate(KILLS):
            train_until(epochs, [*stopped, *(["--resume"] if number else [])])
        train([*stopped, "--resume"])
        train([*command, "--seed", str(SEED + 1), "--out", str(other)])
        right = {path.name: answers_right(path / "model.keras") for path in (whole, killed, other)}
    summary: dict[str, Any] = {
        "model": arguments.model,
        "recipe": arguments.recipe,
        "epochs": arguments.epochs,
        "killed_in_epochs": [epochs + 1 for epochs in KILLS],
        "top1": {name: float(found.mean()) for name, found in right.items()},
        "killed_against_whole": encode(pair(right["killed"], right["whole"]).difference),
        "other_seed_against_whole": encode(pair(right["other"], right["whole"]).difference),
        "machine": encode(read_machine()),
        "versions": versions_of("tensorflow", "keras", "numpy"),
    }
    OUT.write_text(json.dumps(summary, indent=1) + "\n")
    print(json.dumps(summary, indent=1))


def train(command: list[str]) -> None:
    """Run a training to its end."""
    subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def train_until(epochs: int, command: list[str]) -> None:
    """Run a training until half an epoch after `epochs` are finished, and kill it."""
    unbuffered = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, cwd=ROOT, env=unbuffered, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        began = time.perf_counter()
        for line in process.stdout:
            if line.startswith("epoch "):
                took, began = time.perf_counter() - began, time.perf_counter()
                if line.startswith(f"epoch {epochs} "):
                    time.sleep(took / 2)
                    process.send_signal(signal.SIGKILL)
    if process.returncode != -signal.SIGKILL:
        raise SystemExit(f"the training ended with {process.returncode} before it could be killed")


def answers_right(model: Path) -> Any:
    """Return whether the model is right, for each test image."""
    test = load_full("test")
    return load_trained(model)[1].predict(test.images, batch_size=500, verbose=0).argmax(axis=1) == test.labels


if __name__ == "__main__":
    main()
