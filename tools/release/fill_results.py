"""Write docs/results.md and its pictures from docs/evidence/results and the cards of the shipped models.

Usage: python -m tools.release.fill_results
"""

from __future__ import annotations

import json
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgecnn.bench.case import Role
from edgecnn.bench.result import Result, read_result
from edgecnn.bench.summary import Summary, round_medians, summarise
from edgecnn.intervals import Interval, median_ratio
from edgecnn.models.card import CARD_NAME, ModelCard, read_card
from edgecnn.models.registry import SHIPPED, shipped_folder
from edgecnn.train.plots import make_figure, to_png
from edgecnn.train.recipe import RECIPES
from tools.evidence import RESULTS, ROOT
from tools.evidence.aims import MOST_LOST, Measured, check
from tools.evidence.held_out import HeldOut, read_held_out, shipped, tried
from tools.evidence.measure_results import RESULT, UNTRAINED

PAGE = ROOT / "docs" / "results.md"
PICTURES = ROOT / "docs" / "pictures"
TRAINING = RESULTS / "training.json"
NOTEBOOK = RESULTS / "notebook.json"
RESUME = RESULTS / "resume.json"
OTHER_SEED = RESULTS / "other-seed.json"
"""The card of a shipped model trained again from scratch with another seed."""

REFERENCES = ("resnet8", "resnet8_wide")
"""Networks of MLPerf Tiny, on LiteRT; all latencies are given as multiples of theirs."""


NOTES = """\
`resnet8` is the network of MLPerf Tiny's image classification (IC01). `resnet8_wide` has 40, 80 and 160 channels:
the widths with which it has the multiply-accumulates and the file size of the larger network (IC02); they are
inferred. It has random weights here, so only its latency is measured. × is a ratio of latencies in the same
run with its 95 % interval: less than 1 is faster. The .onnx files that ship are for any processor; those that
`edgecnn demo` exports for x86 are faster there. Ratios differ between processors: one with AMX gains more from wide
layers than one with VNNI alone, and a Raspberry Pi 4 pays for each multiply-accumulate."""

DIFFERENT = {
    "edge_l-strided": "one 4×4 convolution of stride 2 instead of two at 32×32, strides instead of pooling; 64, 128, "
    "192 channels",
    "edge_l-cutout": "the recipe: grey squares, which it learned by heart, instead of mixed images",
    "edge_l-born-again": "the recipe: `edge-distilled` with `learning_rate = 0.3`, from what ships, and no "
    "more accurate than that",
    "edge_m-strided": "as `edge_l`, with 48, 96, 192 channels",
    "edge_m-cutmix": "the recipe: no teacher",
}
"""How each card in `held_out.TRIED` differs from the model that ships now."""

AGAIN = """\
All settings are in the cards (`edgecnn/assets/<model>/card.json`). `python -m tools.release.ship_model FOLDER` puts
the output of `edgecnn train` into the package, with its int8 files and their accuracy."""


@dataclass(frozen=True)
class Row:
    """One int8 file in the table.

    Attributes:
        is_twin: the first file once more, whose ratio shows how well ratios repeat.
        p50: seconds for one image.
        to_resnet8, to_wide: its latency as a multiple of the reference's, paired by rounds.
        card: None for the untrained references.
    """

    name: str
    is_twin: bool
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
    by_file = {Path(one.case.path).name: one for one in reversed(found.values())}  # not the repeated one
    references = [by_file[f"{name}-int8.tflite"] for name in REFERENCES]
    return [_row(one, *references) for one in found.values()]


def _row(one: Summary, resnet8: Summary, wide: Summary) -> Row:
    name = Path(one.case.path).stem.removesuffix("-int8")
    card = read_card(shipped_folder(name) / CARD_NAME) if name in SHIPPED else None
    medians = round_medians(one.raw)
    return Row(
        name,
        one.case.role is Role.TWIN,
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
        "Made by `python -m tools.release.fill_results` from [result.json](evidence/results/result.json), one run of",
        f"`python -m tools.evidence.measure_results`: {machine.cpu or machine.architecture}, {machine.cores} cores, "
        f"int8 instructions {', '.join(machine.int8_instructions) or 'unknown'}; "
        + ", ".join(f"{name} {version}" for name, version in result.versions.items())
        + f"; {result.settings.processes} processes of {result.settings.rounds} rounds each, all files in turns, one "
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
        "## Aims",
        "",
        f"As int8 on LiteRT; losing at most {MOST_LOST:.1f} points to float32 was an aim of every model. The limits on "
        "latency come from measurements on a processor with AMX.",
        "",
        "| model | aim | measured | reached |",
        "|---|---|---:|---|",
        *(line for row in rows(result) for line in _aims(row)),
        "",
        "![top-1 against latency](pictures/latency.png)",
        "![top-1 against multiply-accumulates](pictures/macs.png)",
        "",
        "## Training",
        "",
        "| model | epochs | training images | minutes | on | command |",
        "|---|---:|---|---:|---|---|",
        *(_training(card) for card in shipped()),
        "",
        AGAIN,
        "",
        *_taught(),
        *_tried(),
        *_other_seed(),
        *_resumed(),
        *_speed_of_training(),
    ]
    return "\n".join(lines)


