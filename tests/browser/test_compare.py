"""The comparison of products: choosing by keyboard, drawing, removing."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from monitor.models import Product
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf
from tests.browser.tab import settle
from tests.models.factories import ProductFactory, WatchFactory

pytestmark = pytest.mark.browser
CHART = "Chart.getChart(document.querySelector('canvas[data-chart=compare]'))"


def chart(page: Page, path: str) -> Any:
    return page.evaluate(f"{CHART}.{path}")


def address(shelf: Shelf, *others: Product) -> str:
    names = "&".join(f"with={product.num_iid}" for product in others)
    return f"/products/{shelf.lively.num_iid}/compare/?{names}"


def test_it_draws_a_line_for_each_product_and_when_it_was_known(tab: Open, shelf: Shelf) -> None:
    others = Product.objects.filter(watches__watchlist=shelf.rivals).exclude(pk=shelf.lively.pk)
    merchants = tab().go(address(shelf, *others[:5]))
    page = merchants.page
    looks = chart(
        page, "data.datasets.map(({borderColor, borderDash}) => [borderColor, borderDash.join()])"
    )
    assert (
        len({colour for colour, _dashes in looks})
        == len({dashes for _colour, dashes in looks})
        == 6
    )
    first = chart(page, "data.datasets[0].data")
    assert None in [point["y"] for point in first]
    assert first[-1]["y"] == 6300
    assert (
        chart(page, "options.plugins.knowledge.bands.map(({spans}) => spans.length > 0)")
        == [True] * 6
    )
    assert merchants.all_complaints() == []


def test_the_tooltip_shows_each_price_or_why_there_is_none(tab: Open, shelf: Shelf) -> None:
    page = tab().go(address(shelf, shelf.hostile)).page
    box = page.locator("canvas[data-chart=compare]").bounding_box()
    assert box is not None
    area = chart(page, "chartArea")
    # Nine and a half days ago checks of the first product failed.
    x = box["x"] + area["left"] + (area["right"] - area["left"]) * (30 - 9.5) / 30
    page.mouse.move(x, box["y"] + box["height"] / 2)
    page.wait_for_function(f"() => {CHART}.tooltip.opacity === 1")
    [line] = chart(page, "tooltip.body.flatMap(item => item.lines)")
    assert line.startswith("B  ¥72.00  <img src=x")
    assert chart(page, "tooltip.footer") == ["A  Checks failed  timeout"]


def test_products_are_found_added_and_removed_with_the_keyboard(tab: Open, shelf: Shelf) -> None:
    for title in ("风衣 长款", "风衣 短款"):
        WatchFactory.create(watchlist=shelf.rivals, product=ProductFactory.create(title=title))
    merchants = tab().go(f"/products/{shelf.lively.num_iid}/")
    page = merchants.page
    page.get_by_role("link", name="Compare", exact=True).press("Enter")
    expect(page).to_have_url(re.compile(r"compare/\??$"))
    page.locator("#history[data-drawn]").wait_for()
    search = page.get_by_label("Search your products")
    search.focus()
    page.keyboard.type("风衣")
    expect(page.locator("[data-add]")).to_have_count(2)
    expect(search).to_be_focused()
    settle(page)
    page.locator("[data-add]").first.press("Enter")
    expect(page.locator(".compared tbody tr")).to_have_count(2)
    expect(page.locator("[data-add]")).to_be_focused()
    settle(page)
    page.keyboard.press("Enter")
    expect(page.locator(".compared tbody tr")).to_have_count(3)
    expect(page.locator("#live")).to_have_text("3 products compared")
    expect(page).to_have_url(re.compile(r"compare/\?with=\d+&with=\d+$"))
    settle(page)
    page.locator(".compared").get_by_role(
        "link", name="Remove from the comparison: 风衣 短款"
    ).press("Enter")
    expect(page.locator(".compared tbody tr")).to_have_count(2)
    expect(page.locator("#compare-title")).to_be_focused()
    page.get_by_role("link", name="Clear all").click()
    expect(page.locator(".compared tbody tr")).to_have_count(1)
    page.go_back()
    expect(page.locator(".compared tbody tr")).to_have_count(2)
    page.locator("#history[data-drawn]").wait_for()
    assert merchants.all_complaints() == []
