"""The chart of the usage page is redrawn for another theme or range."""

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


def chart(page: Page, path: str) -> Any:
    return page.evaluate(f"Chart.getChart('usage-chart').{path}")


def test_the_chart_is_redrawn_for_another_theme_and_range(tab: Open, operator: User) -> None:
    window = tab(user=operator, color_scheme="light").go("/usage/")
    page = window.page
    colour = "data.datasets.at(-1).backgroundColor"
    light = chart(page, colour)
    page.get_by_role("button", name="Light or dark").click()
    page.wait_for_function("() => document.documentElement.dataset.bsTheme === 'dark'")
    assert chart(page, colour) != light
    page.get_by_role("link", name="7 days").click()
    expect(page.get_by_role("link", name="7 days")).to_have_attribute("aria-current", "true")
    page.wait_for_function("() => Chart.getChart('usage-chart')?.data.labels.length === 7")
    assert window.all_complaints() == []
