"""A profile as tables of text, for the screen and for every report."""

from __future__ import annotations

from edgecnn.intervals import Interval
from edgecnn.profiling.result import Profile, TimedOperation

COLUMNS = ("layer", "operation", "runs on", "µs (95 %)", "share", "MACs", "GMAC/s", "of peak", "MACs/byte", "of roof")
"""The heads of what `rows` returns."""

MOST_UNATTRIBUTED = 0.15
"""Beyond, the sum of the operations and the whole call do not tell the same story."""


def rows(profile: Profile) -> tuple[tuple[str, ...], ...]:
    """Return the table of operations, a row each in the order of execution, then what is left, then the whole."""
    whole = profile.whole_ns.value
    left = whole - profile.attributed_ns
    share = profile.share_of_peak
    total = profile.macs
    return (
        *(_row(profile, one) for one in profile.operations),
        ("not attributed", "", "", f"{left / 1e3:.2f}", f"{profile.unattributed_share:+.1%}", "", "", "", "", ""),
        (
            "whole call",
            "",
            "",
            _microseconds(profile.whole_ns),
            "100%",
            f"{total:,}",
            f"{total / whole:.1f}" if total else "",
            f"{share:.0%}" if share is not None else "",
            "",
            "",
        ),
    )


def sentences(profile: Profile) -> tuple[str, ...]:
    """Return the notes below the table: peaks, method and caveats."""
    peaks = profile.peaks
    named = "one thread" if peaks.threads == 1 else f"{peaks.threads} threads"
    return (
        f"peak of {peaks.backend} on {named} here: int8 {peaks.int8.macs_per_second / 1e9:.0f} GMAC/s "
        f"({peaks.int8.operation}), float32 {peaks.float32.macs_per_second / 1e9:.0f} GMAC/s "
        f"({peaks.float32.operation}); the roof of operations with few MACs for each byte is {_copy(profile)}",
        f"the operations sum up to {profile.attributed_ns / profile.whole_ns.value:.0%} of the whole call, measured in "
        f"the same turns; times of operations by: {profile.method}",
        *_disagreement(profile),
        *profile.notes,
    )


def _disagreement(profile: Profile) -> tuple[str, ...]:
    """Return a warning where the operations do not sum up to the whole call."""
    if abs(profile.unattributed_share) <= MOST_UNATTRIBUTED:
        return ()
    return (
        "warning: that is far from all of it, so take shares of the whole with care: something else was running, which "
        "interrupts long calls more than short ones, or operations on their own find in a cache what the whole evicts",
    )


def _copy(profile: Profile) -> str:
    copy = profile.copy
    return f"copying {copy.size_bytes / 2**20:g} MiB again and again, {copy.bytes_per_second / 1e9:.1f} GB/s"


def _row(profile: Profile, one: TimedOperation) -> tuple[str, ...]:
    rate, of_peak = one.macs_per_second, profile.operation_share_of_peak(one)
    intensity, roof = profile.intensity(one), profile.attainable(one)
    return (
        one.layer,
        one.kind,
        one.delegate,
        _microseconds(one.nanoseconds),
        f"{one.nanoseconds.value / profile.whole_ns.value:.0%}",
        "unknown" if one.macs is None else f"{one.macs:,}" if one.macs else "",
        f"{rate / 1e9:.1f}" if rate else "",
        f"{of_peak:.0%}" if of_peak is not None else "",
        f"{intensity:.1f}" if intensity is not None else "",
        f"{rate / roof:.0%}" if rate and roof else "",
    )


def _microseconds(nanoseconds: Interval) -> str:
    """Return microseconds with their interval; a time indistinguishable from zero is shown as below its upper end."""
    if nanoseconds.low > 0:
        return f"{_short(nanoseconds.value)} ({_short(nanoseconds.low)}–{_short(nanoseconds.high)})"
    return f"< {_short(nanoseconds.high)}"


def _short(nanoseconds: float) -> str:
    """Return microseconds with about three digits."""
    microseconds = nanoseconds / 1e3
    return f"{microseconds:,.0f}" if microseconds >= 100 else f"{microseconds:.{1 if microseconds >= 1 else 2}f}"
