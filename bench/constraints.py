"""What an artifact has to keep to, to be deployed."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.bench.case import Role
from edgecnn.bench.summary import Summary
from edgecnn.gate import MAX_DROP_POINTS


@dataclass(frozen=True, slots=True)
class Constraints:
    """Limits that a user sets; None where there is none.

    Attributes:
        max_drop: points of top-1 that may be lost to the baseline, with 95 % confidence.
        max_latency: seconds, for the 90th percentile of single calls, whatever its interval.
        max_size: bytes of the model file.
        max_memory: bytes of resident memory above the bare process, at the peak or after the rounds.
    """

    max_drop: float = MAX_DROP_POINTS
    max_latency: float | None = None
    max_size: int | None = None
    max_memory: int | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One limit of one case.

    Attributes:
        name: "accuracy", "latency", "size" or "memory".
        holds: None where the figures do not tell.
        what: the limit and what was found, in words.
    """

    name: str
    holds: bool | None
    what: str


def checks(one: Summary, constraints: Constraints) -> tuple[Check, ...]:
    """Return how a case stands to each limit that was set; the baseline loses nothing to itself."""
    found = [] if one.case.role is Role.BASELINE else [_accuracy(one, constraints.max_drop)]
    if constraints.max_latency is not None:
        found.append(_at_most("latency", one.latency.p90.value * 1e3, constraints.max_latency * 1e3, "p90 {:.3g} ms"))
    if constraints.max_size is not None:
        found.append(_at_most("size", one.raw.size_bytes / 1e6, constraints.max_size / 1e6, "{:.3g} MB"))
    if constraints.max_memory is not None:
        most = one.memory.most
        found.append(
            Check("memory", None, "memory is not known here")
            if most is None
            else _at_most("memory", most / 1e6, constraints.max_memory / 1e6, "{:.3g} MB above the bare process")
        )
    return tuple(found)


def _accuracy(one: Summary, max_drop: float) -> Check:
    paired = one.accuracy.paired if one.accuracy else None
    if paired is None:
        return Check("accuracy", None, "accuracy could not be compared with the original model's")
    drop, most, least = (
        -100 * value for value in (paired.difference.value, paired.difference.low, paired.difference.high)
    )
    holds = True if most <= max_drop else False if least > max_drop else None
    return Check("accuracy", holds, f"loses {drop:.2f} points ({least:.2f} to {most:.2f}), limit {max_drop:g}")


def _at_most(name: str, found: float, limit: float, form: str) -> Check:
    return Check(name, found <= limit, f"{form.format(found)}, limit {limit:.3g}")
