"""Cleaning text from strangers for display: class names, file names, errors of other packages, output of devices.

`plain` is for documents, `visible` for paths, `one_line` for messages on a terminal, and `markdown` for Markdown. Each
returns one line without control characters, marks that change the direction of writing, or lone surrogates.
"""

from __future__ import annotations

import re
from collections.abc import Callable

LONGEST = 4096
"""How many characters are kept by default: as many as a path may have on Linux."""

_BREAKS = "\n\r\t"
_SPACES = frozenset("\u00a0\u1680\u202f\u205f\u3000").union(map(chr, range(0x2000, 0x200B)))
"""Spaces of Unicode's category Zs. `str.isprintable` accepts only the ASCII space."""

_MARKUP = r"[\\`*<>\[\]|~&]|(?<![^\W_])_|_(?![^\W_])|://|[#@]"
"""What Markdown, or HTML in it, treats as markup. A plain URL would become a link."""
_ADDRESS, _REFERENCES = "://", "#@"
_NOTHING = "&#8203;"
"""A zero-width space, which bots put after @ and #: a name then notifies no user of a forge and links to no issue."""


def plain(text: str, longest: int | None = LONGEST) -> str:
    """Return `text` as one line; invisible characters become U+FFFD.

    Args:
        text: of any origin.
        longest: characters to keep; longer text ends in "…". None keeps all.
    """
    return _cleaned(text.replace("\r\n", " "), longest, lambda character: " " if character in _BREAKS else "\ufffd")


def visible(text: str, longest: int | None = LONGEST) -> str:
    r"""Return `text` as one line; invisible characters are written as Python escapes: \n, \x1b, \udce9.

    Bytes of a path that are not UTF-8 are shown as their surrogates (PEP 383).

    Args:
        text: of any origin.
        longest: characters to keep; longer text ends in "…". None keeps all.
    """
    return _cleaned(text, longest, lambda character: character.encode("unicode_escape").decode())


def one_line(text: str) -> str:
    """Return `text` as `visible` does, with each run of spaces and line breaks as one space."""
    return visible(" ".join(text.split()))


def markdown(text: str) -> str:
    """Return `text` escaped so that Markdown shows it unchanged, without links or mentions of users of a forge."""
    return re.sub(_MARKUP, _escaped, plain(text))


def _cleaned(text: str, longest: int | None, replace: Callable[[str], str]) -> str:
    shown = text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"
    if shown.isprintable():
        return shown
    return "".join(
        character if character.isprintable() or character in _SPACES else replace(character) for character in shown
    )


def _escaped(match: re.Match[str]) -> str:
    mark = match[0]
    if mark == _ADDRESS:
        return ":\\//"
    return f"\\{mark}" + (
        _NOTHING if mark in _REFERENCES and match.string[match.end() : match.end() + 1].strip() else ""
    )
