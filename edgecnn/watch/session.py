"""One session: a source is opened, its frames are classified, shown, and start commands, until it ends."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from edgecnn.runtime.classifier import Classifier
from edgecnn.watch.actions import open_actions
from edgecnn.watch.classify import frame_classifier
from edgecnn.watch.clock import Clock
from edgecnn.watch.loop import Counts, Observer, watch
from edgecnn.watch.rules import Reactions
from edgecnn.watch.source import Kind, SourceOptions, open_source


@dataclass(frozen=True, slots=True)
class SessionTotals:
    """What a session did: its counts, and the seconds from the open source to the end."""

    counts: Counts
    seconds: float


def watch_source(
    name: str,
    kind: Kind,
    classifier: Classifier,
    display: contextlib.AbstractContextManager[Observer],
    *,
    clock: Clock,
    report: Callable[[str], None],
    options: SourceOptions,
    reactions: Reactions,
    top: int = 3,
    count: int | None = None,
) -> SessionTotals:
    """Return a session's totals, after the source ends, the clock stops, or `count` frames are classified.

    Args:
        name: of the source, as for `kind_of`.
        kind: its kind, from `kind_of`.
        classifier: the loaded model.
        display: entered when the source is open; shows each classified frame.
        clock: ends the session when stopped.
        report: gets a line for each error that does not end the session.
        options: how the source is opened, and how often it is read.
        reactions: what to start for which labels.
        top: labels of each frame.
        count: of classified frames; None is without end.

    Raises:
        DataError: a label that the model does not have, a missing program, or a video that cannot be read.
        DeviceError: the camera cannot be opened.
    """
    with contextlib.ExitStack() as stack:
        actions = open_actions(reactions, classifier.labels, report, keeps_all=kind is Kind.FOLDER)
        stack.callback(actions.close)
        source = open_source(name, kind, options, clock, report)
        stack.callback(source.close)
        observers = (stack.enter_context(display), actions)
        begin = time.monotonic()
        counts = watch(
            source,
            frame_classifier(classifier, top),
            observers,
            clock=clock,
            report=report,
            period=options.period,
            count=count,
        )
        return SessionTotals(counts, time.monotonic() - begin)
