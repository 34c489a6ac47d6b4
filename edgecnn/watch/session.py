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
    """Return what a session did when the source has ended, the clock was stopped, or `count` frames are classified.

    Args:
        name: of the source, as `kind_of` takes it.
        kind: what `kind_of` says of it.
        classifier: the loaded model.
        display: entered when the source is open; shows each classified frame.
        clock: ends the session when it is stopped.
        report: gets a line for what goes wrong without ending the session.
        options: how the source is opened, and how often a frame is taken.
        reactions: what to start for which labels.
        top: labels of each frame.
        count: of classified frames; None is without end.

    Raises:
        DataError: a label that the model does not have, a program that is not there, or a video that cannot be read.
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
