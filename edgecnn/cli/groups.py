"""Command groups whose errors suggest the nearest command."""

from __future__ import annotations

import click

from edgecnn.errors import nearest


class NearestGroup(click.Group):
    """A group that shows its help when called bare, and whose errors suggest the nearest sub-command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Return the arguments left for the sub-command."""
        return super().parse_args(ctx, args or ["--help"])

    def resolve_command(
        self,
        ctx: click.Context,
        args: list[str],
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the sub-command that the arguments name."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            raise click.UsageError(f"no command named {args[0]!r}{nearest(args[0], known)}", ctx)
        return super().resolve_command(ctx, args)
