"""Measure how much faster clean graphs are, in turns on one thread, and write docs/evidence/clean_graphs.json.

Usage: python -m tools.evidence.clean_graphs [--rounds 300]

The tutorial's CNN from `edgecnn export` is compared with the plain converters' output for the same Keras model and
calibration images: ONNX by `tf2onnx.convert.from_function` and `quantize_static` with its defaults, int8
TFLite by tools/evidence/minimal/export.py. All run in one process. Each round runs every file several times in a row,
with the files in random order; it gives one median for each file, and one ratio for each pair.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnxruntime
import tensorflow as tf
import tf2onnx
from ai_edge_litert.interpreter import Interpreter
from onnxruntime.quantization import quantize_static

from edgecnn.data.choice import choose_balanced
from edgecnn.data.sample import load_calibration_sample, load_test_sample
from edgecnn.device.machine import read_machine
from edgecnn.export import export_model
from edgecnn.models.registry import shipped_folder
from edgecnn.redirect import output_to
from edgecnn.schema import encode
from edgecnn.spec import ExportSpec
from edgecnn.versions import versions_of
from tools.evidence import EVIDENCE, HERE

MODEL = shipped_folder("tutorial_cnn") / "model.keras"
CALIBRATION_SIZE = 512
CALLS = 20

PAIRS = {
    "ONNX int8, next to quantize_static with its defaults on the raw graph": ("raw-int8.onnx", "int8.onnx"),
    "ONNX float32, next to the raw graph": ("raw-float32.onnx", "float32.onnx"),
    "TFLite int8, next to the plain converter": ("raw-int8.tflite", "int8.tflite"),
}

Call = Callable[[Any], Any]


def make_files(folder: Path) -> dict[str, Path]:
    """Return the path of each file, made by edgecnn or by the plain converters."""
    export_model("tutorial_cnn", folder / "clean", ExportSpec())
    images = choose_balanced(load_calibration_sample(), CALIBRATION_SIZE).images
    np.save(folder / "calibration.npy", images)
    made = folder / "raw-int8.tflite"
    subprocess.run(
        [sys.executable, HERE / "minimal/export.py", MODEL, folder / "calibration.npy", made],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    model = keras.models.load_model(MODEL, compile=False)
    signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name="images")]
    tf2onnx.convert.from_function(
        tf.function(model, input_signature=signature), signature, output_path=os.fspath(folder / "raw-float32.onnx")
    )
    quantize_static(
        os.fspath(folder / "raw-float32.onnx"), os.fspath(folder / "raw-int8.onnx"), CalibrationReader(images)
    )
    clean = {name: folder / "clean" / f"tutorial_cnn-{name}" for _, name in PAIRS.values()}
    return {**clean, **{name: folder / name for name, _ in PAIRS.values()}}


class CalibrationReader:
    """Feeds calibration images one by one, as ONNX Runtime requires."""

    def __init__(self, images: Any) -> None:
        self._images: Iterator[Any] = iter(images)

    def get_next(self) -> dict[str, Any] | None:
        """Return the next feed, or None at the end."""
        image = next(self._images, None)
        return None if image is None else {"images": image[None].astype(np.float32)}


def open_file(path: Path) -> tuple[Call, str]:
    """Return a function that runs one image on the bare runtime with one thread, and its input dtype."""
    if path.suffix == ".tflite":
        interpreter = Interpreter(model_path=str(path), num_threads=1)
        interpreter.allocate_tensors()
        (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()

        def invoke(tensor: Any) -> Any:
            interpreter.set_tensor(taken["index"], tensor)
            interpreter.invoke()
            return interpreter.get_tensor(given["index"])

        return invoke, np.dtype(taken["dtype"]).name
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name, kind = session.get_inputs()[0].name, session.get_inputs()[0].type
    dtypes = {"tensor(float)": "float32", "tensor(uint8)": "uint8", "tensor(int8)": "int8"}
    return lambda tensor: session.run(None, {name: tensor})[0], dtypes[kind]


def measure(calls: dict[str, tuple[Call, Any]], rounds: int) -> dict[str, list[float]]:
    """Return the median microseconds of each round for each file; a feed is one image in the file's input dtype."""
    medians: dict[str, list[float]] = {name: [] for name in calls}
    gc.disable()
    for _ in range(rounds):
        for name in random.sample(sorted(calls), len(calls)):
            call, feed = calls[name]
            call(feed)  # the caches hold another file's data
            samples = []
            for _ in range(CALLS):
                begin = time.perf_counter_ns()
                call(feed)
                samples.append(time.perf_counter_ns() - begin)
            medians[name].append(statistics.median(samples) / 1e3)
    gc.enable()
    return medians


def accuracy(call: Call, dtype: str) -> float:
    """Return the share of the embedded test images that a file gets right."""
    sample = load_test_sample()
    answers = [int(call(image[None].astype(dtype))[0].argmax()) for image in sample.images]
    return float((np.array(answers) == sample.labels).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=300)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name, output_to():
        opened = {name: open_file(path) for name, path in make_files(Path(name)).items()}
    right = {name: accuracy(*pair) for name, pair in opened.items()}
    image = load_test_sample().images[:1]
    medians = measure({name: (call, image.astype(dtype)) for name, (call, dtype) in opened.items()}, rounds)
    figures = {
        title: {
            "edgecnn_us": round(statistics.median(medians[clean]), 1),
            "plain_us": round(statistics.median(medians[raw]), 1),
            "times_faster": round(statistics.median(medians[raw]) / statistics.median(medians[clean]), 3),
            "times_faster_median_of_rounds": round(
                statistics.median(a / b for a, b in zip(medians[raw], medians[clean], strict=True)), 3
            ),
            "edgecnn_accuracy": right[clean],
            "plain_accuracy": right[raw],
        }
        for title, (raw, clean) in PAIRS.items()
    }
    result = {
        "figures": figures,
        "rounds": rounds,
        "machine": encode(read_machine()),
        "versions": versions_of("tensorflow", "keras", "tf2onnx", "onnxruntime", "ai-edge-litert", "numpy"),
    }
    target = EVIDENCE / "clean_graphs.json"
    target.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
