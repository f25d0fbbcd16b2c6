"""A merchant's usual jobs take few clicks. Pasting, typing and reading are not counted."""

import re
from collections.abc import Iterable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from monitor.watching import short_links
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf
from tests.browser.tab import settle

pytestmark = pytest.mark.browser

SHARED = (
    "{n}.43 复制打开抖音，看看【小林的橱窗】磨毛衬衫 https://v.douyin.com/AbCdEf{n}/ 10/24 k@c.aa"
)


class Clicks:
    """Clicks, counted."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, target: Locator, **how: Any) -> None:
        target.click(**how)
        self.count += 1


@pytest.fixture
def click() -> Clicks:
    return Clicks()


def test_five_products_are_added_from_share_texts_in_two(
    tab: Open, shelf: Shelf, click: Clicks, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Douyin:
        def products_of(self, codes: Iterable[str]) -> dict[str, str]:
            return {code: f"366000000000000000{number}" for number, code in enumerate(codes)}

    monkeypatch.setattr(short_links, "follower", Douyin())
    page = tab().go("/products/").page
    click(page.get_by_role("link", name="Add", exact=True))
    # The merchant pastes at once.
    expect(page.get_by_label("Links, share texts or IDs")).to_be_focused()
    page.keyboard.insert_text("\n".join(SHARED.format(n=n) for n in range(1, 6)))
    click(page.get_by_role("button", name="Add", exact=True))
    expect(page.get_by_text("5 products added to “Other stalls”")).to_be_visible()
    assert click.count <= 2


def test_a_product_is_paired_with_three_suggested_rivals_in_four(
    tab: Open, shelf: Shelf, click: Clicks
) -> None:
    page = tab().go("/").page
    click(
        page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Rivals")
    )
    click(page.get_by_role("link", name="Pair a product"))
    # Not the hostile name, which has a T-shirt in it.
    shirt = page.locator(".choice", has_text=re.compile(r"Shirt \d")).first
    click(shirt.get_by_role("link", name="Choose rivals"))
    expect(page.locator("[name=rival]:checked")).to_have_count(3)
    click(page.get_by_role("button", name="Save"))
    expect(page.get_by_text("has 3 rivals")).to_be_visible()
    assert click.count <= 4


def test_a_search_keeps_what_was_ticked(tab: Open, shelf: Shelf) -> None:
    watch = shelf.rivals.watches.get(product=shelf.lively)
    page = tab().go(f"/rivals/{watch.pk}/").page
    for word in ("Shirt", "T-shirt"):
        page.get_by_label("Search your products").fill(word)
        settle(page)
        page.locator("[name=rival]:not(:checked)").first.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("has 2 rivals")).to_be_visible()
