"""The charts of a product's page: lines, time zone, ranges and themes."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from monitor.models import Product
from tests.browser.conftest import Open
from tests.browser.judge import barriers, overflow
from tests.browser.shelf import Shelf
from tests.browser.tab import drag_across, record_drawn_texts
from tests.models.factories import SnapshotFactory

pytestmark = pytest.mark.browser
CHART = "Chart.getChart(document.querySelector('canvas[data-chart=price]'))"


def chart(page: Page, path: str) -> Any:
    return page.evaluate(f"{CHART}.{path}")


def points(page: Page) -> list[dict[str, Any]]:
    return list(chart(page, "data.datasets[0].data"))


def test_it_draws_steps_gaps_and_times_off_the_shelf(tab: Open, shelf: Shelf) -> None:
    merchants = tab().go(f"/products/{shelf.lively.num_iid}/")
    values = [point["y"] for point in points(merchants.page)]
    assert [value for value in values if value is not None][:2] == [7200, 6800]
    assert None in values
    assert values[-1] == 6300
    types = chart(
        merchants.page, "options.plugins.annotation.annotations.map(annotation => annotation.type)"
    )
    assert types.count("box") == 2
    assert chart(merchants.page, "options.plugins.knowledge.bands[0].spans.length") >= 4
    assert merchants.all_complaints() == []


def test_a_chart_without_a_price_has_no_scale(tab: Open, shelf: Shelf) -> None:
    gone_at = timezone.now() - timedelta(days=35)
    Product.objects.filter(pk=shelf.lively.pk).update(status="not_found", changed_at=gone_at)
    shelf.lively.snapshots.filter(data_time__gt=gone_at).delete()
    SnapshotFactory.create(product=shelf.lively, data_time=gone_at, status="not_found")
    merchants = tab().go(f"/products/{shelf.lively.num_iid}/")
    assert points(merchants.page) == []
    assert chart(merchants.page, "scales.y.ticks.length") == 0
    expect(merchants.page.get_by_text("No data in this range")).to_be_visible()
    merchants.page.get_by_role("link", name="All", exact=True).click()
    expect(merchants.page).to_have_url(re.compile(r"range=all"))
    merchants.page.wait_for_function(f"() => {CHART}?.scales.y.ticks.length > 0")
    assert merchants.all_complaints() == []


def test_a_range_replaces_the_history_and_back_restores_it(tab: Open, shelf: Shelf) -> None:
    merchants = tab().go(f"/products/{shelf.lively.num_iid}/")
    page = merchants.page
    page.get_by_role("link", name="24 h").click()
    expect(page).to_have_url(re.compile(r"range=24h"))
    expect(page.locator("#figures")).to_contain_text("¥70.00")
    page.locator("#history[data-drawn]").wait_for()
    assert {point["y"] for point in points(page)} == {7000, 6300}
    page.go_back()
    expect(page.locator("#figures")).to_contain_text("¥72.00")
    page.locator("#history[data-drawn]").wait_for()
    assert merchants.all_complaints() == []


def test_ticks_are_round_times_in_the_merchants_zone(tab: Open, shelf: Shelf) -> None:
    shelf.merchant.time_zone = "Asia/Shanghai"
    shelf.merchant.save()
    page = (
        tab(timezone_id="America/New_York").go(f"/products/{shelf.lively.num_iid}/?range=7d").page
    )
    ticks = chart(page, "scales.x.ticks.map(tick => [tick.value, tick.label])")
    assert len(ticks) >= 4
    for value, label in ticks:
        assert (value + 8 * 3_600_000) % 86_400_000 == 0, label
        assert re.fullmatch(r"\d{1,2}/\d{1,2}", label)


def test_a_target_and_a_cost_are_set_in_place_by_the_keyboard(tab: Open, shelf: Shelf) -> None:
    merchants = tab(390, color_scheme="dark").go(f"/products/{shelf.lively.num_iid}/")
    page = merchants.page
    lines = (
        "options.plugins.annotation.annotations.map(annotation => "
        "annotation.label?.content).filter(Boolean)"
    )
    assert chart(page, lines) == []
    mine = page.locator(".on-list").first
    mine.get_by_label("Target price").fill("50")
    page.keyboard.press("Tab")
    page.keyboard.type("0.005")
    page.keyboard.press("Enter")
    expect(mine.get_by_role("alert")).to_have_text("At least ¥0.01, such as 72 or 72.50.")
    expect(page.locator("#live")).to_have_text("Not saved: see what is wrong.")
    mine.get_by_label("Cost").fill("40")
    page.keyboard.press("Enter")
    page.wait_for_function(f"() => {CHART}.{lines}[0] === 'Target ¥50.00'")
    expect(page.locator("#live")).to_have_text("Saved.")
    expect(mine).to_contain_text("Margin")
    assert [*barriers(merchants), max(overflow(merchants), 0)] == [0]


def test_the_trial_of_a_rule_is_marked_on_the_chart_while_its_form_is_open(
    tab: Open, shelf: Shelf
) -> None:
    merchants = tab().go(f"/products/{shelf.lively.num_iid}/")
    page = merchants.page
    key = page.locator("[data-key=trial]")
    expect(key).to_be_hidden()
    page.locator(".on-list > .fold > summary").first.click()
    page.locator(".rules").get_by_role("link", name="Change the rules").click()
    new = page.locator(".rule-new")
    new.locator("> summary").click()
    new.get_by_label("Alert when").select_option("price_fell_by")
    new.get_by_role("textbox").fill("5")
    expect(new.locator(".trial")).to_contain_text("1 alert in the last 30 days:")
    expect(new.locator(".trial")).to_contain_text("¥63.00")
    expect(key).to_be_visible()
    assert [point["y"] for point in chart(page, "data.datasets[6].data")] == [6300]
    new.get_by_role("textbox").fill("2")
    expect(new.locator(".trial")).to_contain_text("2 alerts")
    page.wait_for_function(f"() => {CHART}.data.datasets[6].data.length === 2")
    page.get_by_role("link", name="7 days").click()
    page.wait_for_function(f"() => {CHART}?.data.datasets[6].data.length === 1")
    new.locator("> summary").click()
    page.wait_for_function(f"() => {CHART}.data.datasets[6].data.length === 0")
    expect(key).to_be_hidden()
    assert merchants.all_complaints() == []


def test_a_zoomed_period_is_in_the_address(tab: Open, shelf: Shelf) -> None:
    merchants = tab().go(f"/products/{shelf.lively.num_iid}/")
    page = merchants.page
    depth = page.evaluate("history.length")
    drag_across(page.locator("canvas[data-chart=price]"))
    expect(page).to_have_url(re.compile(r"\?range=30d&from=\d{8}T\d{4}Z&to=\d{8}T\d{4}Z$"))
    assert page.evaluate("history.length") == depth
    start = chart(page, "scales.x.min")

    second = tab().go(page.url.removeprefix(merchants.site))
    zoomed = second.page.locator("[data-zoomed]")
    expect(zoomed).to_contain_text("–")
    assert abs(chart(second.page, "scales.x.min") - start) < 60_000
    second.page.get_by_role("link", name="Sales", exact=True).click()
    expect(second.page).to_have_url(re.compile(r"about=sales.*from=|from=.*about=sales"))
    second.page.get_by_role("button", name="Whole range").click()
    expect(zoomed).to_be_empty()
    expect(second.page).not_to_have_url(re.compile("from="))
    assert second.all_complaints() == []


def tooltip(page: Page, share: float) -> dict[str, Any]:
    """Return the tooltip at that share of the width of the price chart."""
    box = page.locator("canvas[data-chart=price]").bounding_box()
    assert box is not None
    area = chart(page, "chartArea")
    x = box["x"] + area["left"] + (area["right"] - area["left"]) * share
    page.mouse.move(x, box["y"] + box["height"] / 2)
    page.wait_for_function(f"() => {CHART}.tooltip.opacity === 1")
    return {
        "lines": chart(page, "tooltip.body.flatMap(item => item.lines)"),
        "footer": chart(page, "tooltip.footer"),
    }


def test_the_tooltip_of_a_gap_says_why_nothing_is_known(tab: Open, shelf: Shelf) -> None:
    page = tab().go(f"/products/{shelf.lively.num_iid}/?range=30d").page
    began, ended = page.evaluate(
        f"[{CHART}.options.plugins.knowledge.bands[0].spans.at(-1)].flatMap(({{start, end}}) "
        "=> [start, end])"
    )
    low, high = chart(page, "scales.x.min"), chart(page, "scales.x.max")
    texts = tooltip(page, ((began + ended) / 2 - low) / (high - low))
    assert texts["lines"] == []
    assert texts["footer"][0].startswith("Checks failed  ")


def test_an_alert_on_the_chart_links_to_its_page(tab: Open, shelf: Shelf) -> None:
    page = tab().go(f"/products/{shelf.lively.num_iid}/?range=30d").page
    canvas = page.locator("canvas[data-chart=price]").bounding_box()
    assert canvas is not None
    point = chart(page, "getDatasetMeta(5).data.at(-1).getProps(['x', 'y'])")
    page.mouse.click(canvas["x"] + point["x"], canvas["y"] + point["y"])
    expect(page).to_have_url(re.compile(r"/alerts/\d+/"))


def test_the_chart_can_be_saved_as_a_picture(tab: Open, shelf: Shelf) -> None:
    merchants = tab().go(f"/products/{shelf.lively.num_iid}/")
    record_drawn_texts(merchants.page)
    with merchants.page.expect_download() as started:
        merchants.page.get_by_text("Download", exact=True).click()
        merchants.page.get_by_role("button", name="PNG").click()
    assert started.value.suggested_filename == f"stallwatch-{shelf.lively.num_iid}-30d.png"
    assert Path(started.value.path()).read_bytes().startswith(b"\x89PNG")
    assert {"Alert", "Off shelf", "Checks failed"} <= set(merchants.page.evaluate("window.written"))
    assert merchants.all_complaints() == []