def _aims(row: Row) -> list[str]:
    """Return a line of the table for each aim of a model."""
    if row.card is None or row.top1 is None or row.backend != "litert" or row.is_twin:
        return []
    measured = Measured(row.top1, row.card.test.top1, row.macs, row.to_resnet8.value, row.to_wide.value)
    return [
        f"| `{row.name}` | {aim} | {value} | {'yes' if holds else '**no**'} |"
        for aim, value, holds in check(row.name, measured)
    ]


def find_teacher_card(card: ModelCard) -> tuple[str, ModelCard] | None:
    """Return the card of a model's teacher and its path from the page; None if it had no teacher."""
    if not card.settings.get("teacher"):
        return None
    places = {f"evidence/results/tried/{name}.json": one for name, one in tried().items()}
    places |= {f"../edgecnn/assets/{one.model}/{CARD_NAME}": one for one in shipped()}
    return next((place, one) for place, one in places.items() if one.sha256 == card.settings["teacher_sha256"])


def _taught() -> list[str]:
    lines = []
    for card in shipped():
        if teacher := find_teacher_card(card):
            place, known = teacher
            lines.append(f"`{card.model}` learned from the model that `{_command(known)}` makes ([card]({place})).")
    return [*lines, ""] if lines else []


def _tried() -> list[str]:
    measured, models = read_held_out(), {card.model for card in tried().values()}
    cards = [(tried()[name], different) for name, different in DIFFERENT.items()]
    cards += [(card, "ships") for card in shipped() if card.model in models]
    return [
        "The models tried and those that ship, on the held-out training images "
        "([held-out.json](evidence/results/held-out.json), made by `python -m tools.evidence.held_out FOLDER`): the "
        "images right, unchanged and mirrored, which decided, and the cross-entropy over both, which decided where "
        "these do not; it is higher after label smoothing, which recipes with a teacher do without. Where 1,000 are "
        "held out, they are among the 2,000. "
        "The test images were used only afterwards.",
        "",
        "| model | recipe | epochs | MACs | parameters | held out | right | mirrored | loss | test, float32 "
        "| test, int8 | what was different |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|",
        *(
            f"| `{card.model}` | {card.recipe} | {card.epochs} | {card.macs / 1e6:.1f} M | {card.parameters:,} "
            f"| {_kept_apart(measured[card.sha256])} | {card.test.top1:.2%} | {_int8(card)} "
            f"| {different} |"
            for card, different in sorted(cards, key=lambda one: one[0].model)
        ),
        "",
    ]


def _int8(card: ModelCard) -> str:
    return f"{card.int8['tflite'].top1:.2%}" if card.int8 else "not exported"


def _kept_apart(one: HeldOut) -> str:
    right, mirrored = one.correct / one.images, one.correct_mirrored / one.images
    return f"{one.images:,} | {right:.1%} | {mirrored:.1%} | {one.loss:.3f}"


def _other_seed() -> list[str]:
    if not OTHER_SEED.exists():
        return []
    again = read_card(OTHER_SEED)
    card = read_card(shipped_folder(again.model) / CARD_NAME)
    points = 100 * (again.test.top1 - card.test.top1)
    return [
        f"`{again.model}` trained from scratch with seed {again.seed} instead of {card.seed} "
        f"([card](evidence/results/other-seed.json)): {again.test.top1:.2%} in float32, {points:+.2f} points.",
        "",
    ]


def _resumed() -> list[str]:
    if not RESUME.exists():
        return []
    measured = json.loads(RESUME.read_text())
    epochs, top1 = " and ".join(map(str, measured["killed_in_epochs"])), measured["top1"]
    return [
        f"`{measured['model']}` by the recipe `{measured['recipe']}` in {measured['epochs']} epochs, killed with "
        f"SIGKILL in the middle of epochs {epochs} and resumed ([resume.json](evidence/results/resume.json), made by "
        f"`python -m tools.evidence.measure_resume`): {top1['killed']:.2%}; uninterrupted: {top1['whole']:.2%}, "
        f"a difference of {_points(measured['killed_against_whole'])}. The next seed: {top1['other']:.2%}, "
        f"{_points(measured['other_seed_against_whole'])}.",
        "",
    ]


def _points(difference: dict[str, float]) -> str:
    value, low, high = (100 * difference[name] for name in ("value", "low", "high"))
    return f"{value:+.2f} points ({low:+.2f} to {high:+.2f})"


