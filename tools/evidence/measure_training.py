"""Measure how fast training is here: docs/evidence/results/training.json.

Three ways to train edge_m take short turns in one process: bfloat16 as in the recipe `edge`, the same in float32,
and bfloat16 on one batch that is in memory already, which shows what the input pipeline costs. The pipeline alone is
measured too. The full CIFAR-10 must have been fetched.

Usage: python -m tools.evidence.measure_training
"""

from __future__ import annotations

import dataclasses
import json
import resource
import time
from typing import Any

from edgecnn.data.cache import load_full
from edgecnn.device.machine import read_machine
from edgecnn.files import write_atomic
from edgecnn.models.framework import import_keras, import_tensorflow
from edgecnn.models.registry import architecture
from edgecnn.train.optimizer import make_optimizer
from edgecnn.train.pipeline import training_batches
from edgecnn.train.precision import cpu_has_bfloat16, layers_compute_in
from edgecnn.train.recipe import RECIPES
from edgecnn.versions import versions_of
from tools.evidence import RESULTS

RESULT = RESULTS / "training.json"

MODEL, RECIPE = "edge_m", "edge"
TURNS = 8
STEPS = 12


def main() -> None:
    recipe = RECIPES[RECIPE]
    training = load_full("train")
    batches = iter(training_batches(training, recipe, 10, seed=0, epochs=range(100)))
    in_memory = next(batches)
    ways = {
        "bfloat16": trainer("bfloat16", batches),
        "float32": trainer("float32", batches),
        "bfloat16, batch in memory": trainer("bfloat16", None, in_memory),
        "pipeline alone": lambda: [next(batches) for _ in range(STEPS)],
    }
    for run in ways.values():
        run()  # compiles
    turns: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    for _ in range(TURNS):
        for name, run in ways.items():
            turns[name].append(timed(run))
    found = {
        "model": MODEL,
        "recipe": RECIPE,
        "images_per_turn": STEPS * recipe.batch_size,
        "cpu_has_bfloat16": cpu_has_bfloat16(),
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "machine": dataclasses.asdict(read_machine()),
        "versions": versions_of("tensorflow", "keras", "numpy"),
        "turns": turns,
    }
    write_atomic(RESULT, (json.dumps(found, indent=1) + "\n").encode())


def trainer(precision: str, batches: Any, batch: Any = None) -> Any:
    """Return a function that trains a model for `STEPS` steps: on `batches`, or on `batch` again and again."""
    keras, tf = import_keras(), import_tensorflow()
    with layers_compute_in(precision):
        model = architecture(MODEL)(10)
    model.compile(optimizer=make_optimizer(RECIPES[RECIPE], 1000), loss=keras.losses.CategoricalCrossentropy())
    repeated = None if batch is None else tf.data.Dataset.from_tensors(batch).repeat()

    def run() -> None:
        source = repeated if repeated is not None else batches
        for _, (images, targets) in zip(range(STEPS), source, strict=False):
            model.train_on_batch(images, targets)

    return run


def timed(run: Any) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return {"seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu}


if __name__ == "__main__":
    main()
