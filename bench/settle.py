"""Detection, before measuring, of the scores of files from other tools."""

from __future__ import annotations

from dataclasses import replace

from edgecnn.bench.case import Case
from edgecnn.bench.inputs import Inputs
from edgecnn.bench.plan import Plan
from edgecnn.bench.process import Start
from edgecnn.bench.requests import Load, ReadFeeding
from edgecnn.errors import MeasurementError


def settled(plan: Plan, inputs: Inputs, timeout: float, start: Start) -> Plan:
    """Return the plan with the kind of scores of each case detected, so that no start-up time includes the trial.

    A case that cannot be loaded stays as it is, and fails when it is measured.
    """
    return replace(plan, cases=tuple(_settled(case, inputs, timeout, start) for case in plan.cases))


def _settled(case: Case, inputs: Inputs, timeout: float, start: Start) -> Case:
    if not case.is_foreign or case.feeding.scores is not None:
        return case
    link = start(timeout)
    try:
        link.ask(Load(case, inputs.images))
        feeding = link.ask(ReadFeeding())
    except MeasurementError:
        return case
    finally:
        link.close()
    return replace(case, feeding=feeding)