def _speed_of_training() -> list[str]:
    sections = [
        make(json.loads(path.read_text()))
        for path, make in ((TRAINING, training_speed), (NOTEBOOK, beside_the_notebook))
        if path.exists()
    ]
    return ["## Speed of training", "", "\n\n".join(sections), ""] if sections else []


def beside_the_notebook(measured: dict[str, Any]) -> str:
    """Return the training time of the tutorial's recipe, compared with the tutorial's notebook."""
    turns, reached = len(measured["turns"]), measured["reached"]
    bound = "" if reached["notebook"] == turns else " at most, since the notebook's ten epochs do not always get there"
    return (
        "`edgecnn train` by the recipe `tutorial` against the tutorial's notebook "
        "(`tools/evidence/minimal/notebook.py`), in turns, from [notebook.json](evidence/results/notebook.json), made "
        "by `python -m "
        f"tools.evidence.measure_notebook`: an epoch takes {measured['ratio_of_seconds_an_epoch']:.2f} times as long, "
        f"and {measured['wanted']:.0%} on the test images {measured['ratio_of_seconds_to_wanted']:.2f} times{bound}. "
        "edgecnn reached it in "
        f"{reached['edgecnn']} of {turns} turns, the notebook in {reached['notebook']}. What differs: bfloat16, Adam "
        "in one pass, and many steps for each return to Python."
    )


def training_speed(measured: dict[str, Any]) -> str:
    """Return the section on how fast training was."""
    wall, cpu = _per_image(measured, "seconds"), _per_image(measured, "cpu_seconds")
    machine = measured["machine"]
    has = "with" if measured["cpu_has_bfloat16"] else "without"
    lines = [
        f"`{measured['model']}` by the recipe `{measured['recipe']}`, from "
        "[training.json](evidence/results/training.json), made by `python -m tools.evidence.measure_training`: "
        f"medians of {len(measured['turns']['float32'])} turns in one process, {machine['cpu']}, "
        f"{machine['cores']} cores, {has} bfloat16 instructions. CPU time is the fairer measure if the machine has "
        "other work.",
        "",
        "| | ms per image | CPU ms per image |",
        "|---|---:|---:|",
        *(f"| {name} | {wall[name]:.3f} | {cpu[name]:.3f} |" for name in cpu),
        "",
        f"float32 takes {cpu['float32'] / cpu['bfloat16']:.2f} times the CPU time of bfloat16. The input pipeline "
        f"takes {cpu['pipeline alone'] / cpu['bfloat16']:.1%} of that of training. "
        f"Peak memory, with all 50,000 images: {measured['peak_memory_bytes'] / 1e9:.1f} GB.",
    ]
    return "\n".join(lines)


def _per_image(measured: dict[str, Any], kind: str) -> dict[str, float]:
    """Return the median over turns in milliseconds per image, for each way to train."""
    return {
        name: 1000 * statistics.median(turn[kind] for turn in turns) / measured["images_per_turn"]
        for name, turns in measured["turns"].items()
    }


def _cells(row: Row) -> str:
    name = f"`{row.name}`{', once more' if row.is_twin else ''}"
    accuracy = f"{row.top1:.2%}" if row.top1 is not None else "untrained"
    float32 = f"{row.card.test.top1:.2%}" if row.card else ""
    return (
        f"| {name} | {row.backend} | {row.macs / 1e6:.1f} M | {row.size_bytes:,} | {accuracy} | {float32} "
        f"| {row.p50 * 1e6:.0f} | {_ratio(row.to_resnet8)} | {_ratio(row.to_wide)} |"
    )


def _ratio(ratio: Interval) -> str:
    return f"{ratio.value:.2f} ({ratio.low:.2f} … {ratio.high:.2f})"


def _training(card: ModelCard) -> str:
    minutes, hardware = card.seconds / 60, card.hardware or "not noted"
    return f"| `{card.model}` | {card.epochs} | {card.training} | {minutes:.0f} | {hardware} | `{_command(card)}` |"


def _command(card: ModelCard) -> str:
    """Return the command that trains the model again."""
    count = card.cifar10_held_out
    holdout = f" --holdout {count}" if count else ""
    teacher = find_teacher_card(card)
    taught = f" --teacher runs/{teacher[1].model}-{teacher[1].recipe}/model.keras" if teacher else ""
    epochs = "" if card.epochs == RECIPES[card.recipe].epochs else f" --epochs {card.epochs}"
    return f"edgecnn train {card.model} --recipe {card.recipe}{epochs} --seed {card.seed}{holdout}{taught}"


def picture(result: Result, axis: str) -> bytes:
    """Return a PNG of top-1 against `axis`: "latency" in µs, or "macs" in millions."""
    figure, axes = make_figure(7, 4.5)
    for row in rows(result):
        x = row.p50 * 1e6 if axis == "latency" else row.macs / 1e6
        if row.backend != "litert" or row.is_twin:
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
        (PICTURES / f"{axis}.png").write_bytes(picture(result, axis))


if __name__ == "__main__":
    main()
