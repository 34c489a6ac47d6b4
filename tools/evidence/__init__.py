"""What measures. Each module writes a file of docs/evidence, which README and docs take their figures from."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
EVIDENCE = ROOT / "docs" / "evidence"
RESULTS = EVIDENCE / "results"
"""What docs/results.md is made of."""
HERE = Path(__file__).parent
