"""`edgecnn watch`."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edgecnn.cli.feeding_options import loading_options, pixel_options
from edgecnn.cli.option_types import IMAGE_SIZE, FiniteRange
from edgecnn.cli.options import OptionSet, as_json, backend, field_option, threads
from edgecnn.feeding import Feeding
from edgecnn.keras_loading import KerasLoading
from edgecnn.text import one_line
from edgecnn.watch.rules import Reactions
from edgecnn.watch.source import SourceOptions

if TYPE_CHECKING:
    from edgecnn.watch.clock import SystemClock
    from edgecnn.watch.loop import Observer


class RememberingCommand(click.Command):
    """A command that keeps its arguments as given, to repeat them in a systemd unit."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the arguments and parse them."""
        ctx.meta["arguments"] = tuple(args)
        return super().parse_args(ctx, args)


def _source_options(*, fps: float | None, **options: Any) -> SourceOptions:
    return SourceOptions(period=1 / fps if fps else 0.0, **options)


def _reactions(*, labels: tuple[str, ...], commands: tuple[str, ...], **conditions: Any) -> Reactions:
    if len(labels) != len(commands):
        raise click.UsageError("each --on LABEL needs a --run CMD, and vice versa")
    return Reactions(labels, commands, **conditions)


source_options = OptionSet(
    "options",
    click.option("--fps", type=FiniteRange(0, min_open=True), help="Classify at most this many frames per second."),
    field_option(
        SourceOptions,
        "size",
        type=IMAGE_SIZE,
        help="Width and height to request from a camera.  [default: its own]",
    ),
    field_option(
        SourceOptions, "every_frame", help="Classify every frame of a video instead of playing it at its speed."
    ),
    field_option(SourceOptions, "existing", help="Also classify the pictures already in the folder."),
    field_option(
        SourceOptions,
        "poll",
        type=FiniteRange(0, min_open=True),
        metavar="SECONDS",
        help="Seconds between polls of the folder, for network drives.",
    ),
    build=_source_options,
)
"""The options for `SourceOptions`."""

reaction_options = OptionSet(
    "reactions",
    click.option(
        "--on", "labels", multiple=True, metavar="LABEL", help="Label that starts the next --run; * is any label."
    ),
    click.option(
        "--run", "commands", multiple=True, metavar="CMD", help="Command to start, without a shell; one for each --on."
    ),
    field_option(Reactions, "min_score", type=FiniteRange(0, 1), help="Least score that starts a command."),
    field_option(
        Reactions,
        "hold_seconds",
        "--for",
        type=FiniteRange(0),
        metavar="SECONDS",
        help="Seconds that the label must last first.",
    ),
    field_option(
        Reactions,
        "cooldown_seconds",
        "--cooldown",
        type=FiniteRange(0),
        metavar="SECONDS",
        help="Seconds between starts of the same --run.  [default: 10, for a folder 0]",
    ),
    build=_reactions,
)
"""The options for `Reactions`."""


@click.command("watch", cls=RememberingCommand)
@click.argument("source", default="camera")
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="A .tflite, .onnx or .keras file.  [default: the shipped int8 model]",
)
@click.option("--top", type=click.IntRange(1), default=3, show_default=True, help="How many labels to show.")
@click.option("--count", type=click.IntRange(1), help="Stop after this many classified frames.")
@source_options
@reaction_options
@click.option("--systemd", is_flag=True, help="Print a systemd unit with the same arguments and exit.")
@backend
@threads
@pixel_options
@loading_options
@as_json
@click.pass_context
def command(
    context: click.Context,
    source: str,
    model: Path | None,
    top: int,
    count: int | None,
    options: SourceOptions,
    reactions: Reactions,
    systemd: bool,
    backend: str | None,
    threads: int,
    feeding: Feeding,
    loading: KerasLoading,
    as_json: bool,
) -> None:
    """Classify frames from SOURCE until it ends or is stopped (Ctrl-C, SIGTERM).

    \b
    camera           the first camera: a Raspberry Pi's through picamera2, else V4L2  [default]
    picamera2:1, 0, /dev/video0      a particular camera
    http://…, rtsp://…               a camera on the network
    clip.mp4         a video, played at its own speed
    drops/           a folder: each picture once, when fully written

    The newest frame is classified and older ones are dropped, so that answers never lag. A folder's pictures are never
    dropped.

    In --run, {label}, {score}, {image} and {time} are replaced; they are also in EDGECNN_LABEL and so on:
    --on cat --run 'notify-send "a cat" {score}'
    """
    if systemd:
        _print_unit(context.meta["arguments"], source)
        return
    from edgecnn.cli.loading import load_classifier
    from edgecnn.cli.watch_screen import summary
    from edgecnn.watch.clock import SystemClock
    from edgecnn.watch.session import watch_source
    from edgecnn.watch.source import kind_of, shown

    clock = SystemClock()
    with _stopping(clock):
        kind = kind_of(source)
        session = watch_source(
            source,
            kind,
            load_classifier(model, threads, backend, feeding, loading),
            _display(shown(source), as_json),
            clock=clock,
            report=_report,
            options=options,
            reactions=reactions,
            top=top,
            count=count,
        )
    click.echo(f"{summary(session.counts)} in {session.seconds:.1f} s", err=True)


@contextlib.contextmanager
def _display(source: str, is_json: bool) -> Iterator[Observer]:
    from edgecnn.cli import watch_screen
    from edgecnn.device.latest_sample import LatestSample

    sense = LatestSample()
    if is_json:
        yield watch_screen.JsonLines(source, sense)
    elif sys.stdout.isatty():
        with watch_screen.Live(source, sense) as live:
            yield live
    else:
        yield watch_screen.Lines(sense)


@contextlib.contextmanager
def _stopping(clock: SystemClock) -> Iterator[None]:
    """Make the first Ctrl-C or SIGTERM end cleanly; a second one ends at once."""

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
