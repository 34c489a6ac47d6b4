"""The observer that starts commands for labels."""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from edgecnn.errors import DataError, nearest
from edgecnn.task import Answer
from edgecnn.watch.commands import CommandRun, Queue, finish_all
from edgecnn.watch.frame import Frame, Pixels
from edgecnn.watch.loop import Sighting
from edgecnn.watch.rules import ANY, Reactions, Rule, Trigger

_IMAGE = "{image}"
_LONGEST_QUEUE = 1000
_COOLDOWN_SECONDS = 10.0


class Actions:
    """Starts the commands of rules; each rule has one running at a time."""

    def __init__(self, rules: Sequence[Rule], report: Callable[[str], None], *, longest_queue: int) -> None:
        """Take the rules; per rule, `longest_queue` starts wait while its command runs."""
        self._report = report
        self._pairs = [(Trigger(rule), Queue(report, longest_queue)) for rule in rules]

    def see(self, sighting: Sighting) -> None:
        """Start the commands due for this frame."""
        answer, frame = sighting.seen.answers[0], sighting.frame
        for trigger, queue in self._pairs:
            queue.check()
            if trigger.fires(answer, frame.captured):
                try:
                    queue.add(_command_run(trigger.rule, answer, frame))
                except OSError as error:  # the temporary folder is full
                    self._report(f"the frame for the command for {answer.label} cannot be saved: {error.strerror}")

    def idle(self) -> None:
        """Collect ended commands."""
        for _, queue in self._pairs:
            queue.check()

    def close(self) -> None:
        """Wait a few seconds for the commands to end."""
        finish_all([queue for _, queue in self._pairs])


def open_actions(
    reactions: Reactions, known: Sequence[str], report: Callable[[str], None], *, keeps_all: bool
) -> Actions:
    """Return the actions for a model and a source.

    Args:
        reactions: which commands to start for which labels.
        known: the labels of the model.
        report: gets a line for each command that fails.
        keeps_all: whether every frame counts, as in a folder: starts then wait in a queue, without a cooldown unless
            `reactions` sets one.

    Raises:
        DataError: as `make_rules`.
    """
    cooldown = reactions.cooldown_seconds
    if cooldown is None:
        cooldown = 0.0 if keeps_all else _COOLDOWN_SECONDS
    like = Rule(ANY, (), reactions.min_score, reactions.hold_seconds, cooldown)
    rules = make_rules(reactions.labels, reactions.commands, known, like=like)
    return Actions(rules, report, longest_queue=_LONGEST_QUEUE if keeps_all else 0)


def make_rules(labels: Sequence[str], commands: Sequence[str], known: Sequence[str], *, like: Rule) -> tuple[Rule, ...]:
    """Return a rule for each pair of label and command; scores and times come from `like`.

    Raises:
        DataError: a label that the model does not have, or a missing program.
    """
    rules = []
    for label, text in zip(labels, commands, strict=True):
        if label != ANY and label not in known:
            raise DataError(f"the model has no label {label!r}{nearest(label, known)}")
        try:
            command = tuple(shlex.split(text))
        except ValueError as error:
            raise DataError(f"the command {text!r} cannot be read: {error}") from error
        if not command or shutil.which(command[0]) is None:
            raise DataError(f"no such program: {command[0] if command else text!r} (of --run {text!r})")
        rules.append(Rule(label, command, like.min_score, like.hold_seconds, like.cooldown_seconds))
    return tuple(rules)


def _command_run(rule: Rule, answer: Answer, frame: Frame) -> CommandRun:
    """Fill in the placeholders, each within its argument, so that no value can become a second argument."""
    folder = None
    if isinstance(frame.image, Path):
        image = str(frame.image)
    elif any(_IMAGE in argument for argument in rule.command):
        folder = Path(tempfile.mkdtemp(prefix="edgecnn-watch-"))
        image = str(_saved(frame.image, folder))
    else:
        image = ""
    values = {
        "label": answer.label,
        "score": f"{answer.score:.4f}",
        "image": image,
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
    }
    command = tuple(_filled(argument, values) for argument in rule.command)
    environment = {f"EDGECNN_{name.upper()}": value for name, value in values.items()}
    return CommandRun(answer.label, command, environment, folder)


def _filled(argument: str, values: dict[str, str]) -> str:
    """Replace the placeholders in one pass: a value that looks like one stays as it is, and so do other braces."""
    return re.sub("{(" + "|".join(values) + ")}", lambda found: values[found[1]], argument)


def _saved(pixels: Pixels, folder: Path) -> Path:
    """Write the frame losslessly, so that `edgecnn predict` gives the same answer for the file."""
    from PIL import Image

    path = folder / "frame.png"
    Image.fromarray(pixels).save(path, compress_level=1)
    return path
