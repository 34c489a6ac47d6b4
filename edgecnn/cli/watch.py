"""`edgecnn watch`."""

from __future__ import annotations

import contextlib
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgecnn.cli.feeding_options import loading_options, pixel_options
from edgecnn.cli.option_types import IMAGE_SIZE, FiniteRange
from edgecnn.cli.options import as_json, backend, threads
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading
from edgecnn.text import one_line

if TYPE_CHECKING:
    from edgecnn.device.sensors import Sample
    from edgecnn.watch.actions import Actions
    from edgecnn.watch.clock import SystemClock
    from edgecnn.watch.loop import Observer

_SENSE_SECONDS = 5.0
_LONGEST_QUEUE = 1000
_COOLDOWN_SECONDS = 10.0


class _Sensing:
    """The newest sample of the machine, at most a few seconds old.

    It is read on a thread, because reading starts programs on a Raspberry Pi, and no frame should wait for that.
    """

    def __init__(self) -> None:
        from edgecnn.device.sensors import Sensors

        self._sensors = Sensors()
        self._sample = self._sensors.read()
        self._thread: threading.Thread | None = None

    def __call__(self) -> Sample:
        """Return it, and have a new one read if it has grown old."""
        is_old = time.monotonic() - self._sample.seconds >= _SENSE_SECONDS
        if is_old and (self._thread is None or not self._thread.is_alive()):
            self._thread = threading.Thread(target=self._read, daemon=True)
            self._thread.start()
        return self._sample

    def _read(self) -> None:
        self._sample = self._sensors.read()


class RememberingCommand(click.Command):
    """A command that keeps its arguments as they were given, for the unit that repeats them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep them and go on."""
        ctx.meta["arguments"] = tuple(args)
        return super().parse_args(ctx, args)


@click.command("watch", cls=RememberingCommand)
@click.argument("source", default="camera")
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="A .tflite, .onnx or .keras file.  [default: the shipped int8 model]",
)
@click.option("--fps", type=FiniteRange(0, min_open=True), help="Classify at most so many frames a second.")
@click.option("--top", type=click.IntRange(1), default=3, show_default=True, help="How many labels to show.")
@click.option("--count", type=click.IntRange(1), help="Stop after so many classified frames.")
@click.option("--on", "labels", multiple=True, metavar="LABEL", help="Start the next --run for this label; * is any.")
@click.option("--run", "commands", multiple=True, metavar="CMD", help="What to start; one for each --on, no shell.")
@click.option(
    "--min-score",
    type=FiniteRange(0, 1),
    default=0.5,
    show_default=True,
    help="A label of less does not start anything.",
)
@click.option("--for", "hold", type=FiniteRange(0), default=0.0, metavar="SECONDS", help="It must last so long.")
@click.option(
    "--cooldown",
    type=FiniteRange(0),
    metavar="SECONDS",
    help="No other start of the same --run for so long.  [default: 10, for a folder 0]",
)
@click.option("--size", type=IMAGE_SIZE, help="Width and height that a camera is asked for.  [default: its own]")
@click.option("--every-frame", is_flag=True, help="Go through a video frame by frame instead of playing it.")
@click.option("--existing", is_flag=True, help="Begin with the pictures that are in the folder already.")
@click.option("--poll", type=FiniteRange(0, min_open=True), metavar="SECONDS", help="Look, for network drives.")
@click.option("--systemd", is_flag=True, help="Print a systemd unit with the same arguments, and do nothing else.")
@backend
@threads
@pixel_options
@loading_options
@as_json
@click.pass_context
def command(context: click.Context, /, feeding: Feeding, loading: KerasLoading, **options: Any) -> None:
    """Classify what comes from SOURCE until it ends or is stopped (Ctrl-C, SIGTERM).

    \b
    camera           the first camera: a Raspberry Pi's through picamera2, else V4L2  [default]
    picamera2:1, 0, /dev/video0      that one
    http://…, rtsp://…               a camera on the network
    clip.mp4         a video, played at its own speed
    drops/           a folder: each picture once, when it is completely written

    The newest frame is classified and those before it are dropped, so that the answer never lags. In a folder
    nothing is dropped.

    In --run, {label}, {score}, {image} and {time} are filled in, and given as EDGECNN_LABEL and so on, too:
    --on cat --run 'notify-send "a cat" {score}'
    """
    if len(options["labels"]) != len(options["commands"]):
        raise click.UsageError("each --on LABEL needs its --run CMD, and the other way round", context)
    if options["systemd"]:
        _print_unit(context.meta["arguments"], options["source"])
        return
    from edgecnn.watch.clock import SystemClock

    clock = SystemClock()
    with _stopping(clock):
        _watch(feeding, loading, clock, **options)


