"""Check that `edgecnn compare` finds real slowdowns and no others; write docs/evidence/regressions.json.

Usage: python -m tools.evidence.regressions [--times 5] [--keras]

The shipped model's TFLite files run on LiteRT, and on a backend that runs LiteRT and then waits (see
planted_backend.py). Each time there are four runs of `edgecnn bench`: OLD, the same again, and with a wait of 15 % and
of 1 %. While the same is run again for the second and the fourth time, another process loads one core. OLD is compared
with each of the others. With --keras the Keras model is the baseline, as it is by default; else it is the float32 file,
which is measured much faster.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edgecnn.device.machine import read_machine
from edgecnn.export import export_model
from edgecnn.models.registry import DEFAULT
from edgecnn.schema import encode
from edgecnn.spec import ExportSpec, Format
from edgecnn.versions import versions_of
from tools.evidence import EVIDENCE, HERE, ROOT

GATE = 3
LOADED = (1, 3)
"""Repetitions, from 0, in which another process loads a core."""


def install_plugin(folder: Path) -> None:
    """Register the planted backend, as an installed package would, for any Python with `folder` in its path."""
    info = folder / "edgecnn_planted-0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: edgecnn-planted\nVersion: 0\n")
    (info / "entry_points.txt").write_text("[edgecnn.backends]\nplanted = planted_backend:BACKEND\n")
    (folder / "planted_backend.py").write_bytes((HERE / "planted_backend.py").read_bytes())


@contextlib.contextmanager
def one_busy_core() -> Iterator[None]:
    """Keep a core busy while the block runs."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as process:
        try:
            yield
        finally:
            process.kill()


def bench(artifacts: Path, out: Path, plugin: Path, percent: float, backends: str) -> Path:
    """Return the result of a run in which the planted backend waits `percent` of each inference."""
    path = os.pathsep.join([str(plugin), str(ROOT), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "edgecnn", "bench", artifacts, "--backends", backends, "--out", out]
    done = subprocess.run(
        [str(part) for part in command],
        env={**os.environ, "PYTHONPATH": path, "PLANTED_PERCENT": str(percent)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"bench failed: {done.stderr[-2000:]}")
    return out / "result.json"


def compare(old: Path, new: Path) -> dict[str, Any]:
    """Return the findings of `edgecnn compare`, in short."""
    command = [sys.executable, "-m", "edgecnn", "compare", str(old), str(new), "--json"]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False)
    if done.returncode not in {0, GATE}:
        raise SystemExit(f"compare failed: {done.stderr[-2000:]}")
    (found,) = json.loads(done.stdout)["comparisons"]
    cases = found["cases"]
    return {
        "exit_status": done.returncode,
        "slower": sorted(case["name"] for case in cases if "slower" in case["regressions"]),
        "cannot_tell": sorted(case["name"] for case in cases if "latency" in case["unknowns"]),
        "disturbed": {
            which: [one["kind"] for one in kinds if one["is_disturbance"]] for which, kinds in found["warnings"].items()
        },
        "deployed": found["deployed"],
        "noise_floors": [round(floor, 4) for floor in found["noise_floors"]],
        "times_old": {case["name"]: _rounded(case["latency"]) for case in cases},
    }


def _rounded(latency: dict[str, Any] | None) -> dict[str, list[float]] | None:
    if latency is None:
        return None
    ratios = {name: latency[name] for name in ("own", "relative") if latency[name] is not None}
    return {name: [round(ratio[key], 4) for key in ("value", "low", "high")] for name, ratio in ratios.items()}


def repetition(number: int, artifacts: Path, folder: Path, plugin: Path, backends: str) -> dict[str, Any]:
    """Return the three comparisons of one repetition."""

    def run(name: str, percent: float = 0.0) -> Path:
        print(f"repetition {number + 1}: {name}", file=sys.stderr)
        return bench(artifacts, folder / f"{number}-{name}", plugin, percent, backends)

    old = run("old")
    with one_busy_core() if number in LOADED else contextlib.nullcontext():
        same = run("same")
    return {
        "loaded": number in LOADED,
        "same": compare(old, same),
        "slower by 15 %": compare(old, run("slower-15", 15)),
        "slower by 1 %": compare(old, run("slower-1", 1)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--keras", action="store_true")
    parser.add_argument("--out", type=Path, default=EVIDENCE / "regressions.json")
    arguments = parser.parse_args()
    backends = "litert,planted" + (",keras" if arguments.keras else "")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        install_plugin(folder / "plugin")
        artifacts = export_model(DEFAULT, folder / "artifacts", ExportSpec((Format.TFLITE,))).folder
        found = [
            repetition(number, artifacts, folder, folder / "plugin", backends) for number in range(arguments.times)
        ]
    result = {
        "repetitions": found,
        "false_alarms": sum(bool(one["same"]["slower"]) for one in found),
        "same_verdicts": sum(len(set(one["same"]["deployed"].values())) == 1 for one in found),
        "loaded_runs_called_disturbed": sum(
            "load" in one["same"]["disturbed"]["new"] for one in found if one["loaded"]
        ),
        "found_15_percent": sum(any("planted" in case for case in one["slower by 15 %"]["slower"]) for one in found),
        "called_1_percent": sum(bool(one["slower by 1 %"]["slower"]) for one in found),
        "baseline": "the Keras model" if arguments.keras else "the float32 file on LiteRT",
        "machine": encode(read_machine()),
        "versions": versions_of("ai-edge-litert", "tensorflow", "numpy"),
    }
    arguments.out.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({key: value for key, value in result.items() if isinstance(value, int)}, indent=1))


if __name__ == "__main__":
    main()
