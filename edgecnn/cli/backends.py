"""`edgecnn backends`."""

from __future__ import annotations

import click

from edgecnn.cli.options import as_json
from edgecnn.runtime.backend import BACKENDS


@click.command("backends")
@as_json
def command(as_json: bool) -> None:
    """List the runtimes, their versions, and how to install those that are missing."""
    from edgecnn.cli.screen import print_json, print_table
    from edgecnn.versions import installed_version

    found = {one.name: installed_version(one.package) if one.is_installed else None for one in BACKENDS.values()}
    if as_json:
        print_json(
            [
                {
                    "name": name,
                    "version": version,
                    "installed": version is not None,
                    "formats": [one.value for one in BACKENDS[name].formats],
                }
                for name, version in found.items()
            ]
        )
        return
    rows = [
        (
            name,
            " ".join(f".{one.value}" for one in BACKENDS[name].formats),
            version or f"missing: pip install 'edgecnn[{BACKENDS[name].extra}]'",
        )
        for name, version in found.items()
    ]
    print_table(("backend", "runs", "version"), rows, left=3)
