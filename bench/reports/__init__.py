"""Reports of a run: all are derived from its `Findings`, and none has a figure that another one lacks."""

from __future__ import annotations

from edgecnn.bench.reports.write import FORMATS, Written, write_reports

__all__ = ["FORMATS", "Written", "write_reports"]
