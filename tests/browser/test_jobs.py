"""A merchant's usual jobs take few clicks. Pasting, typing and reading are not counted."""

from collections.abc import Iterable
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from monitor.watchlists import short_links
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf
from tests.browser.tab import settle

pytestmark = pytest.mark.browser

SHARED = "{n}.43 复制打开抖音，看看【小林的橱窗】磨毛衬衫 https://v.douyin.com/AbCdEf{n}/ 10/24 k@c.aa"


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
    expect(page.get_by_text("5 products added to “Rivals”")).to_be_visible()
    assert click.count <= 2


def test_who_dropped_this_week_and_by_how_much_in_one(tab: Open, shelf: Shelf, click: Clicks) -> None:
    page = tab().go("/products/").page
    click(page.locator("table.goods").get_by_role("link", name="7 days"))
    settle(page)
    first = page.locator("table.goods tbody tr").first
    expect(first).to_contain_text("磨毛衬衫")
    expect(first).to_contain_text("−¥5.00")
    assert click.count <= 1


def test_four_products_are_compared_in_three(tab: Open, shelf: Shelf, click: Clicks) -> None:
    page = tab().go("/products/").page
    boxes = page.locator("[name=product]")
    click(boxes.nth(0))
    click(boxes.nth(3), modifiers=["Shift"])
    click(page.get_by_role("button", name="Compare"))
    expect(page.locator("table").first.locator("tbody tr")).to_have_count(4)
    assert click.count <= 3


def test_a_filtered_list_is_downloaded_in_two(tab: Open, shelf: Shelf, click: Clicks) -> None:
    page = tab().go("/products/?q=磨毛").page
    click(page.locator("#download summary"))
    with page.expect_download() as started:
        click(page.get_by_role("link", name="Excel"))
    assert started.value.suggested_filename.endswith(".xlsx")
    assert click.count <= 2


def test_a_mail_at_ten_percent_less_is_asked_for_in_three(tab: Open, shelf: Shelf, click: Clicks) -> None:
    page = tab().go(f"/watchlists/{shelf.rivals.pk}/").page
    new = page.locator(".rule-new")
    click(new.locator("> summary"))
    new.get_by_role("textbox", name="Threshold (%)").fill("10")
    click(new.get_by_role("button", name="Add the rule"))
    expect(page.locator(".rule-list")).to_contain_text("≥ 10%")
    assert click.count <= 3
