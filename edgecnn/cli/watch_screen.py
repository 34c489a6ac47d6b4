"""The output of `edgecnn watch`: a live display on a terminal, lines otherwise, or JSON lines."""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from edgecnn.device.sensors import Sample, throttled_words
from edgecnn.text import plain, visible
from edgecnn.watch.loop import Counts, Sighting

Sense = Callable[[], Sample]
"""Provides the newest sample of the machine's sensors."""

_DRAW_SECONDS = 0.1
_LINE_SECONDS = 10.0
_RECENT = 30


def json_line(sighting: Sighting, source: str, sample: Sample) -> str:
    """Return one classified frame as one line of JSON."""
    seen, image = sighting.seen, sighting.frame.image
    value = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "source": source,
        "frame": sighting.frame.number,
        "image": str(image) if isinstance(image, Path) else None,
        "label": seen.answers[0].label,
        "score": round(seen.answers[0].score, 6),
        "answers": [{"label": one.label, "score": round(one.score, 6)} for one in seen.answers],
        "inference_ms": _ms(seen.inference_seconds),
        "prepare_ms": _ms(seen.prepare_seconds),
        "age_ms": _ms(sighting.age_seconds),
        "temperature_c": sample.temperature_c,
        "throttled": None if sample.throttled is None else throttled_words(sample.throttled).now,
        "dropped": sighting.counts.dropped,
    }
    return json.dumps(value)


class JsonLines:
    """Prints a line of JSON for each classified frame."""

    def __init__(self, source: str, sense: Sense) -> None:
        self._source = source
        self._sense = sense

    def see(self, sighting: Sighting) -> None:
        """Print it and flush: the reader may be waiting."""
        sys.stdout.write(json_line(sighting, self._source, self._sense()) + "\n")
        sys.stdout.flush()

    def idle(self) -> None:
        """Print nothing."""


class Lines:
    """Prints a line when the label changes, and now and then; for a folder, one per picture."""

    def __init__(self, sense: Sense) -> None:
        self._sense = sense
        self._last: tuple[str, float] | None = None

    def see(self, sighting: Sighting) -> None:
        """Print it if it is new."""
        best, now, image = sighting.seen.answers[0], sighting.frame.captured, sighting.frame.image
        is_news = self._last is None or self._last[0] != best.label or now - self._last[1] >= _LINE_SECONDS
        if not is_news and not isinstance(image, Path):
            return
        self._last = (best.label, now)
        name = f"{visible(str(image))}: " if isinstance(image, Path) else ""
        click.echo(f"{name}{plain(best.label)} {best.score:.0%}, ".replace("%", " %") + _facts(sighting, self._sense()))
        sys.stdout.flush()

    def idle(self) -> None:
        """Print nothing."""


class Live:
    """Draws the newest answer in place, a few times a second; used as a context manager."""

    def __init__(self, source: str, sense: Sense) -> None:
        from rich.live import Live as RichLive

        self._source = source
        self._sense = sense
        self._live = RichLive(auto_refresh=False, redirect_stdout=False, redirect_stderr=True)
        self._times: deque[float] = deque(maxlen=_RECENT)
        self._drawn_at = 0.0

    def __enter__(self) -> Live:
        """Start drawing."""
        self._live.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Leave the last display on the screen."""
        self._live.stop()

    def see(self, sighting: Sighting) -> None:
        """Draw it, unless the last drawing is too recent."""
        now = time.monotonic()
        self._times.append(now)
        if now - self._drawn_at >= _DRAW_SECONDS:
            self._drawn_at = now
            self._live.update(self._drawn(sighting), refresh=True)

    def idle(self) -> None:
        """Leave the display as it is."""

    def _drawn(self, sighting: Sighting) -> Any:
        from rich.console import Group
        from rich.progress_bar import ProgressBar
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2))
        for index, answer in enumerate(sighting.seen.answers):
            style = "bold" if index == 0 else "dim"
            bar = ProgressBar(total=1.0, completed=answer.score, width=30)
            table.add_row(Text(plain(answer.label), style), Text(f"{answer.score:5.0%}".replace("%", " %"), style), bar)
        rate = (len(self._times) - 1) / (self._times[-1] - self._times[0]) if len(self._times) > 1 else 0.0
        image = sighting.frame.image
        is_file = isinstance(image, Path)
        head = visible(str(image)) if is_file else f"{visible(self._source)}   {rate:.1f} frames per second"
        return Group(
            Text(head, "dim"),
            table,
            Text(_facts(sighting, self._sense())),
            Text(summary(sighting.counts), "dim"),
        )


def summary(counts: Counts) -> str:
    """Return the counts as text."""
    words = f"{counts.seen} frames seen, {counts.classified} classified, {counts.dropped} dropped"
    return words + (f", {counts.failed} could not be read" if counts.failed else "")


def _facts(sighting: Sighting, sample: Sample) -> str:
    seen = sighting.seen
    words = [
        f"inference {_ms(seen.inference_seconds):.2f} ms",
        f"preparing {_ms(seen.prepare_seconds):.2f} ms",
        f"age {_ms(sighting.age_seconds):.0f} ms",
    ]
    if sample.temperature_c is not None:
        words.append(f"{sample.temperature_c:.0f} °C")
    return ", ".join([*words, *throttled_words(sample.throttled or 0).now])


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
