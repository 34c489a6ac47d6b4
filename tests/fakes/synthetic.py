"""Complete results made of numbers alone: every report can be tested without measuring anything."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import numpy as np

from edgecnn.bench.case import Case, Role
from edgecnn.bench.result import (
    Batch,
    CaseEnergy,
    CaseResult,
    Cold,
    Images,
    Moment,
    Picture,
    ProcessRun,
    Raw,
    Result,
    WarmUp,
    Window,
    WorkerMemory,
)
from edgecnn.bench.settings import Settings
from edgecnn.device.machine import Machine
from edgecnn.device.sensors import Sample
from edgecnn.intervals import Interval
from edgecnn.profiling.result import Copy, Peak, Peaks, Profile, TimedOperation
from edgecnn.spec import Precision

CLASSES = ("airplane", "cat", "dog", "frog", "ship", "truck", "horse")
IMAGES = 140
SETTINGS = Settings(processes=2, rounds=6, min_samples=36, min_seconds=0.1, mlperf_tiny=True, profile=True)

SERVER = Machine(
    architecture="x86_64",
    bits=64,
    system="Debian GNU/Linux 12 (bookworm)",
    kernel="6.1.0",
    cores=2,
    cpu="AMD EPYC",
    model=None,
    memory_bytes=8_000_000_000,
    int8_instructions=("avx512_vnni",),
    governor=None,
    virtualised=True,
    emulated=False,
)
PI = replace(
    SERVER,
    architecture="aarch64",
    cpu="Cortex-A76",
    model="Raspberry Pi 5 Model B Rev 1.0",
    cores=4,
    int8_instructions=("asimddp",),
    governor="ondemand",
    virtualised=False,
)
"""As a Raspberry Pi describes itself. No figure in this file was measured on one."""
EMULATED = replace(PI, emulated=True, emulator="QEMU")


def result(machine: Machine = SERVER, *, images: Images | None = None, cases: tuple[CaseResult, ...] = ()) -> Result:
    """Return a run with everything in it: a baseline, its twin, references, artifacts, and one case that crashed."""
    return Result(
        created="2026-01-02T03:04:05+00:00",
        settings=SETTINGS,
        machine=machine,
        versions={"edgecnn": "0.0", "ai-edge-litert": "2.3.0"},
        images=images or _images(),
        cases=cases or _cases(),
        timer_ns=(70, 70, 80, 71),
        timeline=_timeline(hot=machine.model is not None),
        notes=("tutorial-int16.tflite was left out: the export rejected it",),
    )


def _cases() -> tuple[CaseResult, ...]:
    return (
        done("net in Keras", 1000, role=Role.BASELINE, backend="keras"),
        done("net in Keras, once more", 1002, role=Role.TWIN, backend="keras"),
        done("net in Keras, Model.predict", 42000, role=Role.REFERENCE, backend="keras"),
        done("net-float32.tflite on litert", 131, size=2_370_000),
        done("net-int8.tflite on litert", 51, "int8", size=628_000, wrong=3),
        done("net-int8.onnx on onnxruntime", 83, "int8", "onnxruntime", size=624_000, wrong=3),
        done("net-float32.onnx on onnxruntime", 1004, backend="onnxruntime", size=2_370_000),
        done("net-int16x8.tflite on litert", 2900, "int16x8", size=700_000, wrong=40),
        failed("net-float16.tflite on litert", "the worker was ended by SIGSEGV"),
    )


def failed(name: str, error: str) -> CaseResult:
    """Return a case that crashed."""
    return CaseResult(_case(name, "float16", "litert", Role.CANDIDATE), None, error)


def done(
    name: str,
    micros: float,
    precision: str = "float32",
    backend: str = "litert",
    *,
    role: Role = Role.CANDIDATE,
    size: int = 2_380_000,
    wrong: int = 0,
    classes: int = len(CLASSES),
) -> CaseResult:
    """Return a case with a median of `micros` microseconds, and `wrong` answers more than the baseline has."""
    is_artifact = backend != "keras"
    generator = np.random.default_rng(len(name))
    raw = Raw(
        size_bytes=size,
        runtime_bytes=25_000_000,
        ranked=_ranked(wrong, classes),
        classify_seconds=IMAGES * micros / 1e6 / 1.5,
        processes=tuple(_process(micros, generator) for _ in range(SETTINGS.processes)),
        windows=tuple(Window((int(micros * 1e3),) * 40) for _ in range(5)) if is_artifact else (),
        energy=CaseEnergy(2.0, 1.0, 0.5, 1000, "package"),
        profile=_profile(precision, backend, micros) if is_artifact else None,
    )
    return CaseResult(_case(name, precision, backend, role), raw)


def _case(name: str, precision: str, backend: str, role: Role) -> Case:
    return Case(name, f"out/{name.split(maxsplit=1)[0]}", "0" * 64, backend, Precision(precision), 1, role)


def _process(micros: float, generator: np.random.Generator) -> ProcessRun:
    rounds = micros * 1e3 * (1 + np.abs(generator.normal(0, 0.03, (SETTINGS.rounds, 30))))
    return ProcessRun(
        cold=Cold(100_000_000, 200_000_000, 30_000_000, int(3 * micros * 1e3)),
        warm_up=WarmUp(50, 0.2, is_stable=True),
        memory=WorkerMemory(30_000_000, 60_000_000, 50_000_000),
        rounds_ns=tuple(tuple(int(value) for value in row) for row in rounds),
        paced_ns=tuple(int(micros * 1.5e3) for _ in range(10)),
        stages_ns=tuple((900_000, 800_000, 3_000, int(micros * 1e3), 4_000) for _ in range(8)),
        batches=(Batch(1, (int(micros * 1e3),) * 3), Batch(8, (int(micros * 6e3),) * 3)),
    )


def _ranked(wrong: int, classes: int) -> tuple[tuple[int, ...], ...]:
    """Return answers: image i is of class i modulo `classes`, every tenth is wrong, and `wrong` others are."""
    rows, left = [], wrong
    for image in range(IMAGES):
        shift = 1 if image % 10 == 0 else 0
        if not shift and left:
            shift, left = 2, left - 1
        first = (image + shift) % classes
        rows.append(tuple((first + step) % classes for step in range(min(5, classes))))
    return tuple(rows)


def _images() -> Images:
    return Images(
        data="synthetic",
        sha256="ab" * 32,
        class_names=CLASSES,
        labels=tuple(image % len(CLASSES) for image in range(IMAGES)),
        count=IMAGES,
        pictures=tuple(Picture(image, png(image)) for image in (1, 2, 3)),
    )


def png(seed: int) -> str:
    """Return a small picture as base64 text."""
    import PIL.Image

    pixels = np.random.default_rng(seed).integers(0, 255, (32, 32, 3)).astype(np.uint8)
    file = io.BytesIO()
    PIL.Image.fromarray(pixels).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def _profile(precision: str, backend: str, micros: float) -> Profile:
    arithmetic = "integer" if precision.startswith("int") else "float"
    shares = (
        ("conv", "CONV_2D", 0.6, 4_000_000),
        ("dense", "FULLY_CONNECTED", 0.3, 500_000),
        ("pool", "MAX_POOL_2D", 0.05, 0),
    )
    operations = tuple(
        TimedOperation(
            name,
            kind,
            name,
            Interval(share * micros * 1e3, 0.9 * share * micros * 1e3, 1.1 * share * micros * 1e3),
            macs,
            200_000,
            arithmetic,
            "XNNPACK",
        )
        for name, kind, share, macs in shares
    )
    peaks = Peaks(
        backend, 1, Peak(6e10, "3×3, 64 to 64"), Peak(2e11, "3×3, 64 to 64"), (Copy(2**20, 2e10), Copy(2**28, 8e9))
    )
    whole = Interval(micros * 1e3, micros * 990, micros * 1010)
    return Profile(backend, 1, "trace", operations, whole, peaks, ("of single operations",))


def _timeline(*, hot: bool) -> tuple[Moment, ...]:
    """Return twenty seconds; a hot machine warms up to 82 °C, lowers its clock and throttles at the end."""
    moments = []
    for step in range(21):
        late = hot and step > 15
        sample = Sample(
            seconds=1000.0 + step,
            temperature_c=50.0 + 2 * step * 0.8 if hot else None,
            clock_hz=1_500_000_000 if late else 2_400_000_000,
            throttled=(0xE0008 if late else 0) if hot else None,
            busy_seconds=500.0 + 1.02 * step,
            steal_seconds=0.0,
            power_w=5.5 if hot else None,
        )
        moments.append(Moment(f"round {step}", sample, 10.0 + step))
    return tuple(moments)
