"""Measure the cost of edgecnn over the least code that does the same, in turns; write docs/evidence/overhead.json.

Usage: python -m tools.evidence.overhead [--runs 31] [--python PATH]

Commands alternate with their minimal counterparts in `tools/evidence/minimal`; each pair gives one ratio, and the
median of the ratios is the result. Calls of `Classifier.predict` alternate with bare set, invoke and get on the
same interpreter in the same process.

Commands that run on a device are measured as users install them: the wheel and `edgecnn[pi]` in a new environment,
which needs a package index; `--python` names an existing one. An editable install would put its finder before
every import of both commands. `export` is measured in the environment of this script, which has TensorFlow.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import edgecnn.export
from edgecnn.data.sample import load_calibration_sample, load_test_sample
from edgecnn.device.machine import read_machine
from edgecnn.models.registry import shipped_folder
from edgecnn.schema import encode
from edgecnn.spec import ExportSpec, Format
from edgecnn.versions import versions_of
from tools.evidence import EVIDENCE, HERE, ROOT

ASSETS = shipped_folder("tutorial_cnn")
INT8 = ASSETS / "tutorial_cnn-int8.tflite"
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
"""Without PYTHONPATH and PYTHONDONTWRITEBYTECODE, which would make edgecnn compile at each start."""


def install(folder: Path) -> Path:
    """Return the Python of a new environment with edgecnn as users install it on a device."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    packages = (f"edgecnn[pi] @ {ROOT.as_uri()}", "-c", ROOT / "constraints.txt")
    subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True, env=ENVIRONMENT)
    return python


def write_pictures(folder: Path, count: int) -> Path:
    """Return a folder of PNG files that repeat the test sample."""
    folder.mkdir()
    for number, image in enumerate(load_test_sample().images):
        picture = folder / f"{number}.png"
        Image.fromarray(image).save(picture)
        for copy in range(number + 2000, count, 2000):
            os.link(picture, folder / f"{copy}.png")
    return folder


def starting(python: Path, folder: Path, runs: int) -> dict[str, dict[str, float]]:
    """Return the figures of commands that start for each answer, and of one start for 10,000 pictures."""
    edgecnn_command = python.with_name("edgecnn")
    picture = folder / "picture.png"
    Image.fromarray(load_test_sample().images[0]).save(picture)
    least = (python, HERE / "minimal/predict.py", INT8, picture)
    pictures = write_pictures(folder / "pictures", 10_000)
    edgecnn.export.export_model("tutorial_cnn", folder / "artifacts", ExportSpec(formats=(Format.TFLITE,)))
    bundle = (edgecnn_command, "bundle", folder / "artifacts", "--precisions", "int8", "--out", folder / "app.pyz")
    timed_command(*bundle)
    return {
        "edgecnn --help, next to python -c pass": compare_commands(
            (edgecnn_command, "--help"), (python, "-c", "pass"), runs
        ),
        "edgecnn predict, one PNG": compare_commands(
            (edgecnn_command, "predict", picture, "--model", INT8), least, runs
        ),
        "app.pyz of edgecnn bundle, one PNG": compare_commands((python, folder / "app.pyz", picture), least, runs),
        "edgecnn predict, a folder of 10,000 PNG": compare_commands(
            (edgecnn_command, "predict", pictures, "--model", INT8, "--top", "1"),
            (python, HERE / "minimal/predict_folder.py", INT8, pictures),
            max(5, runs // 3),
        ),
    }


def timed_command(*command: object) -> float:
    """Run a command and return the seconds it took."""
    begin = time.perf_counter()
    subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
        env=ENVIRONMENT,
        cwd=tempfile.gettempdir(),
    )
    return time.perf_counter() - begin


def peak_mib(*command: object) -> float:
    """Return the peak resident memory of a command.

    It is started from a small process, because a child's peak begins with that of its parent.
    """
    script = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=-3, stderr=-3); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    watched = [sys.executable, "-c", script, *map(str, command)]
    run = subprocess.run(watched, capture_output=True, text=True, check=True, env=ENVIRONMENT)
    return round(float(run.stdout), 1)


def compare(ours: Callable[[], float], least: Callable[[], float], runs: int) -> dict[str, float]:
    """Run both in turns after one warm-up each; return medians and the median ratio."""
    ours(), least()
    pairs = [(ours(), least()) for _ in range(runs)]
    return {
        "edgecnn_seconds": round(statistics.median(a for a, _ in pairs), 4),
        "minimal_seconds": round(statistics.median(b for _, b in pairs), 4),
        "ratio": round(statistics.median(a / b for a, b in pairs), 3),
    }