def _watch(
    feeding: Feeding,
    loading: KerasLoading,
    clock: SystemClock,
    /,
    source: str,
    fps: float | None,
    count: int | None,
    **options: Any,
) -> None:
    from edgecnn.cli.watch_screen import summary
    from edgecnn.redirect import output_to
    from edgecnn.runtime.load import load
    from edgecnn.runtime.shipped import default_artifact
    from edgecnn.watch.classify import frame_classifier
    from edgecnn.watch.loop import watch
    from edgecnn.watch.source import Options, kind_of, open_source, shown

    kind = kind_of(source)
    backend = options["backend"]
    with output_to():  # the runtimes announce themselves
        model = options["model"] or default_artifact(backend)
        classifier = load(model, options["threads"], backend, feeding=feeding, loading=loading)
    period = 1 / fps if fps else 0.0
    details = Options(period, options["size"], options["every_frame"], options["existing"], options["poll"])
    with contextlib.ExitStack() as stack:
        actions = _actions(options, classifier.labels, kind.value)
        stack.callback(actions.close)
        opened = open_source(source, kind, details, clock, _report)
        stack.callback(opened.close)
        observers = (stack.enter_context(_display(shown(source), options["as_json"])), actions)
        begin = time.monotonic()
        counts = watch(
            opened,
            frame_classifier(classifier, options["top"]),
            observers,
            clock=clock,
            report=_report,
            period=period,
            count=count,
        )
        seconds = time.monotonic() - begin
    click.echo(f"{summary(counts)} in {seconds:.1f} s", err=True)


def _actions(options: dict[str, Any], labels: tuple[str, ...], kind: str) -> Actions:
    from edgecnn.watch.actions import Actions, make_rules
    from edgecnn.watch.rules import ANY, Rule

    is_folder = kind == "folder"
    cooldown = options["cooldown"]
    if cooldown is None:
        cooldown = 0.0 if is_folder else _COOLDOWN_SECONDS
    like = Rule(ANY, (), options["min_score"], options["hold"], cooldown)
    rules = make_rules(options["labels"], options["commands"], labels, like=like)
    return Actions(rules, _report, longest_queue=_LONGEST_QUEUE if is_folder else 0)


@contextlib.contextmanager
def _display(source: str, is_json: bool) -> Iterator[Observer]:
    from edgecnn.cli import watch_screen

    sense = _Sensing()
    if is_json:
        yield watch_screen.JsonLines(source, sense)
    elif sys.stdout.isatty():
        with watch_screen.Live(source, sense) as live:
            yield live
    else:
        yield watch_screen.Lines(sense)


@contextlib.contextmanager
def _stopping(clock: SystemClock) -> Iterator[None]:
    """Make the first Ctrl-C or SIGTERM a clean end; a second one ends at once."""

    def stop(*_: object) -> None:
        clock.stop()
        for number, handler in before.items():
            signal.signal(number, handler)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _print_unit(arguments: tuple[str, ...], source: str) -> None:
    from edgecnn.watch.source import shown
    from edgecnn.watch.systemd import unit

    try:
        click.echo(unit([one for one in arguments if one != "--systemd"], shown(source)), nl=False)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _report(line: str) -> None:
    click.echo(f"edgecnn: {one_line(line)}", err=True)
