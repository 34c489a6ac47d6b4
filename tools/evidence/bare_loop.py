"""Check whether a bare loop measures the latency that `edgecnn bench` reports; write docs/evidence/bare_loop.json.

Usage: python -m tools.evidence.bare_loop [--turns 5]

A loop in a separate process, without the harness, times 20,000 calls of the shipped int8 TFLite file on one image.
`edgecnn bench` measures the same file in alternation with it. The medians should agree within the interval that the
benchmark reports, or the spread of the loop's own medians.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from edgecnn.bench.findings import find
from edgecnn.bench.result import read_result
from edgecnn.device.machine import read_machine
from edgecnn.models.registry import DEFAULT, shipped_folder
from edgecnn.schema import encode
from tools.evidence import EVIDENCE

FILE = shipped_folder(DEFAULT) / f"{DEFAULT}-int8.tflite"
OUT = EVIDENCE / "bare_loop.json"

LOOP = f"""
import time, numpy, edgecnn
classifier = edgecnn.load({str(FILE)!r}, backend="litert")
image = numpy.random.default_rng(0).integers(0, 256, classifier.shape, numpy.uint8)
for _ in range(2000):
    classifier.predict(image)
samples = []
for _ in range(20000):
    begin = time.perf_counter()
    classifier.predict(image)
    samples.append(time.perf_counter() - begin)
print(sorted(samples)[10000] * 1e6)
"""


@dataclass(frozen=True)
class Turn:
    """The loop before and after a benchmark run, in µs, and the result of that run."""

    bare_us: list[float]
    bench_p50_us: float
    interval_us: list[float]


def bare() -> float:
    """Return the median of the loop in µs."""
    return float(subprocess.run([sys.executable, "-c", LOOP], check=True, capture_output=True, text=True).stdout)


def benched(folder: Path) -> tuple[float, float, float]:
    """Return the benchmark's median in µs, with its interval."""
    command = [sys.executable, "-m", "edgecnn", "bench", str(FILE), "--backends", "litert", "--out", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    (one,) = (one for one in find(read_result(folder / "result.json")).summaries if one.case.role.value == "baseline")
    p50 = one.latency.p50
    return p50.value * 1e6, p50.low * 1e6, p50.high * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=5)
    turns: list[Turn] = []
    for _ in range(parser.parse_args().turns):
        with tempfile.TemporaryDirectory() as folder:
            before = bare()
            value, low, high = benched(Path(folder))
            after = bare()
        turns.append(Turn([before, after], value, [low, high]))
        print(turns[-1], flush=True)
    bares = [one for turn in turns for one in turn.bare_us]
    found = {
        "machine": encode(read_machine()),
        "bare_median_us": statistics.median(bares),
        "bench_median_us": statistics.median(turn.bench_p50_us for turn in turns),
        "turns": encode(turns),
    }
    OUT.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
