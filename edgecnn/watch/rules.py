"""When a label starts a command: long enough, sure enough, and not all the time."""

from __future__ import annotations

from dataclasses import dataclass

from edgecnn.task import Answer

ANY = "*"
"""The label of a rule for all labels."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A command to start for a label.

    Attributes:
        label: of the model, or `ANY`.
        command: program and arguments, with placeholders.
        min_score: the label counts only with this probability or more.
        hold_seconds: for this long it must be the answer to every classified frame.
        cooldown_seconds: for this long after a start there is no other.
    """

    label: str
    command: tuple[str, ...]
    min_score: float = 0.5
    hold_seconds: float = 0.0
    cooldown_seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Reactions:
    """Commands to start for labels, before the model and the source are known.

    Attributes:
        labels, commands: one of each per rule.
        min_score, hold_seconds: as in `Rule`.
        cooldown_seconds: as in `Rule`; None leaves it to the source: pictures in a folder have nothing to do with
            each other.
    """

    labels: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    min_score: float = 0.5
    hold_seconds: float = 0.0
    cooldown_seconds: float | None = None


class Trigger:
    """A rule and its state over the frames so far."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._label: str | None = None
        self._since = 0.0
        self._fired_at: float | None = None

    def fires(self, answer: Answer, captured: float) -> bool:
        """Return whether the command starts now; called with every classified frame, and when it was captured."""
        rule = self.rule
        if rule.label not in (ANY, answer.label) or answer.score < rule.min_score:
            self._label = None
            return False
        if self._label != answer.label:
            self._label, self._since = answer.label, captured
        if captured - self._since < rule.hold_seconds:
            return False
        if self._fired_at is not None and captured - self._fired_at < rule.cooldown_seconds:
            return False
        self._fired_at = captured
        return True
