"""The request for an export."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.data.choice import Draw
from edgecnn.export.limits import ExportLimits
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading
from edgecnn.spec import CALIBRATION_SIZE, ExportSpec


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """One export as plain data that can be sent to another process; `export_model` explains each field."""

    source: str
    spec: ExportSpec
    calibration: str = "calibration"
    draw: Draw = Draw(CALIBRATION_SIZE)
    evaluation: str = "sample"
    limits: ExportLimits = ExportLimits()
    feeding: Feeding = Feeding()
    loading: KerasLoading = KerasLoading()
