"""Write docs/results.md and its pictures from the result file in docs/results and the cards of the shipped models.

Usage: python -m tools.fill_results
"""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgecnn.bench.result import Result, read_result
from edgecnn.bench.summary import Summary, round_medians, summarise
from edgecnn.models.card import CARD_NAME, ModelCard, read_card
from edgecnn.models.registry import SHIPPED, shipped_folder
from edgecnn.statistics import Interval, median_ratio
from edgecnn.train.plots import make_figure, to_png

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "results.md"
RESULT = ROOT / "docs" / "results" / "result.json"
TRAINING = ROOT / "docs" / "results" / "training.json"
NOTEBOOK = ROOT / "docs" / "results" / "notebook.json"
OTHER_SEED = ROOT / "docs" / "results" / "other-seed.json"
"""The card of a shipped model that was trained again from nothing with another seed."""

UNTRAINED = {"resnet8": 12_501_632, "resnet8_wide": 76_473_920}
"""Networks of MLPerf Tiny that are measured for their latency alone, and their multiply-accumulates."""


NOTES = """\
`resnet8` is the network of MLPerf Tiny's image classification (IC01). `resnet8_wide` has 40, 80 and 160 channels:
the widths with which it has the multiply-accumulates and the file size of the larger network (IC02); they are
inferred. Both have random weights here, so only their latency is measured. × is a ratio of latencies in the same
run with its 95 % interval: less than 1 is faster. Ratios differ between processors: one with AMX gains more from wide
layers than one with VNNI alone, and a Raspberry Pi 4 pays for each multiply-accumulate."""

AGAIN = """\
All settings are in the cards (`edgecnn/assets/<model>/card.json`). `python tools/ship_model.py FOLDER` puts what
`edgecnn train` made into the package, with its int8 files and their accuracy."""


@dataclass(frozen=True)
class Row:
    """One int8 file in the table.

    Attributes:
        p50: seconds for one image.
        to_resnet8, to_wide: its latency as a multiple of the reference's, paired by rounds.
        card: None for the untrained references.
    """

    name: str
    backend: str
    macs: int
    size_bytes: int
    p50: float
    to_resnet8: Interval
    to_wide: Interval
    top1: float | None
    card: ModelCard | None


def rows(result: Result) -> list[Row]:
    found = {one.case.name: one for one in summarise(result)}
    by_model = {name: one for name in UNTRAINED for one in found.values() if Path(one.case.path).stem == f"{name}-int8"}
    return [_row(one, by_model["resnet8"], by_model["resnet8_wide"]) for one in found.values()]


def _row(one: Summary, resnet8: Summary, wide: Summary) -> Row:
    name = Path(one.case.path).stem.removesuffix("-int8")
    card = read_card(shipped_folder(name) / CARD_NAME) if name in SHIPPED else None
    medians = round_medians(one.raw)
    return Row(
        name,
        one.case.backend,
        card.macs if card else UNTRAINED[name],
        one.raw.size_bytes,
        one.latency.p50.value,
        median_ratio(medians, round_medians(resnet8.raw)),
        median_ratio(medians, round_medians(wide.raw)),
        one.accuracy.top1.value if card and one.accuracy else None,
        card,
    )


def page(result: Result) -> str:
    machine = result.machine
    lines = [
        "# Results",
        "",
        "Made by `python -m tools.fill_results` from [results/result.json](results/result.json), one run of",
        f"`python -m tools.measure_results`: {machine.cpu or machine.architecture}, {machine.cores} cores, int8 "
        f"instructions {', '.join(machine.int8_instructions) or 'unknown'}; "
        + ", ".join(f"{name} {version}" for name, version in result.versions.items())
        + f"; {result.settings.processes} processes of {result.settings.rounds} rounds each, all files by turns, one "
        "thread. Top-1 is that of the same run on "
        f"{result.images.count:,} test images ({result.images.data}), without loss.",
        "",
        "## int8, one image",
        "",
        "| model | runtime | MACs | file, bytes | top-1 int8 | top-1 float32 | p50 µs | × ResNet-8 | × wide ResNet-8 |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
        *(_cells(row) for row in rows(result)),
        "",
        NOTES,
        "",
        "![top-1 against latency](results/latency.png)",
        "![top-1 against multiply-accumulates](results/macs.png)",
        "",
        "## Training",
        "",
        "| model | recipe | epochs | seed | training images | minutes | on |",
        "|---|---|---:|---:|---|---:|---|",
        *(_training(read_card(shipped_folder(name) / CARD_NAME)) for name in SHIPPED),
        "",
        AGAIN,
        "",
        *_other_seed(),
        *_speed_of_training(),
    ]
    return "\n".join(lines)


def _other_seed() -> list[str]:
    if not OTHER_SEED.exists():
        return []
    again = read_card(OTHER_SEED)
    card = read_card(shipped_folder(again.model) / CARD_NAME)
    points = 100 * (again.test.top1 - card.test.top1)
    return [
        f"`{again.model}` trained from nothing with seed {again.seed} instead of {card.seed} "
        f"([card](results/other-seed.json)): {again.test.top1:.2%} in float32, {points:+.2f} points.",
        "",
    ]


