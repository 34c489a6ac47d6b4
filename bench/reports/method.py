"""How a run was measured, described from its settings and results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgecnn.bench.reports.formatting import count_of, percent

if TYPE_CHECKING:
    from edgecnn.bench.findings import Findings
    from edgecnn.bench.result import Result
    from edgecnn.device.machine import Machine

WRITTEN_IN = "docs/method.md"
"""The page that explains the method, with its sources."""


def method(findings: Findings, raw: str) -> tuple[str, ...]:
    """Return the paragraphs that a reader needs to judge the figures; words between backticks are code.

    Args:
        findings: of the run.
        raw: name of the result file.
    """
    result = findings.result
    settings = result.settings
    paragraphs = [
        _images(result),
        _latency(result),
        _turns(result),
        _baseline(findings),
        _noise(findings),
        _cold(result),
    ]
    if settings.fps is not None:
        paragraphs.append(
            f"Paced: each process makes {settings.frames} calls, one per frame at {settings.fps:g} frames per second, "
            "and sleeps in between."
        )
    if settings.stage_pictures:
        size = "×".join(str(side) for side in settings.picture_size)
        paragraphs.append(
            f"End to end: each process classifies {settings.stage_pictures} encoded pictures of {size}, from bytes in "
            "memory to probabilities. Decode makes pixels, resize brings them to the model's size, quantize makes the "
            "input tensor, invoke runs the model, and scores makes probabilities from its output."
        )
    sizes = ", ".join(str(size) for size in settings.batches)
    paragraphs.append(
        f"Throughput: calls with {sizes + ', and ' if sizes else ''}all {result.images.count:,} images, the last in "
        "parts, one after the other."
    )
    paragraphs.append(_mlperf(findings))
    if any(summary.raw.energy for summary in findings.summaries):
        paragraphs.append(
            "Energy: what the meter counts while the case runs, minus what it counts in the same time while the "
            "machine is idle, divided by the number of calls."
        )
    paragraphs.append(f"All figures follow from the raw samples in {raw}. The method with its sources: {WRITTEN_IN}.")
    return tuple(paragraphs)


def _images(result: Result) -> str:
    images = result.images
    labelled = "" if images.labels is not None else " They have no labels, so accuracy is unknown."
    return (
        f"Images: {images.count:,} of {images.data}, the same for all cases (pixels' SHA-256 "
        f"{images.sha256[:12]}…).{labelled} Top-1 has Wilson's interval; differences from the baseline are "
        "paired, with Agresti and Min's interval, a bootstrap over images, and McNemar's exact test."
    )


def _latency(result: Result) -> str:
    threads = ", ".join(str(count) for count in sorted({case.case.threads for case in result.cases}))
    return (
        "Latency: one call of `Classifier.predict`, from the uint8 pixels of one image to float32 probabilities, in a "
        f"tight loop. Threads: {threads}. {_timer(result)}"
    )


def _timer(result: Result) -> str:
    if not result.timer_ns:
        return "The cost of reading the timer was not measured."
    low, middle, high = np.quantile(result.timer_ns, (0.25, 0.5, 0.75))
    return (
        f"Measuring costs {middle:,.0f} ns per call (median of {len(result.timer_ns):,} calls that do nothing; middle "
        f"half {low:,.0f} to {high:,.0f} ns). The figures include it."
    )


def _turns(result: Result) -> str:
    settings = result.settings
    return (
        f"Each case has {count_of(settings.processes, 'new process', 'new processes')} of its own, one after the "
        f"other. A process warms up until its latency is stable, for at most {settings.max_warm_up_seconds:g} s. Then "
        f"come {count_of(settings.rounds, 'round')}: each case has one turn per round, in a new random order (seed "
        f"{settings.seed}). Over all turns a case makes at least {settings.min_samples:,} calls and runs for at least "
        f"{settings.min_seconds:g} s; up to {settings.turn_warm_up} calls at the start of a turn are not counted, "
        f"because the caches still hold another case. {_intervals(settings.processes)}"
    )


def _intervals(processes: int) -> str:
    if processes == 1:
        return (
            "Intervals are 95 % bootstrap intervals over the rounds of one process: they do not cover differences "
            "between processes."
        )
    return (
        "Intervals are 95 % bootstrap intervals over processes and rounds, widened to Student's t interval over "
        "processes where that is wider."
    )


def _baseline(findings: Findings) -> str:
    ratios = (
        "“× faster” is the median over rounds of the baseline's median divided by the case's, so that a drift of the "
        "machine affects both."
    )
    if findings.baseline is None:
        return f"There is no baseline: it failed or is missing. {ratios}"
    return f"Baseline: {findings.baseline.case.name}. {ratios}"


def _noise(findings: Findings) -> str:
    if findings.a_a is None:
        return (
            "Noise floor: unknown, because the baseline could not be measured twice; differences below "
            f"{percent(findings.noise_floor)} % do not count."
        )
    ratio = findings.a_a
    return (
        f"Noise floor: the baseline was measured twice, in other processes and the same rounds. The ratio of the two, "
        f"which should be 1, is {ratio.value:.3f} ({ratio.low:.3f} to {ratio.high:.3f}). So differences below "
        f"{percent(findings.noise_floor)} % do not count."
    )


def _cold(result: Result) -> str:
    return (
        "Cold start: start, from the request for a process until Python, NumPy and edgecnn are loaded; "
        "import, for the runtime's package; load, from the file to a classifier; first, the first call. Medians over "
        f"{count_of(result.settings.processes, 'process', 'processes')}."
    )


def _mlperf(findings: Findings) -> str:
    differs = (
        "the load generator is edgecnn's own, not LoadGen; images and models need not be MLPerf's; times include "
        "quantizing the input and computing probabilities; nobody audited the results"
    )
    if any(summary.single_stream for summary in findings.summaries):
        return (
            "MLPerf SingleStream: each query is sent when the one before is answered, and the figure is the 90th "
            "percentile of latency. As MLPerf Tiny requires, it is the median over windows of at least ten seconds. "
            f"Differences: {differs}."
        )
    return (
        "The tight loop is MLPerf's SingleStream scenario, whose figure is p90, but these are not MLPerf results: the "
        f"run is shorter than its rules require (`--mlperf-tiny` makes five windows of ten seconds); {differs}."
    )


def machine_facts(machine: Machine) -> tuple[tuple[str, str], ...]:
    """Return the known facts about the machine as names and values."""
    facts: tuple[tuple[str, object], ...] = (
        ("board", machine.model),
        ("processor", machine.cpu or "unknown"),
        ("architecture", f"{machine.architecture}, {machine.bits} bit"),
        ("cores", _cores(machine)),
        ("int8 instructions", ", ".join(machine.int8_instructions) or "none known"),
        ("vector instructions", ", ".join(machine.vector_instructions)),
        ("governor", machine.governor or "unknown"),
        ("frequency", _frequency(machine)),
        ("memory", None if machine.memory_bytes is None else f"{machine.memory_bytes / 1e9:.1f} GB"),
        ("swap", None if machine.swap_bytes is None else f"{machine.swap_bytes / 1e9:.1f} GB"),
        ("system", f"{machine.system}, kernel {machine.kernel}" + (f", {machine.libc}" if machine.libc else "")),
        ("virtualised", _virtualised(machine)),
        ("container", machine.container),
        (
            "emulated",
            f"by {machine.emulator or 'an emulator'}: no latency is a real device's" if machine.emulated else "no",
        ),
    )
    return tuple((name, str(value)) for name, value in facts if value)


def version_facts(result: Result) -> tuple[tuple[str, str], ...]:
    """Return names and versions of the software, and the time of the run."""
    return (
        *((name, version) for name, version in result.versions.items()),
        ("run", result.created),
    )


def describe(machine: Machine) -> str:
    """Return a description of the machine in one line."""
    parts = [
        machine.model,
        machine.cpu or "unknown processor",
        _cores(machine),
        machine.architecture,
        machine.system,
        "virtual machine" if machine.virtualised else None,
        "EMULATED, so that no latency is a real device's" if machine.emulated else None,
    ]
    return ", ".join(part for part in parts if part)


def _cores(machine: Machine) -> str:
    parts = [count_of(machine.cores, "core")]
    if machine.cores_online and machine.cores_online != machine.cores:
        parts.append(f"of {machine.cores_online}")
    if machine.threads_per_core and machine.threads_per_core > 1:
        parts.append(f"({machine.threads_per_core} threads per core)")
    if machine.cpu_quota:
        parts.append(f"with a quota of {machine.cpu_quota:g}")
    return " ".join(parts)


def _frequency(machine: Machine) -> str:
    names = (("from", machine.minimum_hz), ("to", machine.maximum_hz), ("nominal", machine.nominal_hz))
    parts = [f"{name} {hz / 1e6:,.0f} MHz" for name, hz in names if hz]
    if machine.turbo is not None:
        parts.append("turbo " + ("on" if machine.turbo else "off"))
    return ", ".join(parts) or "unknown"


def _virtualised(machine: Machine) -> str:
    if machine.virtualised is None:
        return "unknown"
    return f"yes, by {machine.hypervisor or 'a hypervisor'}" if machine.virtualised else "no"
