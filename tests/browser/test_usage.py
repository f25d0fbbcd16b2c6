"""The charts of Usage: drawn, drawn anew for another theme or range, and operators' own."""

from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from monitor.models import Usage, UsageDay, User
from monitor.models.usage import provider_day
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf

pytestmark = pytest.mark.browser


@pytest.fixture
def operator(shelf: Shelf) -> User:
    today = provider_day(timezone.now())
    UsageDay.objects.create(day=today, reserved=12)
    Usage.objects.create(day=today, api="item_get_app", code="0000", calls=12, billing="billed")
    shelf.merchant.is_staff = True
    shelf.merchant.save(update_fields=["is_staff"])
    return shelf.merchant


def chart(page: Page, name: str, what: str) -> Any:
    return page.evaluate(f"Chart.getChart('{name}-chart').{what}")


def test_delays_are_drawn_in_hours_where_they_are_long(tab: Open, operator: User) -> None:
    page = tab(user=operator).go("/usage/").page
    assert chart(page, "delays", "data.labels") == ["2026-11-23", "2026-11-24"]
    drawn = chart(page, "delays", "data.datasets.map((one) => [one.label, ...one.data])")
    assert [(label, [round(60 * hours, 1) for hours in told]) for label, *told in drawn] == [
        ("Adaptive", [8.4, 9.6]),
        ("Even polling", [179.6, 180.4]),
    ]
    said = "options.plugins.tooltip.callbacks.label({ dataset: { label: 'x' }, parsed: { y: %s } })"
    assert chart(page, "delays", said % 0.14) == "x  8 min"
    assert chart(page, "delays", said % 3) == "x  3h"


def test_both_charts_come_again_with_another_theme_and_another_range(tab: Open, operator: User) -> None:
    window = tab(user=operator, color_scheme="light").go("/usage/")
    page = window.page
    colour = "data.datasets.at(-1).backgroundColor"
    light = {name: chart(page, name, colour) for name in ("usage", "delays")}
    page.get_by_role("button", name="Light or dark").click()
    page.wait_for_function("() => document.documentElement.dataset.bsTheme === 'dark'")
    assert all(chart(page, name, colour) != light[name] for name in light)
    page.get_by_role("link", name="7 days").click()
    expect(page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "true")
    page.wait_for_function("() => Chart.getChart('usage-chart')?.data.labels.length === 7")
    assert len(chart(page, "delays", "data.labels")) == 2
    assert window.all_complaints() == []


def test_the_table_says_the_same(tab: Open, operator: User) -> None:
    page = tab(390, user=operator).go("/usage/").page
    card = page.get_by_role("region", name="Delay of detection, adaptive against even polling")
    card.get_by_text("The same as a table").click()
    expect(card.get_by_role("row", name="2026-11-24")).to_contain_text("10 min")
