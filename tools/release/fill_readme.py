"""Write the measured figures into README.md and docs/demo.md, from docs/evidence.

Usage: python -m tools.release.fill_readme

The text between `<!-- begin NAME -->` and `<!-- end NAME -->` is replaced; `tests/test_readme.py` checks that nothing
would change.
"""

from __future__ import annotations

import json
import re

from edgecnn.artifact import SCHEMA_VERSION, Manifest
from edgecnn.bench.findings import Findings, find
from edgecnn.bench.reports.case_tables import overview
from edgecnn.bench.reports.document import run_document
from edgecnn.bench.result import read_result
from edgecnn.reporting.markdown import to_markdown
from edgecnn.schema import decode_json
from tools.evidence import EVIDENCE, ROOT

README = ROOT / "README.md"
REPORT = ROOT / "docs" / "demo.md"


def filled(text: str) -> str:
    """Return the README's text with every block regenerated."""
    for name, block in (("demo", demo()), ("accuracy", accuracy()), ("overhead", overhead())):
        pattern = re.compile(f"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)", re.DOTALL)
        text, count = pattern.subn(lambda match, block=block: match[1] + block + match[2], text)  # type: ignore[misc]
        if count != 1:
            raise SystemExit(f"README.md has {count} blocks named {name}")
    return text


def report() -> str:
    """Return the Markdown report of the stored demo."""
    return to_markdown(run_document(_kept_demo()))


def demo() -> str:
    """Return the table and verdict of the stored demo, as the command prints them."""
    findings = _kept_demo()
    table = overview(findings)
    widths = [max(map(len, column)) for column in zip(table.columns, *table.rows, strict=True)]
    lines = [table.title, "", *(_aligned(row, widths) for row in (table.columns, *table.rows)), ""]
    return "```\n" + "\n".join([*lines, *findings.verdict]) + "\n```\n"


def _kept_demo() -> Findings:
    return find(read_result(EVIDENCE / "demo.json"))


def accuracy() -> str:
    """Return the table of top-1 on all test images."""
    manifest = decode_json(Manifest, (EVIDENCE / "manifest-cifar10.json").read_bytes(), newest=SCHEMA_VERSION)
    rows = [("Keras ([card](edgecnn/assets/tutorial_cnn/card.json))", manifest.keras, "")]
    rows += [(f"`{entry.file}`", entry.measured, f"{entry.size_bytes:,}") for entry in manifest.artifacts]
    lines = [f"| | top-1 of {manifest.evaluation.count:,} | same answer as Keras | bytes |", "|---|---:|---:|---:|"]
    for name, measured, size in rows:
        top1, same = (measured.correct or 0) / measured.images, measured.agree / measured.images
        lines.append(f"| {name} | {top1:.2%} | {same:.2%} | {size} |")
    return "\n".join(lines) + "\n"


def overhead() -> str:
    """Return the table of the cost of edgecnn over the least code that does the same."""
    figures = json.loads((EVIDENCE / "overhead.json").read_text())["figures"]
    lines = ["| | edgecnn | the least | ratio | peak MiB |", "|---|---:|---:|---:|---:|"]
    for name, figure in figures.items():
        if "extra_us" in figure:
            both = f"{figure['classifier_us']:.1f} µs | {figure['bare_us']:.1f} µs | +{figure['extra_us']:.1f} µs"
            lines.append(f"| {name} | {both} | |")
            continue
        peak = (
            f"{figure['edgecnn_peak_mib']:.0f}, {figure['minimal_peak_mib']:.0f}"
            if "edgecnn_peak_mib" in figure
            else ""
        )
        both = f"{figure['edgecnn_seconds']:.2f} s | {figure['minimal_seconds']:.2f} s | {figure['ratio']:.2f}"
        lines.append(f"| {name} | {both} | {peak} |")
    return "\n".join(lines) + "\n"


def _aligned(row: tuple[str, ...], widths: list[int]) -> str:
    first, *others = (
        cell.ljust(width) if index == 0 else cell.rjust(width)
        for index, (cell, width) in enumerate(zip(row, widths, strict=True))
    )
    return "  ".join([first, *others]).rstrip()


if __name__ == "__main__":
    README.write_text(filled(README.read_text()))
    REPORT.write_text(report())
