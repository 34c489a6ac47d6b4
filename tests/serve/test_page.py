"""The page in a real browser, headless, with the browser's fake camera."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serve.server import Served, save_picture, serving

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install 'edgecnn[dev]'")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian's package chromium)")

FLAGS = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
DROP = """([bytes, name]) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], name, {type: "image/png"}));
    document.dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true}));
}"""
NO_CONTRAST_BELOW = 4.5
"""WCAG 2.2, success criterion 1.4.3, level AA."""
CONTRASTS = """() => {
    const paint = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const channels = colour => {
        paint.clearRect(0, 0, 1, 1); paint.fillStyle = colour; paint.fillRect(0, 0, 1, 1);
        return [...paint.getImageData(0, 0, 1, 1).data];
    };
    const luminance = ([r, g, b]) => {
        const linear = [r, g, b].map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    const ground = element => {
        for (; element; element = element.parentElement) {
            const found = channels(getComputedStyle(element).backgroundColor);
            if (found[3] === 255) return found;
        }
        return [255, 255, 255, 255];
    };
    const found = [];
    for (const element of document.querySelectorAll("h1, h3, p, label, button, td, .tag, .times span, .word")) {
        if (!element.offsetParent || !element.textContent.trim()) continue;
        const bar = element.previousElementSibling?.className === "bar" ? element.previousElementSibling : element;
        const colour = getComputedStyle(element).color;
        const tones = [luminance(channels(colour)), luminance(ground(bar))].sort((a, b) => b - a);
        found.push([element.textContent.trim().slice(0, 40), (tones[0] + 0.05) / (tones[1] + 0.05)]);
    }
    return found;
}"""


@pytest.fixture(scope="module")
def float_and_int8(shipped_export: Any) -> Iterator[Served]:
    with serving(*sorted(shipped_export.folder.glob("*.tflite"))) as served:
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        launched = running.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Yield a function that opens the page; at the end, nothing foreign was asked for and nothing went wrong in it."""
    contexts, complaints = [], []

    def open_page(served: Served, width: int = 1400, scheme: str = "light") -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        own = (served.url, "blob:", "data:")
        page.on("request", lambda one: None if one.url.startswith(own) else complaints.append(one.url))
        page.goto(served.url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def answers(page: Any) -> list[str]:
    return [one.inner_text() for one in page.query_selector_all(".answer")]


def test_a_chosen_picture_is_classified_by_float_and_int8_side_by_side(
    open_page: Callable[..., Any], float_and_int8: Served, tmp_path: Path
) -> None:
    page = open_page(float_and_int8)
    page.set_input_files("#file", save_picture(tmp_path / "cat.png"))
    page.wait_for_selector(".result:nth-child(2)")
    assert answers(page) == ["cat", "cat"]
    left, right = (one.bounding_box() for one in page.query_selector_all(".result"))
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    assert {one.inner_text() for one in page.query_selector_all(".result .tag")} == {"float32", "int8"}
    assert "All say cat" in page.inner_text("#agreement")
    assert "inference" in page.inner_text(".times")
    assert page.text_content("#spoken").count("cat") == 2
    page.uncheck("#models input >> nth=0")
    page.wait_for_selector(".result:nth-child(2)", state="detached")
    assert page.inner_text(".result .tag") == "int8"


def test_a_dropped_picture_is_classified(open_page: Callable[..., Any], served: Served, tmp_path: Path) -> None:
    page = open_page(served)
    page.wait_for_selector("#models input")
    page.evaluate(DROP, [list(save_picture(tmp_path / "cat.png").read_bytes()), "cat.png"])
    page.wait_for_selector(".result")
    assert answers(page) == ["cat"]
    assert page.get_attribute("#preview", "alt").endswith("cat.png")


def test_what_is_no_picture_is_told(browser: Any, served: Served) -> None:
    page = browser.new_page()
    page.goto(served.url)
    page.wait_for_selector("#models input")
    page.evaluate(DROP, [[1, 2, 3], "text.png"])
    page.wait_for_selector("#message:not(:empty)")
    assert "cannot be read" in page.inner_text("#message")
    page.close()


def test_the_camera_is_followed_until_it_is_stopped(open_page: Callable[..., Any], float_and_int8: Served) -> None:
    page = open_page(float_and_int8)
    page.wait_for_selector("#models input")
    page.focus("#camera")
    page.keyboard.press("Enter")
    page.wait_for_selector(".result:nth-child(2)")
    asked: list[str] = []
    page.on("response", lambda one: asked.append(one.url) if "classify" in one.url else None)
    for _ in range(100):
        page.wait_for_timeout(100)
        if len(asked) > 6:
            break
    assert len(asked) > 6
    assert page.get_attribute("#camera", "aria-pressed") == "true"
    page.keyboard.press("Enter")
    page.wait_for_selector("#video", state="hidden")
    page.wait_for_timeout(300)  # what was on its way
    asked.clear()
    page.wait_for_timeout(500)
    assert asked == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1400])
def test_everything_fits_and_can_be_read(
    open_page: Callable[..., Any], float_and_int8: Served, tmp_path: Path, width: int, scheme: str
) -> None:
    page = open_page(float_and_int8, width, scheme)
    page.set_input_files("#file", save_picture(tmp_path / "cat.png"))
    page.wait_for_selector(".result:nth-child(2)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    contrasts = page.evaluate(CONTRASTS)
    assert len(contrasts) > 20
    assert [one for one in contrasts if one[1] < NO_CONTRAST_BELOW] == []


def test_everything_is_reached_with_the_keyboard(open_page: Callable[..., Any], float_and_int8: Served) -> None:
    page = open_page(float_and_int8)
    page.wait_for_selector("#models input")
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.value"))
    assert reached[:2] == ["file", "camera"]
    assert len({*reached[2:]}) == 2
    names = page.evaluate(
        "[...document.querySelectorAll('input:not([hidden]), button')].map(one => (one.labels?.[0] || one).textContent)"
    )
    assert all(name.strip() for name in names)


def test_the_page_asks_for_a_token_and_keeps_it(browser: Any, tmp_path: Path) -> None:
    with serving("--token", "s3cret") as served:
        page = browser.new_page()
        page.goto(served.url)
        page.wait_for_selector("#token:visible")
        page.fill("#token", "wrong")
        page.keyboard.press("Enter")
        page.wait_for_selector("#message:has-text('wrong')")
        page.fill("#token", "s3cret")
        page.keyboard.press("Enter")
        page.wait_for_selector("#models input")
        page.set_input_files("#file", save_picture(tmp_path / "cat.png"))
        page.wait_for_selector(".result")
        assert answers(page) == ["cat"]
        page.close()
