"""Temperature, power supply, and their effect on the processor."""

from __future__ import annotations

from collections.abc import Iterator

from edgecnn.checkup.finding import Finding, Level
from edgecnn.device.sensors import Sample, throttled_words

_HOT_C = 80.0
"""From here a Raspberry Pi slows down. Source: Raspberry Pi documentation, frequency management and thermal control."""

_UNDER_VOLTAGE = "under-voltage"
_SUPPLY = "use the board's own supply (5 V, 3 A; Raspberry Pi 5: 5 A) with a short cable, and unplug USB devices"
_COOLING = "add a heat sink or a fan, and let it cool before you measure"


def heat_findings(sample: Sample, *, is_raspberry_pi: bool) -> Iterator[Finding]:
    """Yield the temperature, and what throttles the processor, now and since boot."""
    if sample.temperature_c is not None:
        is_hot = sample.temperature_c >= _HOT_C
        what = f"the processor is at {sample.temperature_c:.1f} °C"
        yield Finding("heat", Level.WARNING if is_hot else Level.OK, what, _COOLING if is_hot else "")
    if sample.throttled is not None:
        yield from _throttling(sample.throttled)
    elif is_raspberry_pi:
        yield Finding(
            "heat",
            Level.WARNING,
            "the firmware does not tell whether it throttles: vcgencmd is missing or may not be used",
            "sudo apt install raspi-utils (bookworm: libraspberrypi-bin); sudo usermod -aG video $USER, log in again",
        )


def _throttling(bits: int) -> Iterator[Finding]:
    words = throttled_words(bits)
    if not words.now and not words.since_boot:
        yield Finding("heat", Level.OK, "not throttled, now or since boot")
    for word in words.now:
        is_supply = word == _UNDER_VOLTAGE
        yield Finding(
            "heat", Level.PROBLEM if is_supply else Level.WARNING, f"now: {word}", _SUPPLY if is_supply else _COOLING
        )
    for word in words.since_boot:
        if word not in words.now:
            advice = _SUPPLY if word == _UNDER_VOLTAGE else _COOLING
            yield Finding("heat", Level.WARNING, f"since boot, but not now: {word}", advice)