def _speed_of_training() -> list[str]:
    sections = [
        make(json.loads(path.read_text()))
        for path, make in ((TRAINING, training_speed), (NOTEBOOK, beside_the_notebook))
        if path.exists()
    ]
    return ["## Speed of training", "", "\n\n".join(sections), ""] if sections else []


def beside_the_notebook(measured: dict[str, Any]) -> str:
    """Return how long the tutorial's recipe takes next to the tutorial's notebook."""
    turns, reached = len(measured["turns"]), measured["reached"]
    bound = "" if reached["notebook"] == turns else " at most, since the notebook's ten epochs do not always get there"
    return (
        "`edgecnn train` by the recipe `tutorial` next to the tutorial's notebook (`tools/minimal/notebook.py`), by "
        "turns, from [results/notebook.json](results/notebook.json), made by `python tools/measure_notebook.py`: an "
        f"epoch takes {measured['ratio_of_seconds_an_epoch']:.2f} times as long, and {measured['wanted']:.0%} on the "
        f"test images {measured['ratio_of_seconds_to_wanted']:.2f} times{bound}. edgecnn reached it in "
        f"{reached['edgecnn']} of {turns} turns, the notebook in {reached['notebook']}. The gain is from bfloat16, "
        "Adam in one pass, and many steps between two looks at Python."
    )


def training_speed(measured: dict[str, Any]) -> str:
    """Return the section on how fast training was."""
    wall, cpu = _per_image(measured, "seconds"), _per_image(measured, "cpu_seconds")
    machine = measured["machine"]
    has = "with" if measured["cpu_has_bfloat16"] else "without"
    lines = [
        f"`{measured['model']}` by the recipe `{measured['recipe']}`, from "
        "[results/training.json](results/training.json), made by `python tools/measure_training.py`: medians of "
        f"{len(measured['turns']['float32'])} turns in one process, {machine['cpu']}, {machine['cores']} cores, "
        f"{has} bfloat16 instructions. CPU time is the fairer measure where a machine has other work too.",
        "",
        "| | ms an image | CPU ms an image |",
        "|---|---:|---:|",
        *(f"| {name} | {wall[name]:.3f} | {cpu[name]:.3f} |" for name in cpu),
        "",
        f"float32 takes {cpu['float32'] / cpu['bfloat16']:.2f} times the CPU time of bfloat16. The input pipeline "
        f"takes {cpu['pipeline alone'] / cpu['bfloat16']:.1%} of that of a training. "
        f"Peak memory, with all 50,000 images: {measured['peak_memory_bytes'] / 1e9:.1f} GB.",
    ]
    return "\n".join(lines)


def _per_image(measured: dict[str, Any], kind: str) -> dict[str, float]:
    """Return the median of the turns in milliseconds an image, for each way to train."""
    return {
        name: 1000 * statistics.median(turn[kind] for turn in turns) / measured["images_per_turn"]
        for name, turns in measured["turns"].items()
    }


def _cells(row: Row) -> str:
    accuracy = f"{row.top1:.2%}" if row.top1 is not None else "untrained"
    float32 = f"{row.card.test.top1:.2%}" if row.card else ""
    return (
        f"| `{row.name}` | {row.backend} | {row.macs / 1e6:.1f} M | {row.size_bytes:,} | {accuracy} | {float32} "
        f"| {row.p50 * 1e6:.0f} | {_ratio(row.to_resnet8)} | {_ratio(row.to_wide)} |"
    )


def _ratio(ratio: Interval) -> str:
    return f"{ratio.value:.2f} ({ratio.low:.2f} … {ratio.high:.2f})"


def _training(card: ModelCard) -> str:
    return (
        f"| `{card.model}` | `{card.recipe}` | {card.epochs} | {card.seed} | {card.training} "
        f"| {card.seconds / 60:.0f} | {card.hardware} |"
    )


def picture(result: Result, axis: str) -> bytes:
    """Return a PNG of top-1 against `axis`: "latency" in µs, or "macs" in millions."""
    figure, axes = make_figure(7, 4.5)
    for row in rows(result):
        x = row.p50 * 1e6 if axis == "latency" else row.macs / 1e6
        if row.backend != "litert":
            continue
        if row.top1 is None:
            axes.axvline(x, linestyle=":", color="grey")
            axes.annotate(f" {row.name}", (x, 0.02), xycoords=("data", "axes fraction"), color="grey", rotation=90)
        else:
            axes.plot(x, row.top1, "o", color="tab:blue")
            axes.annotate(f"  {row.name}", (x, row.top1))
    axes.set(xlabel="p50 of one image, µs, LiteRT int8" if axis == "latency" else "multiply-accumulates, millions")
    axes.set(ylabel="top-1 int8")
    axes.set_xlim(left=0)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.grid(alpha=0.3)
    return to_png(figure)


def main() -> None:
    result = read_result(RESULT)
    PAGE.write_text(page(result))
    for axis in ("latency", "macs"):
        (RESULT.parent / f"{axis}.png").write_bytes(picture(result, axis))


if __name__ == "__main__":
    main()
