"""Every format shows every document, whoever made it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import markdown_it
import pytest

from edgecnn.bench.compare.document import comparison_document
from edgecnn.bench.compare.runs import compare
from edgecnn.bench.compare.tolerance import Tolerance
from edgecnn.bench.findings import find
from edgecnn.bench.reports.document import run_document
from edgecnn.deploy.report import DeviceFindings, fleet_document
from edgecnn.reporting import html
from edgecnn.reporting.blocks import (
    Badge,
    Caution,
    Cautions,
    Chart,
    FactLists,
    Folded,
    Group,
    Paragraph,
    Points,
    ReportLink,
    Table,
)
from edgecnn.reporting.document import Document, Section
from edgecnn.reporting.formats import FORMATS, TEXTS, write_document
from edgecnn.reporting.markdown import to_markdown
from tests.fakes import runs, synthetic

NASTY = "<script>alert(1)</script> `x [a](http://b) | \x1b[31m\u202e\x00\ud800\n# big @team"


def comparison() -> Document:
    cases = [*runs.baselines(runs.even(1e-3)), runs.Made("a-int8.tflite", runs.even(1e-4))]
    old, new, other = (runs.make_run(name, cases, machine=machine) for name, machine in (
        ("old", runs.PC), ("new", runs.PC), ("board", runs.PI),
    ))  # fmt: skip
    return comparison_document(compare((old, new, other), Tolerance()))


def run() -> Document:
    return run_document(find(synthetic.result()))


def fleet() -> Document:
    return fleet_document((
        DeviceFindings("pc", "pc", find(synthetic.result())), DeviceFindings("gone", "gone", None, "no route"),
    ))  # fmt: skip


FAMILIES = [run, comparison, fleet]


def nasty() -> Document:
    """Return a document with every block of text, all of it from a stranger."""
    blocks = (
        Paragraph(NASTY), Points((NASTY,)), Cautions((Caution(NASTY, NASTY, NASTY, is_serious=True),)),
        Table("table", NASTY, (NASTY, NASTY), ((NASTY, NASTY),), ((NASTY, NASTY),), NASTY),
        FactLists((((NASTY, NASTY),),)), ReportLink(NASTY, NASTY, NASTY), Group(NASTY, (Paragraph(NASTY),)),
        Folded(NASTY, (Points((NASTY,)),)),
    )  # fmt: skip
    return Document(NASTY, NASTY, (Section("a", NASTY, blocks),), NASTY, (Badge(NASTY),), (NASTY,), NASTY)


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("make", FAMILIES)
def test_every_format_of_text_shows_every_document(make: Callable[[], Document], name: str) -> None:
    document = make()
    text = TEXTS[name].write(document).decode()
    assert all(badge.text.partition(" ")[2] in text for badge in document.badges)
    for section in document.sections:
        tables = [block for block in section.blocks if isinstance(block, Table)]
        assert all(table.rows[0][-1] in text for table in tables)


@pytest.mark.parametrize("make", FAMILIES)
def test_a_format_is_written_where_the_document_has_something_for_it(
    make: Callable[[], Document], tmp_path: Path
) -> None:
    document = make()
    written = write_document(document, tmp_path)
    shown = [report for report in FORMATS.values() if getattr(document, report.part)]
    assert written.files == tuple(report.file_name for report in shown)
    assert {path.name for path in tmp_path.iterdir()} == set(written.files)
    assert set(TEXTS) <= {name for name, report in FORMATS.items() if report.file_name in written.files}
    assert ({"bench.csv", "junit.xml"} <= set(written.files)) == (make is run)


def test_a_format_whose_packages_are_missing_is_left_out_with_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(html, "_PACKAGES", ("no_such_package",))
    written = write_document(fleet(), tmp_path)
    assert "report.md" in written.files
    assert "report.html" not in written.files
    assert written.notes == ("no HTML: it needs no_such_package; pip install 'edgecnn[report]'",)


@pytest.mark.parametrize("name", TEXTS)
def test_text_from_strangers_is_text_in_every_block(name: str) -> None:
    text = TEXTS[name].write(nasty()).decode()
    assert "<script>alert" not in text
    assert not {"\x1b", "\u202e", "\x00"} & set(text)
    assert "# big" not in [line[:5] for line in text.splitlines()]


def test_an_unpaired_backtick_lets_nothing_through_in_markdown() -> None:
    document = Document("p", "t", (Section("s", "s", (Paragraph("of evil`<img src=x> `code` *b*"),)),))
    page = markdown_it.MarkdownIt("commonmark").render(to_markdown(document))
    assert "<img" not in page
    assert "<em>" not in page


def test_words_between_backticks_are_code() -> None:
    document = Document("p", "t", (Section("s", "s", (Paragraph("call `a_b(*c)` now"),)),))
    assert "call `a_b(*c)` now" in to_markdown(document)
    assert "<code>a_b(*c)</code>" in html.to_html(document)


def test_markdown_leaves_out_what_it_cannot_show_and_headings_without_anything_below() -> None:
    chart = Chart("c", "A chart", "a line", lambda figure: None, 1.0)
    section = Section("s", "Only a chart", (Group("Charts", (chart,)), Folded("More", (chart,))))
    text = to_markdown(Document("p", "t", (section,)))
    assert text == "# p: t\n"


def test_titles_of_tables_are_headings_below_that_of_their_section() -> None:
    table = Table("t", "A table", ("a", "b"), (("1", "2"),))
    section = Section("s", "A section", (table,))
    assert [line for line in to_markdown(Document("p", "t", (section,))).splitlines() if line.startswith("#")] == [
        "# p: t", "## A section", "### A table",
    ]  # fmt: skip
    chapter = replace(section, is_chapter=True)
    assert "## A table\n" in to_markdown(Document("p", "t", (chapter,)))
