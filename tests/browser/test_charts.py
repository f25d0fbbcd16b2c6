"""The charts of a product's page: lines, time zone, ranges and themes."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import FloatRect, Page, expect

from monitor.models import Product
from tests.browser.conftest import Open
from tests.browser.judge import barriers, overflow
from tests.browser.shelf import Shelf
from tests.browser.tab import drag_across, record_drawn_texts
from tests.factories import ChangeFactory, SnapshotFactory

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


@pytest.mark.parametrize("browsers_zone", ["America/New_York", "Asia/Shanghai"])
def test_ticks_are_round_times_in_the_merchants_zone(
    tab: Open, shelf: Shelf, browsers_zone: str
) -> None:
    shelf.merchant.time_zone = "Asia/Shanghai"
    shelf.merchant.save()
    page = tab(timezone_id=browsers_zone).go(f"/products/{shelf.lively.num_iid}/?range=7d").page
    ticks = chart(page, "scales.x.ticks.map(tick => [tick.value, tick.label])")
    assert len(ticks) >= 4
    for value, label in ticks:
        assert (value + 8 * 3_600_000) % 86_400_000 == 0, label
        assert re.fullmatch(r"\d{1,2}/\d{1,2}", label)


def test_ticks_stay_at_midnight_over_daylight_saving(tab: Open, shelf: Shelf) -> None:
    shelf.merchant.time_zone = "America/New_York"
    shelf.merchant.save()
    page = tab().go(f"/products/{shelf.lively.num_iid}/?range=90d").page
    hours = chart(
        page,
        "scales.x.ticks.map(tick => new Intl.DateTimeFormat('en', "
        "{timeZone: 'America/New_York', hour: 'numeric', hourCycle: 'h23'}).format(tick.value))",
    )
    assert set(hours) == {"00"}


def test_the_theme_redraws_the_charts(tab: Open, shelf: Shelf) -> None:
    page = tab(color_scheme="light").go(f"/products/{shelf.lively.num_iid}/").page
    light = chart(page, "data.datasets[0].borderColor")
    page.get_by_role("button", name="Light or dark").click()
    page.wait_for_function(f"() => {CHART} && {CHART}.data.datasets[0].borderColor !== '{light}'")


def test_a_period_can_be_zoomed_and_reset(tab: Open, shelf: Shelf) -> None:
    merchants = tab().go(f"/products/{shelf.lively.num_iid}/")
    page = merchants.page
    whole = chart(page, "scales.x.min")
    drag_across(page.locator("canvas[data-chart=price]"))
    page.wait_for_function(f"whole => {CHART}.scales.x.min > whole", arg=whole)
    page.get_by_role("button", name="Whole range").click()
    assert chart(page, "scales.x.min") == whole
    assert merchants.all_complaints() == []


def test_figures_of_the_whole_range_say_so_beside_a_zoomed_chart(tab: Open, shelf: Shelf) -> None:
    page = tab().go(f"/products/{shelf.lively.num_iid}/").page
    notes = page.get_by_text("(30 days)", exact=True)
    expect(notes).to_have_count(3)
    expect(notes.first).to_be_hidden()
    drag_across(page.locator("canvas[data-chart=price]"))
    page.get_by_text("Download", exact=True).click()
    for note in notes.all():
        expect(note).to_be_visible()
    page.get_by_role("button", name="Whole range").click()
    expect(notes.first).to_be_hidden()


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


def box_of(page: Page, title: str) -> FloatRect:
    box = page.locator(f"section[aria-labelledby={title}]").bounding_box()
    assert box is not None
    return box


def test_the_chart_comes_first_and_lists_follow_or_stand_beside_it(tab: Open, shelf: Shelf) -> None:
    watch = shelf.lively.watches.get()
    for width in (390, 1440):
        page = tab(width).go(f"/products/{shelf.lively.num_iid}/").page
        price, changes, lists = (
            box_of(page, name)
            for name in ("price-title", "changes-title", f"watch-{watch.pk}-title")
        )
        assert price["y"] + price["height"] <= changes["y"]
        if width == 390:
            assert price["y"] < 600
            assert price["y"] + price["height"] <= lists["y"] < changes["y"]
        else:
            assert price["y"] == lists["y"]
            assert lists["x"] >= price["x"] + price["width"]


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


def test_a_period_that_needs_a_longer_range_changes_the_range(tab: Open, shelf: Shelf) -> None:
    now = timezone.now()
    began, ended = (f"{now - timedelta(days=days):%Y%m%dT%H%MZ}" for days in (20, 15))
    page = tab().go(f"/products/{shelf.lively.num_iid}/?range=7d&from={began}&to={ended}").page
    expect(page).to_have_url(re.compile(rf"range=30d&from={began}&to={ended}$"))
    page.get_by_role("button", name="Whole range").click()
    expect(page).to_have_url(re.compile(r"\?range=30d$"))


def test_another_range_resets_the_zoom(tab: Open, shelf: Shelf) -> None:
    page = tab().go(f"/products/{shelf.lively.num_iid}/").page
    drag_across(page.locator("canvas[data-chart=price]"))
    expect(page).to_have_url(re.compile("from="))
    page.get_by_role("link", name="7 days").click()
    expect(page).to_have_url(re.compile(r"\?range=7d$"))
    page.locator("#history[data-drawn]").wait_for()
    assert chart(page, "isZoomedOrPanned()") is False


def swing(shelf: Shelf, times: int, apart: timedelta) -> None:
    """Let the price swing between ¥40 and ¥60, and be ¥60 for most of the time."""
    now = timezone.now()
    Product.objects.filter(pk=shelf.hostile.pk).update(price=6000)
    for number in range(times):
        at = now - (number + 1) * apart + (apart * 0.7 if number % 2 else timedelta())
        price = 4000 if number % 2 else 6000
        SnapshotFactory.create(
            product=shelf.hostile,
            data_time=at,
            last_seen_before=at - timedelta(minutes=1),
            price=price,
            list_price=9900,
        )


def test_a_price_that_swings_too_often_is_a_light_band_with_its_median(
    tab: Open, shelf: Shelf
) -> None:
    swing(shelf, 600, timedelta(minutes=30))
    page = tab().go(f"/products/{shelf.hostile.num_iid}/?range=30d").page
    values = [
        {point["y"] for point in chart(page, f"data.datasets[{index}].data")} for index in (7, 8)
    ]
    assert 6000 in values[0]
    assert 4000 in values[1]
    assert len(points(page)) < 100
    assert chart(page, "data.datasets[7].borderWidth") == 0
    assert "¥40.00 – ¥60.00" in tooltip(page, 0.9)["footer"]


def test_the_tooltip_stands_beside_the_point(tab: Open, shelf: Shelf) -> None:
    for width in (390, 1440):
        page = tab(width).go(f"/products/{shelf.lively.num_iid}/?range=30d").page
        area = chart(page, "chartArea")
        for share in (0.1, 0.3, 0.5, 0.75, 0.95):
            tooltip(page, share)
            box = page.evaluate(
                f"(({{x, y, width, height}}) => ({{x, y, width, height}}))({CHART}.tooltip)"
            )
            x = area["left"] + (area["right"] - area["left"]) * share
            dots = chart(page, "tooltip.dataPoints.map(({element}) => element.y)")
            beside = x <= box["x"] or x >= box["x"] + box["width"]
            over = any(box["y"] <= y <= box["y"] + box["height"] for y in dots)
            assert beside or not over, (width, share)


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


def test_the_tooltip_shows_the_price_at_any_time(tab: Open, shelf: Shelf) -> None:
    page = tab().go(f"/products/{shelf.lively.num_iid}/?range=30d").page
    texts = tooltip(page, 0.75)
    assert "Price  ¥68.00" in texts["lines"]
    assert any(line.startswith("since ") for line in texts["footer"])
    assert "on sale" in texts["footer"]


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


def test_bars_of_units_and_revenue_begin_at_zero(tab: Open, shelf: Shelf) -> None:
    page = tab().go(f"/products/{shelf.lively.num_iid}/?range=30d").page
    for name in ("units", "revenue"):
        bars = f"Chart.getChart(document.querySelector('canvas[data-chart={name}]'))"
        assert page.evaluate(f"{bars}.scales.y.min") == 0
        assert page.evaluate(f"{bars}.data.datasets.some(({{data}}) => data.length)")


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


def test_the_axis_follows_the_price_until_others_are_asked_for(tab: Open, shelf: Shelf) -> None:
    page = tab().go(f"/products/{shelf.lively.num_iid}/").page
    key = page.get_by_role("button", name="List price")
    expect(key).to_have_attribute("aria-pressed", "false")
    assert chart(page, "scales.y.max") < 8000
    key.click()
    expect(key).to_have_attribute("aria-pressed", "true")
    assert chart(page, "scales.y.max") > 9900
    assert key.evaluate("key => getComputedStyle(key).textDecorationLine") == "none"


def test_a_click_opens_an_entry_of_the_log_to_its_single_changes(tab: Open, shelf: Shelf) -> None:
    now = timezone.now()
    for number in range(30):
        at = now - timedelta(days=2, minutes=30 - number)
        before, after = (6300, 6800) if number % 2 else (6800, 6300)
        ChangeFactory.create(product=shelf.lively, before=before, after=after, first_seen_after=at)
    merchants = tab().go(f"/products/{shelf.lively.num_iid}/")
    page = merchants.page
    entry = page.locator(".swing").last
    expect(entry.locator(".evidence")).to_have_count(0)
    entry.locator("summary").first.press("Enter")
    expect(entry.locator(".evidence").first).to_be_visible()
    expect(page.locator("#moments > li > .swing").last).to_contain_text("¥63.00 – ¥68.00")
    assert merchants.all_complaints() == []
