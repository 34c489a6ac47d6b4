"""The HTML reports, of one run and of several devices, in a real browser."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edgecnn.bench.case import Role
from edgecnn.bench.findings import Findings, find
from edgecnn.bench.reports import write_reports
from edgecnn.bench.reports.document import run_document
from edgecnn.bench.result import Images, Picture
from edgecnn.deploy.report import DeviceFindings, fleet_document
from edgecnn.errors import OutputError
from edgecnn.reporting import html as page
from tests.bench.reports.test_text import HOSTILE, hostile
from tests.fakes import synthetic

CHROMIUM = Path("/usr/bin/chromium")

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium")


def run_page(findings: Findings) -> str:
    return page.to_html(run_document(findings))


def fleet_page(devices: tuple[DeviceFindings, ...]) -> str:
    return page.to_html(fleet_document(devices))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    write_reports(find(synthetic.result(synthetic.PI)), folder, ("html",))
    return folder / "report.html"


@pytest.fixture(scope="module")
def hostile_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("hostile") / "report.html"
    path.write_bytes(page.to_html(run_document(hostile(), HOSTILE)).encode(errors="replace"))
    return path


class Opened:
    """A page, with what the browser complained about and asked for."""

    def __init__(self, browser: Any, path: Path, **options: Any) -> None:
        self.page = browser.new_page(**options)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    @property
    def loaded(self) -> list[str]:
        """What was asked for beside the page itself and what stands in it."""
        return [url for url in self.requests[1:] if not url.startswith("data:")]

    def column(self, number: int) -> list[str]:
        """Return the texts of a column of the overview."""
        cells = self.page.locator(f".sortable >> nth=0 >> tbody tr > :nth-child({number + 1})")
        return [str(text) for text in cells.all_inner_texts()]


def test_it_opens_without_a_complaint_and_without_a_request(browser: Any, report: Path) -> None:
    opened = Opened(browser, report)
    assert opened.complaints == []
    assert opened.loaded == []
    assert opened.page.title().startswith("edgecnn bench")
    opened.page.close()


@pytest.mark.parametrize("path", ["report", "hostile_report"])
def test_no_page_is_wider_than_the_screen(browser: Any, path: str, request: pytest.FixtureRequest) -> None:
    opened = Opened(browser, request.getfixturevalue(path))
    for width in (320, 390, 768, 1400):
        opened.page.set_viewport_size({"width": width, "height": 800})
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    opened.page.close()


def test_clicking_a_head_sorts_and_clicking_again_reverses(browser: Any, report: Path) -> None:
    opened = Opened(browser, report)
    head = opened.page.locator(".sortable >> nth=0 >> thead th", has_text="p50 µs").first
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "ascending"
    values = [float(text.replace(",", "")) for text in opened.column(3) if text]
    assert values == sorted(values)
    head.locator("button").click()
    assert head.get_attribute("aria-sort") == "descending"
    assert [float(text.replace(",", "")) for text in opened.column(3) if text] == values[::-1]
    assert opened.column(0)[-1].startswith("net-float16")  # failed
    opened.page.close()


def test_sorting_works_from_the_keyboard_and_is_announced(browser: Any, report: Path) -> None:
    opened = Opened(browser, report)
    opened.page.locator(".sortable >> nth=0 >> thead th button >> nth=0").focus()
    opened.page.keyboard.press("Enter")
    names = opened.column(0)[:-1]
    assert names == sorted(names, key=str.casefold)
    assert opened.page.locator("[role=status]").inner_text() == "sorted by case, ascending"
    opened.page.close()


def test_signed_numbers_sort_by_value_and_empty_cells_stay_last(browser: Any, report: Path) -> None:
    opened = Opened(browser, report)
    opened.page.locator(".sortable >> nth=0 >> thead th button >> nth=2").click()
    texts = opened.column(2)
    values = [float(text.split()[0].replace("−", "-")) for text in texts[:7]]
    assert values == sorted(values)
    assert values[0] < -20
    assert texts[7] == ""  # the baseline has no difference to itself
    opened.page.close()


def test_a_screen_reader_finds_landmarks_headings_captions_and_alternatives(browser: Any, report: Path) -> None:
    opened = Opened(browser, report)
    counts = opened.page.evaluate(
        """() => ({
          landmarks: ["header", "nav", "main", "footer"].map((tag) => document.querySelectorAll(tag).length),
          h1: document.querySelectorAll("h1").length,
          skipped: [...document.querySelectorAll("h1,h2,h3,h4")].map((h) => Number(h.tagName[1]))
            .filter((level, i, all) => i && level > all[i - 1] + 1).length,
          uncaptioned: [...document.querySelectorAll("table")].filter((t) => !t.caption?.textContent.trim()).length,
          unscoped: [...document.querySelectorAll("th")].filter((th) => !th.scope).length,
          mute: [...document.querySelectorAll("svg")].filter((s) => s.getAttribute("role") !== "img"
            || (s.getAttribute("aria-label") || "").length < 60).length,
          svgs: document.querySelectorAll("svg").length,
          pictures: [...document.querySelectorAll("img")].map((i) => i.alt),
          ids: [...document.querySelectorAll("[id]")].map((e) => e.id),
        })"""
    )
    assert counts["landmarks"] == [1, 1, 1, 1]
    assert counts["h1"] == 1
    assert counts["skipped"] == counts["uncaptioned"] == counts["unscoped"] == counts["mute"] == 0
    assert counts["svgs"] == 9  # scatter, distributions, stages, time line, five rooflines
    assert counts["pictures"] == [f"Image {number}, labelled {synthetic.CLASSES[number]}" for number in (1, 2, 3)]
    assert len(counts["ids"]) == len(set(counts["ids"]))
    opened.page.close()


def test_charts_take_the_colours_of_dark_mode(browser: Any, report: Path) -> None:
    colours = []
    for scheme in ("light", "dark"):
        opened = Opened(browser, report, color_scheme=scheme)
        colours.append(
            opened.page.evaluate(
                """() => [getComputedStyle(document.body).backgroundColor,
                  getComputedStyle(document.querySelector("svg text")).fill]"""
            )
        )
        opened.page.close()
    (light_page, light_text), (dark_page, dark_text) = colours
    assert light_page != dark_page
    assert light_text != dark_text
    assert not re.search("#0a0[ab]0", report.read_text())


def test_printing_opens_what_is_folded_and_leaves_out_navigation(browser: Any, report: Path) -> None:
    opened = Opened(browser, report)
    assert opened.page.pdf().startswith(b"%PDF")
    assert opened.page.locator("details:not([open])").count() == 0
    opened.page.emulate_media(media="print")
    assert not opened.page.locator("nav").is_visible()
    opened.page.close()


def test_names_from_strangers_are_text(browser: Any, hostile_report: Path) -> None:
    opened = Opened(browser, hostile_report)
    assert opened.complaints == []
    assert opened.loaded == []
    assert opened.page.locator("script").count() == 1
    assert opened.page.locator("main a").count() == 0
    assert opened.page.locator("tbody th", has_text="<script>alert(1)</script>").count() > 5
    opened.page.close()


def test_a_script_that_is_not_ours_does_not_run(browser: Any, report: Path, tmp_path: Path) -> None:
    path = tmp_path / "changed.html"
    path.write_text(report.read_text().replace("</main>", "<script>document.title = 'taken'</script></main>"))
    opened = Opened(browser, path)
    assert opened.page.title() != "taken"
    assert any("Content Security Policy" in complaint for complaint in opened.complaints)
    opened.page.close()


def test_what_claims_to_be_a_picture_and_is_no_base64_is_left_out() -> None:
    images = synthetic.result().images
    found = find(
        synthetic.result(images=replace(images, pictures=(Picture(1, '" onerror="alert(1)'), images.pictures[1])))
    )
    html = run_page(found)
    assert "onerror" not in html
    assert html.count("<img ") == 1


def test_a_large_run_stays_below_two_megabytes() -> None:
    count = 400
    images = Images(
        "large",
        "0" * 64,
        tuple(f"n{number:08} a class with a name" for number in range(count)),
        tuple(image % count for image in range(synthetic.IMAGES)),
        synthetic.IMAGES,
        tuple(Picture(image, synthetic.png(image) * 20) for image in range(100)),
    )
    cases = tuple(
        synthetic.done(
            f"a-network-with-a-long-name-{number}.tflite on litert, 4 threads",
            100 + number,
            wrong=number,
            classes=count,
        )
        for number in range(12)
    )
    first = replace(cases[0], case=replace(cases[0].case, role=Role.BASELINE))
    html = run_page(find(synthetic.result(images=images, cases=(first, *cases[1:]))))
    assert len(html.encode()) < 2_000_000
    assert "Most frequent errors" in html


def test_several_devices_are_on_one_page_that_leads_to_the_report_of_each(browser: Any, tmp_path: Path) -> None:
    emulated = replace(synthetic.PI, emulated=True, emulator="QEMU user mode")
    runs = {"pc": find(synthetic.result()), "pi 5": find(synthetic.result(emulated))}
    for name, findings in runs.items():
        write_reports(findings, tmp_path / name, ("html",))
    sections = [DeviceFindings(name, name, findings) for name, findings in runs.items()]
    path = tmp_path / "report.html"
    path.write_text(fleet_page((*sections, DeviceFindings(HOSTILE, "gone", None, f"no route to {HOSTILE}"))))
    opened = Opened(browser, path)
    assert opened.complaints == []
    assert opened.loaded == []
    page = opened.page
    assert page.locator(".state").all_inner_texts() == [
        "1 of 3 not measured", "emulated processor: no latency here is a real device's",
    ]  # fmt: skip
    assert [text[:18] for text in opened.column(2)] == ["measured", "measured, emulated", "not measured: no r"]
    for width in (320, 390, 768, 1400):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("link", name="The full report of pi 5").click()
    assert page.title().startswith("edgecnn bench: Raspberry Pi")
    page.close()


def test_a_run_in_which_every_case_failed_has_a_page(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text(
        run_page(find(synthetic.result(cases=(synthetic.failed("a", "no"), synthetic.failed("b", "never")))))
    )
    opened = Opened(browser, path)
    assert opened.complaints == []
    assert opened.page.locator("tr.failed").first.inner_text().split("\t") == ["a", "failed: no"]
    opened.page.close()


def test_without_its_packages_the_other_reports_are_written_and_a_note_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "_PACKAGES", ("no_such_package",))
    written = write_reports(find(synthetic.result()), tmp_path)
    assert written.files == ("result.json", "report.md", "bench.csv", "junit.xml")
    assert written.notes == ("no HTML: it needs no_such_package; pip install 'edgecnn[report]'",)
    with pytest.raises(OutputError, match=r"pip install 'edgecnn\[report\]'"):
        run_page(find(synthetic.result()))


def test_the_page_is_made_without_tensorflow_and_any_runtime(tmp_path: Path) -> None:
    (tmp_path / "kept.json").write_bytes(synthetic.result().to_json())
    script = (
        "import sys\n"
        "for name in ('tensorflow', 'keras', 'onnx', 'onnxruntime', 'ai_edge_litert', 'openvino'):\n"
        "    sys.modules[name] = None\n"
        "from edgecnn.cli.app import run\n"
        "sys.exit(run(['report', sys.argv[1], '--format', 'html']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "kept.json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "report.html").stat().st_size > 50_000
