"""Measurements. Each module writes a file in docs/evidence, the source of the figures in README and docs."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT / "docs" / "evidence"
RESULTS = EVIDENCE / "results"
"""The data behind docs/results.md."""
HERE = Path(__file__).parent
