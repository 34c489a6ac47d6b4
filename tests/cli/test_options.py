"""How words of the command line become values, and options become dataclasses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from edgecnn.bench.compare.tolerance import Tolerance
from edgecnn.bench.limits import BenchLimits
from edgecnn.bench.settings import QUICK, Settings
from edgecnn.cli.app import COMMANDS, group
from edgecnn.cli.bench_options import settings_options
from edgecnn.cli.compare import tolerance_options
from edgecnn.cli.export_options import draw_options, spec_options
from edgecnn.cli.feeding_options import feeding_options
from edgecnn.cli.limit_options import bench_limits, export_limits
from edgecnn.cli.option_types import parse_bytes, parse_counts, parse_image_size, parse_percent
from edgecnn.cli.options import OptionSet, field_option
from edgecnn.cli.serve import client_limits
from edgecnn.cli.watch import reaction_options, source_options
from edgecnn.data.choice import Draw
from edgecnn.export.limits import ExportLimits
from edgecnn.feeding import Feeding
from edgecnn.runtime.side_file import read_side_file
from edgecnn.serve.limits import ClientLimits
from edgecnn.spec import ExportSpec, Precision
from edgecnn.watch.rules import Reactions
from edgecnn.watch.source import SourceOptions


def walk(command: click.Command, *names: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of a command and of all below it."""
    yield names
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from walk(below, *names, name)


ALL = tuple(walk(group))


def test_the_table_of_commands_is_what_there_is() -> None:
    assert [names[0] for names in ALL if len(names) == 1] == list(COMMANDS)


@pytest.mark.parametrize("names", ALL, ids=" ".join)
def test_every_command_has_a_help(edgecnn: Callable[..., Any], names: tuple[str, ...]) -> None:
    ran = edgecnn(*names, "--help")
    assert ran.status == 0
    assert ran.out.startswith(f"Usage: {' '.join(('edgecnn', *names))} ")


@pytest.mark.parametrize("names", ALL, ids=" ".join)
def test_every_option_says_what_it_is_for(names: tuple[str, ...]) -> None:
    command: click.Command | None = group
    for name in names:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), name)
    assert command is not None
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert [one.name for one in options if not one.help] == []


@pytest.mark.parametrize(
    ("text", "size"), [("700000", 700_000), ("700kB", 700_000), ("1.5MiB", 1_572_864), ("2 mb", 2_000_000)]
)
def test_bytes_are_read_with_their_units(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (parse_image_size, "640x480", (640, 480)),
        (parse_image_size, "640×480", (640, 480)),
        (parse_percent, "10%", 0.1),
        (parse_percent, "0.1", 0.001),
        (lambda text: parse_counts(text, 8), "4,1,4", (4, 1)),
    ],
)
def test_a_word_is_parsed(parse: Callable[[str], Any], text: str, value: Any) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text", "form"),
    [
        (parse_bytes, "big", "700kB"),
        (parse_image_size, "224", "640x480"),
        (parse_image_size, "0x480", "640x480"),
        (parse_percent, "nan", "2.5%"),
        (parse_percent, "-1%", "2.5%"),
        (lambda text: parse_counts(text, 8), "1,9", "from 1 to 8"),
    ],
)
def test_a_word_of_another_form_is_told_the_form(parse: Callable[[str], Any], text: str, form: str) -> None:
    with pytest.raises(ValueError, match=form):
        parse(text)


def value_of(options: OptionSet, *arguments: str) -> Any:
    """Return what a command gets from a set of options."""
    values: list[Any] = []

    @click.command()
    @options
    def command(**given: Any) -> None:
        values.extend(given.values())

    ran = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    return values[0]


@dataclass(frozen=True)
class Oven:
    degrees: int = 180
    fan: bool = False
    trays: tuple[str, ...] = ("top", "bottom")


def test_options_of_a_dataclass_have_its_defaults_and_show_them() -> None:
    options = OptionSet(
        "oven", field_option(Oven, "degrees"), field_option(Oven, "fan", "--air", help="Move the air."), build=Oven
    )
    assert options.names == ("degrees", "fan")
    assert value_of(options) == Oven()
    assert value_of(options, "--degrees", "200", "--air") == Oven(200, fan=True)
    command = click.command()(options(lambda oven: None))
    text = command.get_help(click.Context(command))
    assert "[default: 180]" in text
    assert "False" not in text


def test_a_field_of_several_values_is_shown_as_it_is_given() -> None:
    command = click.command()(field_option(Oven, "trays")(lambda trays: None))
    assert "[default: top,bottom]" in command.get_help(click.Context(command))


def test_settings_are_the_defaults_or_quick_ones_with_what_is_given() -> None:
    assert value_of(settings_options) == Settings()
    assert value_of(settings_options, "--quick") == QUICK
    assert value_of(settings_options, "--quick", "--rounds", "10") == replace(QUICK, rounds=10)
    assert set(settings_options.names) - {"quick"} < {field.name for field in fields(Settings)}


def test_an_export_by_default_is_that_of_the_library_without_quantized_files() -> None:
    assert value_of(spec_options) == ExportSpec(precisions=(Precision.FLOAT32,))
    assert value_of(spec_options, "--int8") == ExportSpec()
    assert value_of(spec_options, "--precisions", "all").precisions == tuple(Precision)
    assert value_of(draw_options) == Draw(512, 0)


def test_limits_by_default_are_those_of_the_library_and_latency_is_in_milliseconds() -> None:
    assert value_of(export_limits) == ExportLimits()
    assert value_of(bench_limits) == BenchLimits()
    assert value_of(export_limits, "--max-latency", "5", "--max-size", "1kB") == ExportLimits(
        max_latency=0.005, max_size=1000
    )


def test_options_of_commands_with_one_dataclass_have_its_defaults() -> None:
    assert value_of(tolerance_options) == Tolerance()
    assert value_of(client_limits) == ClientLimits()
    assert value_of(source_options) == SourceOptions()
    assert value_of(reaction_options) == Reactions()
    assert value_of(source_options, "--fps", "4", "--size", "640x480") == SourceOptions(period=0.25, size=(640, 480))


def test_size_is_width_and_height_on_the_command_line_and_height_and_width_in_a_side_file(tmp_path: Path) -> None:
    file = tmp_path / "model.contract.json"
    file.write_text('{"size": [480, 640]}')
    assert value_of(feeding_options, "--size", "640x480") == Feeding(size=(480, 640)) == read_side_file(file)
