"""Printed pages: A4, light, with the content and without controls."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.judge import overflow
from tests.browser.shelf import Shelf

pytestmark = [pytest.mark.browser, pytest.mark.nightly]
#: The width of A4 between its margins, in CSS pixels.
PAPER = 703
VISIBLE = """list => list
  .filter((element) => element.checkVisibility())
  .map((element) => element.outerHTML.slice(0, 100))"""
LISTEN = """() => {
  window.addEventListener("beforeprint", () => {
    const chart = Chart.getChart(document.querySelector("canvas[data-chart=price]"));
    window.onPaper = {
      theme: document.documentElement.dataset.bsTheme, line: chart.data.datasets[0].borderColor,
          width: chart.width,
      start: chart.scales.x.min, printed: document.querySelector("[data-printed]").textContent,
    };
  });
}"""


@pytest.mark.parametrize(
    ("language", "words"), [("en", ["Printed", "Evidence"]), ("zh-hans", ["打印于", "依据"])]
)
def test_a_printed_product_page_has_the_content_and_no_controls(
    tab: Open, shelf: Shelf, language: str, words: list[str]
) -> None:
    shelf.merchant.language = language
    shelf.merchant.save()
    merchants = tab(PAPER, color_scheme="dark").go(f"/products/{shelf.lively.num_iid}/")
    page = merchants.page
    expect(page.locator("[data-print-head]")).to_be_hidden()
    page.emulate_media(media="print")
    for selector in (
        "nav",
        "form",
        "button:not(.key)",
        ".btn",
        ".topbar",
        ".tabbar",
        ".footer-line",
        ".notice",
    ):
        assert page.locator(selector).evaluate_all(VISIBLE) == [], selector
    head = page.locator("[data-print-head]")
    for text in (
        "磨毛衬衫",
        str(shelf.lively.shop),
        f"/products/{shelf.lively.num_iid}/",
        words[0],
    ):
        expect(head).to_contain_text(text)
    for selector in ("#header .event", "#figures", "canvas[data-chart=price]", "#moments"):
        expect(page.locator(selector).first).to_be_visible()
    expect(page.locator("#moments")).to_contain_text(words[1])
    assert page.locator(".evidence dl").evaluate_all(VISIBLE) == []
    assert overflow(merchants) == 0
    assert merchants.all_complaints() == []


def test_the_chart_is_printed_in_light_colours_and_keeps_its_zoom(tab: Open, shelf: Shelf) -> None:
    merchants = tab(color_scheme="dark").go(f"/products/{shelf.lively.num_iid}/")
    page = merchants.page
    chart = "Chart.getChart(document.querySelector('canvas[data-chart=price]'))"
    dark = page.evaluate(f"{chart}.data.datasets[0].borderColor")
    range_ = page.evaluate(f"[{chart}.scales.x.min, {chart}.scales.x.max]")
    closer = {"min": range_[0] + timedelta(days=5) / timedelta(milliseconds=1), "max": range_[1]}
    page.evaluate(f"closer => {chart}.zoomScale('x', closer, 'none')", closer)
    page.evaluate(LISTEN)
    paper = page.pdf(format="A4", prefer_css_page_size=True, print_background=True)
    assert paper.startswith(b"%PDF")
    state = page.evaluate("window.onPaper")
    assert (state["theme"], state["width"]) == ("light", 660)
    assert state["line"] != dark
    assert state["start"] == closer["min"]
    assert len(state["printed"]) == len("2026-11-25 12:00")
    page.wait_for_function(f"dark => {chart}.data.datasets[0].borderColor === dark", arg=dark)
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    assert merchants.all_complaints() == []
