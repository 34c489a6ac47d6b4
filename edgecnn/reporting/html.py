"""A document as a page in one file: it works offline, loads nothing, and never runs or renders its text as markup."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgecnn.errors import OutputError
from edgecnn.reporting.blocks import Block, Chart
from edgecnn.reporting.document import Document
from edgecnn.text import plain

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

FILE_NAME = "report.html"

_FOLDER = Path(__file__).parent / "templates"
_PACKAGES = ("jinja2", "matplotlib")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


def missing_packages() -> str | None:
    """Return a message if a package that pages need is not installed, else None."""
    missing = [name for name in _PACKAGES if importlib.util.find_spec(name) is None]
    if not missing:
        return None
    return f"no HTML: it needs {' and '.join(missing)}; pip install 'edgecnn[report]'"


def to_html(document: Document) -> str:
    """Return a page that needs no other file and makes no requests.

    Raises:
        OutputError: Jinja2 or Matplotlib is not installed.
    """
    if missing := missing_packages():
        raise OutputError(missing)
    from markupsafe import Markup

    script = (_FOLDER / "sort.js").read_text()
    return (
        _environment()
        .get_template("document.html.j2")
        .render(
            document=document,
            file_name=FILE_NAME,
            style=Markup((_FOLDER / "style.css").read_text()),  # noqa: S704  # a file of ours
            script=Markup(script),  # noqa: S704  # a file of ours
            script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        )
    )


def _environment() -> Environment:
    """Return the template environment. It cleans each inserted text, and escapes it unless it is `Markup`."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_cleaned,
    )
    environment.filters |= {
        "kind": _kind,
        "prose": _prose,
        "unbroken": _unbroken,
        "svg": _svg,
        "png": _png,
    }
    return environment


def _kind(block: Block) -> str:
    """Return the name of a block's template, which is that of its class."""
    return type(block).__name__


def _svg(chart: Chart) -> Markup:
    from edgecnn.reporting.drawing import to_svg

    return _markup(to_svg(chart))


def _cleaned(value: Any) -> Any:
    return plain(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def _prose(text: str) -> Markup:
    """Return escaped text in which words between backticks are code."""
    from markupsafe import escape

    return _markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(plain(text)))))


def _unbroken(head: str) -> str:
    """Return a column heading that does not wrap before a unit or within a hyphenated word."""
    return re.sub(r" (?=(µs|ms|MB|W|s|%)\b|%)", "\u00a0", head).replace("-", "\u2011")


def _png(text: str) -> Markup:
    """Return the data URL of an embedded picture; an empty one if the text is not base64."""
    return _markup(f"data:image/png;base64,{text}" if _BASE64.fullmatch(text) else "data:,")


def _markup(text: str) -> Markup:
    """Return text marked as markup; text from strangers in it must have been escaped."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704
