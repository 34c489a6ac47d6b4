"""The report of a run, derived from its `Findings`: tables, charts and text."""

from __future__ import annotations

from edgecnn.bench.reports.write import write_reports
from edgecnn.reporting.formats import Written

__all__ = ["Written", "write_reports"]
