"""`edgecnn doctor`: the check-up, and beside it `edgecnn doctor input`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgecnn.cli.groups import NearestGroup
from edgecnn.cli.options import as_json
from edgecnn.text import visible

if TYPE_CHECKING:
    from edgecnn.checkup.finding import Finding

_COLOURS = {"ok": "green", "warning": "yellow", "problem": "red"}
_WIDTH = len("problem")
_BARE = "machine"


class _Doctor(NearestGroup):
    """A group that runs its first sub-command when none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Return the arguments with the sub-command in front."""
        is_named = bool(args) and (args[0] in self.list_commands(ctx) or args[0] in ctx.help_option_names)
        return super().parse_args(ctx, args if is_named else [_BARE, *args])

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, the default one first."""
        return [_BARE, "input"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the sub-command; `input` needs packages that the check-up must not need."""
        if cmd_name == "input":
            from edgecnn.cli import doctor_input

            return doctor_input.command
        return super().get_command(ctx, cmd_name)


@click.group("doctor", cls=_Doctor, subcommand_metavar="[machine] [PATHS]... | input MODEL")
def command() -> None:
    """Check this machine, its runtimes and artifacts; `doctor input`: find out what input a model expects.

    \b
    edgecnn doctor                     the machine, its runtimes, and the artifacts in this folder
    edgecnn doctor out/ my.tflite      with these artifacts
    edgecnn doctor --json              for scripts
    edgecnn doctor input --help        what input a model expects
    """


@command.command(_BARE)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@as_json
def check_machine(paths: tuple[Path, ...], as_json: bool) -> int:
    """Check this machine, its runtimes and the artifacts in PATHS, and say what to do about each problem.

    PATHS are .tflite and .onnx files and folders of them.  [default: the current folder] The shipped model is checked
    too. Runtimes and files are loaded in separate processes, so that a crash costs only one line.

    Exit status 1: there is a problem.
    """
    from edgecnn.checkup.examine import examine
    from edgecnn.schema import encode

    found = examine(paths)
    if as_json:
        from edgecnn.cli.screen import print_json

        print_json(encode(found) | {"is_healthy": found.is_healthy})
    else:
        for one in found.findings:
            _print(one)
    return 0 if found.is_healthy else 1


def _print(finding: Finding) -> None:
    level = finding.level.value
    click.echo(f"{click.style(level.ljust(_WIDTH), _COLOURS[level])}  {finding.topic}: {visible(finding.what)}")
    if finding.advice:
        click.echo(f"{' ' * _WIDTH}  → {visible(finding.advice)}")
