"""Text from strangers made fit to be shown: class names, file names, errors of other packages, what devices send.

`plain` suits documents, `visible` paths, `one_line` messages on a terminal, `markdown` what stands in Markdown. Each
returns one line without control characters, marks that change the direction of writing, or lone surrogates.
"""

from __future__ import annotations

import re
from collections.abc import Callable

LONGEST = 4096
"""Characters that are kept by default: as many as a path may have on Linux."""

_BREAKS = "\n\r\t"
_SPACES = frozenset("\u00a0\u1680\u202f\u205f\u3000").union(map(chr, range(0x2000, 0x200B)))
"""Spaces of Unicode's category Zs. `str.isprintable` counts only the ASCII space among what is printable."""

_MARKUP = r"[\\`*<>\[\]|~&]|(?<![^\W_])_|_(?![^\W_])|://|[#@]"
"""What Markdown, or the HTML in it, reads as more than text. An address that is written out would become a link."""
_ADDRESS, _REFERENCES = "://", "#@"
_NOTHING = "&#8203;"
"""A zero-width space. Bots put it after @ and #, so that a name notifies no user of a forge and links to no issue."""


def plain(text: str, longest: int | None = LONGEST) -> str:
    """Return `text` as one line; each character that cannot be seen becomes U+FFFD.

    Args:
        text: of any origin.
        longest: characters to keep; longer text ends in "…". None keeps all.
    """
    return _cleaned(text.replace("\r\n", " "), longest, lambda unseen: " " if unseen in _BREAKS else "\ufffd")


def visible(text: str, longest: int | None = LONGEST) -> str:
    r"""Return `text` as one line; each character that cannot be seen is written as Python does: \n, \x1b, \udce9.

    The bytes of a path that are not UTF-8 show as the surrogates that stand for them (PEP 383).

    Args:
        text: of any origin.
        longest: characters to keep; longer text ends in "…". None keeps all.
    """
    return _cleaned(text, longest, lambda unseen: unseen.encode("unicode_escape").decode())


def one_line(text: str) -> str:
    """Return a message for a terminal as `visible` does; a run of spaces and line breaks becomes one space."""
    return visible(" ".join(text.split()))


def markdown(text: str) -> str:
    """Return `text` so that Markdown shows it as it is, makes no link of it and mentions nobody on a forge."""
    return re.sub(_MARKUP, _escaped, plain(text))


def _cleaned(text: str, longest: int | None, replace: Callable[[str], str]) -> str:
    shown = text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"
    if shown.isprintable():
        return shown
    return "".join(one if one.isprintable() or one in _SPACES else replace(one) for one in shown)


def _escaped(match: re.Match[str]) -> str:
    mark = match[0]
    if mark == _ADDRESS:
        return ":\\//"
    return f"\\{mark}" + (
        _NOTHING if mark in _REFERENCES and match.string[match.end() : match.end() + 1].strip() else ""
    )