def compare_commands(ours: tuple[object, ...], least: tuple[object, ...], runs: int) -> dict[str, float]:
    """Return `compare` of two commands, with their peak memory."""
    return {
        **compare(lambda: timed_command(*ours), lambda: timed_command(*least), runs),
        "edgecnn_peak_mib": peak_mib(*ours),
        "minimal_peak_mib": peak_mib(*least),
    }


def bare_call(interpreter: Any) -> Callable[[Any], Any]:
    """Return a function that only sets, invokes and gets on an interpreter."""
    taken, given = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]

    def call(tensor: Any) -> Any:
        interpreter.set_tensor(taken, tensor)
        interpreter.invoke()
        return interpreter.get_tensor(given)

    return call


def single_calls(rounds: int = 200, calls: int = 50) -> dict[str, float]:
    """Return the median microseconds of one image through the bare interpreter and through `Classifier.predict`."""
    from ai_edge_litert.interpreter import Interpreter

    classifier = edgecnn.load(INT8)
    interpreter = Interpreter(model_path=str(INT8), num_threads=1)
    interpreter.allocate_tensors()
    bare = bare_call(interpreter)
    images = load_test_sample().images
    ways: list[tuple[Callable[[Any], Any], list[Any]]] = [
        (bare, [images[index : index + 1] for index in range(calls)]),
        (classifier.predict, [images[index] for index in range(calls)]),
    ]
    medians: list[list[float]] = [[], []]
    gc.disable()
    for number in range(rounds):
        for which in (0, 1) if number % 2 else (1, 0):
            call, arguments = ways[which]
            samples = []
            for argument in arguments:
                begin = time.perf_counter_ns()
                call(argument)
                samples.append(time.perf_counter_ns() - begin)
            medians[which].append(statistics.median(samples) / 1e3)
    gc.enable()
    extra = statistics.median(b - a for a, b in zip(*medians, strict=True))
    return {
        "bare_us": round(statistics.median(medians[0]), 2),
        "classifier_us": round(statistics.median(medians[1]), 2),
        "extra_us": round(extra, 2),
    }


def many_images(runs: int) -> dict[str, float]:
    """Return the ratio of classifying 10,000 images to the bare loop over the interpreter, argmax included in both."""
    from ai_edge_litert.interpreter import Interpreter

    classifier = edgecnn.load(INT8)
    interpreter = Interpreter(model_path=str(INT8), num_threads=1)
    interpreter.allocate_tensors()
    bare = bare_call(interpreter)
    images = np.concatenate([load_test_sample().images] * 5)

    def loop() -> float:
        begin = time.perf_counter()
        answers = [int(bare(images[index : index + 1])[0].argmax()) for index in range(len(images))]
        assert len(answers) == len(images)
        return time.perf_counter() - begin

    def ours() -> float:
        begin = time.perf_counter()
        classifier.predict(images).argmax(axis=1)
        return time.perf_counter() - begin

    return compare(ours, loop, runs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=31)
    parser.add_argument("--python", type=Path, help="of an environment that has edgecnn")
    given = parser.parse_args()
    runs = given.runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = given.python or install(folder / "environment")
        np.save(folder / "calibration.npy", load_calibration_sample().images)
        found = {
            **starting(python, folder, runs),
            "edgecnn export --int8, four files, next to one int8 .tflite": compare_commands(
                (sys.executable, "-m", "edgecnn", "export", "--int8", "--out", folder / "out"),
                (
                    sys.executable,
                    HERE / "minimal/export.py",
                    ASSETS / "model.keras",
                    folder / "calibration.npy",
                    folder / "least.tflite",
                ),
                max(3, runs // 10),
            ),
            "Classifier.predict, 10,000 images": many_images(max(3, runs // 6)),
            "Classifier.predict, one image": single_calls(),
        }
    result = {
        "figures": found,
        "installed": "a wheel in an environment of its own" if given.python is None else "as in the environment given",
        "machine": encode(read_machine()),
        "versions": versions_of("tensorflow", "ai-edge-litert", "onnxruntime", "numpy", "click"),
    }
    target = EVIDENCE / "overhead.json"
    target.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
