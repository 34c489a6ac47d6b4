"""`edgecnn backends`."""

from __future__ import annotations

import click

from edgecnn.cli.options import as_json


@click.command("backends")
@as_json
def command(as_json: bool) -> None:
    """List the runtimes, their versions, and how to install those that are missing.

    Other packages can add backends: see docs/backends.md.
    """
    from edgecnn.cli.screen import print_json, print_line, print_table
    from edgecnn.runtime.lookup import known_backends
    from edgecnn.runtime.plugins import find_plugins
    from edgecnn.versions import installed_version

    found = {one: installed_version(one.package) if one.is_installed else None for one in known_backends().values()}
    for problem in find_plugins().problems:
        print_line(f"edgecnn: warning: {problem}", err=True)
    if as_json:
        print_json(
            [
                {
                    "name": one.name,
                    "version": version,
                    "package": one.package,
                    "installed": version is not None,
                    "formats": [known.value for known in one.formats],
                }
                for one, version in found.items()
            ]
        )
        return
    rows = [
        (
            one.name,
            " ".join(f".{known.value}" for known in one.formats),
            version or f"missing: pip install {one.requirement}",
        )
        for one, version in found.items()
    ]
    print_table(("backend", "runs", "version"), rows, left=3)
