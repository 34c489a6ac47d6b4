"""The report as Markdown: verdict, table, and how it was measured."""

from __future__ import annotations

from collections.abc import Iterable

from edgecnn.bench.result import Result
from edgecnn.bench.table import tables
from edgecnn.bench.verdict import verdict
from edgecnn.device.machine import Machine


def to_markdown(result: Result) -> str:
    """Return the report of a run."""
    lines = ["# edgecnn bench", "", *verdict(result)]
    for table in tables(result):
        lines += ["", f"## {table.title}", "", _line(table.columns)]
        lines += [_line(("---", *("---:" for _ in table.columns[1:]))), *(_line(row) for row in table.rows)]
    if result.notes:
        lines += ["", *(f"- {note}." for note in result.notes)]
    lines += ["", "## How it was measured", "", *(f"- {line}" for line in method(result)), ""]
    return "\n".join(lines)


def method(result: Result) -> list[str]:
    """Return what a reader must know to judge the figures, one point an item."""
    settings, images = result.settings, result.images
    threads = ", ".join(str(count) for count in sorted({one.case.threads for one in result.cases}))
    versions = ", ".join(f"{name} {version}" for name, version in result.versions.items())
    return [
        f"Images: {images.count:,} of {images.data}, the same for all cases (pixels' SHA-256 {images.sha256[:12]}…). "
        "Top-1 with Wilson interval; differences to the baseline are paired.",
        "Latency: one call of `Classifier.predict`, from the uint8 pixels of one image to float32 probabilities, in a "
        f"tight loop. Threads of every case: {threads}.",
        f"Each case has a process of its own and runs {settings.warm_up_seconds:g} s before it counts. Then come "
        f"{settings.rounds} rounds: each case has one turn a round, in an order drawn anew (seed {settings.seed}). "
        f"A turn is up to {settings.turn_samples} calls or about {settings.turn_seconds:g} s, after up to "
        f"{settings.turn_warm_up} calls that are not counted. Python's garbage collector is off during a turn.",
        "`× baseline`: median over rounds of the baseline's median divided by the case's, so that a drift of the "
        "machine hits both.",
        "Measured once for each case, before the rounds: load, from the file to a classifier without the import of "
        "the runtime; first, the first call; images/s, all images in one call, in whatever batches the file allows; "
        "peak, resident memory of the whole process until its first answer, Python and the runtime included.",
        "Keras runs as a compiled `tf.function`, in batches of 250 where there are many images.",
        f"Machine: {describe(result.machine)}.",
        f"Versions: {versions}. {result.created}.",
    ]


def describe(machine: Machine) -> str:
    """Return what the machine is in one line."""
    parts = [
        machine.model,
        machine.cpu or "unknown processor",
        f"{machine.cores} cores",
        machine.architecture,
        machine.system,
        f"int8 instructions: {', '.join(machine.int8_instructions) or 'none known'}",
        "virtual machine" if machine.virtualised else None,
        "EMULATED, so that no latency is a real device's" if machine.emulated else None,
    ]
    return ", ".join(part for part in parts if part)


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
