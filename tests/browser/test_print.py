"""A product's page on paper: A4, in daylight, with what it says and without what can be done on it."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from monitor.models import Usage, UsageDay
from monitor.models.usage import provider_day
from tests.browser.conftest import Open
from tests.browser.judge import overflow
from tests.browser.shelf import Shelf

pytestmark = pytest.mark.browser
#: The width of A4 between its margins, in CSS pixels.
PAPER = 703
SEEN = "list => list.filter((one) => one.checkVisibility()).map((one) => one.outerHTML.slice(0, 100))"
LISTEN = """() => {
  window.addEventListener("beforeprint", () => {
    const chart = Chart.getChart(document.querySelector("canvas[data-chart=price]"));
    window.onPaper = {
      theme: document.documentElement.dataset.bsTheme, line: chart.data.datasets[0].borderColor, width: chart.width,
      start: chart.scales.x.min, printed: document.querySelector("[data-printed]").textContent,
    };
  });
}"""


@pytest.mark.parametrize(("language", "words"), [("en", ["Printed", "Evidence"]), ("zh-hans", ["打印于", "依据"])])
def test_it_shows_what_is_said_and_nothing_to_press(tab: Open, shelf: Shelf, language: str, words: list[str]) -> None:
    shelf.merchant.language = language
    shelf.merchant.save()
    merchants = tab(PAPER, color_scheme="dark").go(f"/products/{shelf.lively.num_iid}/")
    page = merchants.page
    expect(page.locator("[data-print-head]")).to_be_hidden()
    page.emulate_media(media="print")
    for what in ("nav", "form", "button:not(.key)", ".btn", ".topbar", ".tabbar", ".footer-line", ".notice"):
        assert page.locator(what).evaluate_all(SEEN) == [], what
    head = page.locator("[data-print-head]")
    for said in ("磨毛衬衫", str(shelf.lively.shop), f"/products/{shelf.lively.num_iid}/", words[0]):
        expect(head).to_contain_text(said)
    for where in ("#header .facts", ".extremes", "canvas[data-chart=price]", ".watch-row", "#moments"):
        expect(page.locator(where).first).to_be_visible()
    expect(page.locator("#moments")).to_contain_text(words[1])
    assert page.locator(".evidence dl").evaluate_all(SEEN) == []
    assert overflow(merchants) == 0
    assert merchants.all_complaints() == []


def test_the_chart_is_drawn_in_daylight_as_closely_as_it_was_looked_at(tab: Open, shelf: Shelf) -> None:
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
    told = page.evaluate("window.onPaper")
    assert (told["theme"], told["width"]) == ("light", 660)
    assert told["line"] != dark
    assert told["start"] == closer["min"]
    assert len(told["printed"]) == len("2026-11-25 12:00")
    page.wait_for_function(f"dark => {chart}.data.datasets[0].borderColor === dark", arg=dark)
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    assert merchants.all_complaints() == []


def test_evidence_that_is_open_is_printed_and_no_other(tab: Open, shelf: Shelf) -> None:
    page = tab(PAPER).go(f"/products/{shelf.lively.num_iid}/").page
    page.locator(".evidence summary").first.click()
    page.emulate_media(media="print")
    expect(page.locator(".evidence dl").first).to_be_visible()
    assert len(page.locator(".evidence dl").evaluate_all(SEEN)) == 1


@pytest.mark.parametrize("address", ["/", "/products/", "/alerts/", "/watchlists/", "/usage/"])
def test_no_page_prints_what_can_only_be_pressed(tab: Open, shelf: Shelf, address: str) -> None:
    page = tab(PAPER).go(address).page
    page.emulate_media(media="print")
    for what in (".topbar", ".tabbar", ".footer-line", ".btn", "button:not(.key)", "input", "select"):
        assert page.locator(what).evaluate_all(SEEN) == [], what
    expect(page.locator("h1")).to_be_visible()


def test_charts_that_are_wider_than_the_paper_keep_their_proportions(tab: Open, shelf: Shelf) -> None:
    today = provider_day(timezone.now())
    UsageDay.objects.create(day=today, reserved=12)
    Usage.objects.create(day=today, api="item_get_app", code="0000", calls=12, billing="billed")
    page = tab().go("/usage/").page
    expect(page.locator("#usage-chart")).to_be_visible()
    page.wait_for_function("() => Chart.getChart('usage-chart')")
    page.emulate_media(media="print")
    # Measured at once: on the screen a chart is drawn anew for its new width, on paper it is not.
    stretched = page.locator("canvas").evaluate_all("""charts => charts.map((chart) => {
      chart.parentElement.style.width = "400px";
      const seen = chart.getBoundingClientRect();
      return (seen.width / seen.height) / (chart.width / chart.height);
    })""")
    assert stretched
    assert stretched == pytest.approx([1] * len(stretched), rel=0.02)


@pytest.mark.parametrize(
    ("address", "headings"),
    [
        ("/settings/", ["Logged in at"]),
        ("/watchlists/{list}/", ["Checks and their cost", "Rules for all products of the list", "People"]),
    ],
)
def test_no_heading_is_printed_of_what_is_only_a_form(
    tab: Open, shelf: Shelf, address: str, headings: list[str]
) -> None:
    page = tab(PAPER).go(address.format(list=shelf.rivals.pk)).page
    page.emulate_media(media="print")
    shown = "list => list.filter((one) => one.checkVisibility()).map((one) => one.textContent)"
    assert page.locator("main h2").evaluate_all(shown) == headings


def test_the_rules_of_a_list_keep_off_the_edge_of_their_card(tab: Open, shelf: Shelf) -> None:
    page = tab(PAPER).go(f"/watchlists/{shelf.rivals.pk}/").page
    page.emulate_media(media="print")
    gap = "row => row.getBoundingClientRect().left - row.closest('.card').getBoundingClientRect().left"
    assert page.locator(".card-body p:visible").first.evaluate(gap) >= 8
