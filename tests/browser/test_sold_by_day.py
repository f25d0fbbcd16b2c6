"""The bars of what a list sells by day: drawn, and told as a table."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.shelf import Shelf
from tests.browser.tab import Tab

pytestmark = pytest.mark.browser


def units(tab: Tab) -> list[float]:
    """Return the heights of the bars of units."""
    return tab.page.evaluate(  # type: ignore[no-any-return]
        """() => Chart.getChart(document.querySelector("canvas[data-chart=units]"))
          .data.datasets.flatMap(({ data }) => data).map(({ y }) => y).filter((y) => y !== null)"""
    )


def test_a_list_draws_bars_for_the_range_and_tells_them_as_a_table(tab: Open, shelf: Shelf) -> None:
    merchants = tab().go(f"/watchlists/{shelf.rivals.pk}/")
    assert max(units(merchants)) > 100
    page = merchants.page
    days = len(units(merchants))
    page.get_by_role("link", name="7 days").click()
    expect(page).to_have_url(re.compile(r"\?range=7d$"))
    page.locator("#history[data-drawn]").wait_for()
    assert 0 < len(units(merchants)) < days
    page.locator("#history summary").click()
    expect(page.locator("#history tbody tr").first).to_contain_text("of 6 products")
    assert page.locator("#history tbody tr").count() * 2 == len(units(merchants))
    assert merchants.all_complaints() == []
