"""Pages that stand in one file: they open offline, load nothing, and take nothing in them for markup or code."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgecnn.errors import OutputError

if TYPE_CHECKING:
    from markupsafe import Markup

_FOLDER = Path(__file__).parent / "templates"
_PACKAGES = ("jinja2", "matplotlib")


def missing_packages() -> str | None:
    """Return what to say where a package that pages need is not installed, else None."""
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if not missing:
        return None
    return f"no HTML: it needs {' and '.join(missing)}; pip install 'edgecnn[report]'"


def render(template: str, **values: Any) -> str:
    """Return a page made from a template that extends `base.html.j2`.

    Text among `values` is escaped; only `Markup` is not.

    Raises:
        OutputError: a package is not installed.
    """
    missing = missing_packages()
    if missing:
        raise OutputError(missing)
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": prose, "unbroken": unbroken}
    script = (_FOLDER / "sort.js").read_text()
    return environment.get_template(template).render(
        values,
        style=Markup((_FOLDER / "style.css").read_text()),  # noqa: S704  # a file of ours
        script=Markup(script),  # noqa: S704  # a file of ours
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def prose(text: str) -> Markup:
    """Return text with what stands between backticks as code; everything in it is escaped."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704  # escaped before


def unbroken(head: str) -> str:
    """Return the head of a column so that no line breaks before a unit or within a hyphenated word."""
    return re.sub(r" (?=(µs|ms|MB|W|s|%)\b|%)", "\u00a0", head).replace("-", "\u2011")
