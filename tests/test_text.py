"""Text from strangers: whatever it holds, it is shown as one harmless line."""

from __future__ import annotations

from collections.abc import Callable

import markdown_it
import pytest

from edgecnn.errors import first_line
from edgecnn.text import LONGEST, markdown, plain, visible

NASTY = {
    "ANSI escape": "\x1b[31mred\x1b]0;title\x07",
    "CR and LF": "one\r\ntwo\rthree\nfour",
    "NUL": "a\0b",
    "right-to-left override": "cat\u202egpj.exe",
    "isolates and marks": "\u2066a\u2069\u200fb\u061c",
    "invisible": "a\u200bb\ufeffc\u00add",
    "line and paragraph separators": "a\u2028b\u2029c\x85d\x0be",
    "lone surrogate": "caf\udce9\ud800",
    "private and unassigned": "\ue000\U0010ffff",
    "100 kB line": "x" * 100_000,
    "100 kB of escapes": "\x1b[0m" * 25_000,
}


@pytest.mark.parametrize("clean", [plain, visible, markdown])
@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_whatever_comes_is_one_line_that_can_be_seen_printed_and_encoded(
    clean: Callable[[str], str], text: str
) -> None:
    shown = clean(text)
    assert shown
    assert shown.isprintable()
    assert shown.encode().decode() == shown
    assert len(shown) <= 12 * LONGEST


@pytest.mark.parametrize("clean", [plain, visible, markdown])
@pytest.mark.parametrize("text", ["", "plain text", "é 猫 🐈", "tutorial_cnn-int8.tflite", "12.3 (11–14)"])
def test_text_without_anything_odd_stays_as_it_is(clean: Callable[[str], str], text: str) -> None:
    assert clean(text) == text


def test_plain_replaces_what_cannot_be_seen_and_keeps_every_kind_of_space() -> None:
    assert plain("a\nb\tc\r\nd\re") == "a b c d e"
    assert plain("a\nb\x1b[1m\u202ec\ud800 é 猫") == "a b\ufffd[1m\ufffdc\ufffd é 猫"
    assert plain("1.00\u00a0= \u3000 \u2009") == "1.00\u00a0= \u3000 \u2009"


def test_visible_writes_what_cannot_be_seen_as_python_does() -> None:
    assert visible("é\n\x1b\udce9.png") == r"é\n\x1b\udce9.png"
    assert visible("\u202e\u3000") == "\\u202e\u3000"


def test_long_text_is_cut_and_says_so() -> None:
    assert plain("x" * 100, 10) == visible("x" * 100, 10) == "x" * 9 + "…"
    assert plain("x" * 10, 10) == "x" * 10
    assert plain("x" * 100_000, None) == "x" * 100_000


@pytest.mark.parametrize(
    "text",
    [
        "a|b", "`code`", "*a* **b** _c_ __d__ ~~e~~", "[a](http://b) ![a](b)", "<script>alert(1)</script>", "<b>&amp;",
        "# head", "\\", "\\|", "http://example.org", "| a | b |\n|---|---|", "a\\`b`", "]]>",
    ],
)  # fmt: skip
def test_markdown_shows_what_means_something_to_it_as_text(text: str) -> None:
    reader = markdown_it.MarkdownIt("gfm-like", {"linkify": False})
    (block,) = [one for one in reader.parse(f"- {markdown(text)}") if one.type == "inline"]
    assert {one.type for one in block.children or ()} == {"text"}
    assert "".join(one.content for one in block.children or ()).replace("\u200b", "") == plain(text)


def test_a_cell_of_markdown_stays_one_cell() -> None:
    html = markdown_it.MarkdownIt("commonmark").enable("table").render(f"| a |\n|---|\n| {markdown('x|y`|`z')} |")
    assert html.count("<td>") == 1


def test_markdown_mentions_nobody_and_links_to_nothing() -> None:
    for mark, rest in (("@", "team"), ("#", "7"), ("a@", "b.org")):
        assert mark + rest not in markdown(mark + rest)
    assert "http://" not in markdown("http://example.org")


def test_the_first_line_of_an_error_is_clean_and_bounded() -> None:
    assert first_line(ValueError("\n \x1b[31mno\nmore")) == "\ufffd[31mno"
    assert len(first_line(ValueError("x" * 100_000))) == LONGEST
    assert first_line(ValueError()) == "ValueError"
