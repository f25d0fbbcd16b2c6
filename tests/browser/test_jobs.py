"""A merchant's usual jobs take few clicks. Pasting, typing and reading are not counted."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, expect

from monitor.models import Change, Message, Product
from monitor.people.channels import add as add_channel
from monitor.polling.recording.alerts import raise_range_alerts
from monitor.telling.compose import write_messages
from monitor.telling.posts import write
from monitor.watching import short_links
from monitor.watching.following import follow_shop
from monitor.watching.pairings import set_rivals
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf
from tests.browser.tab import settle
from tests.factories import ProductFactory

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


def test_who_dropped_this_week_and_by_how_much_in_one(
    tab: Open, shelf: Shelf, click: Clicks
) -> None:
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


def test_a_mail_at_ten_percent_less_is_asked_for_in_three(
    tab: Open, shelf: Shelf, click: Clicks
) -> None:
    page = tab().go(f"/watchlists/{shelf.rivals.pk}/").page
    new = page.locator(".rule-new")
    click(new.locator("> summary"))
    new.get_by_role("textbox", name="Threshold (%)").fill("10")
    click(new.get_by_role("button", name="Add the rule"))
    expect(page.locator(".rule-list")).to_contain_text("≥ 10%")
    assert click.count <= 3


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


def test_where_am_i_dearer_than_the_cheapest_in_one(tab: Open, shelf: Shelf, click: Clicks) -> None:
    for watch in shelf.rivals.watches.filter(product__in=[shelf.lively, shelf.hostile]):
        others = shelf.rivals.watches.filter(product__title__startswith="Shirt").values_list(
            "product__num_iid", flat=True
        )
        set_rivals(watch, list(others[:3]), shelf.merchant)
    Product.objects.filter(pk=shelf.hostile.pk).update(price=9000)
    page = tab().go("/rivals/").page
    click(page.get_by_role("link", name="Dearer than the cheapest"))
    rows = page.locator(".standings tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("+¥18.00")
    assert click.count <= 1


def test_a_new_product_of_a_rival_reaches_a_robot_in_three(
    tab: Open, shelf: Shelf, click: Clicks
) -> None:
    now, shop = timezone.now(), shelf.hostile.shop
    assert shop is not None
    add_channel(
        shelf.merchant,
        "feishu",
        "群",
        {"url": "https://open.feishu.cn/open-apis/bot/v2/hook/x"},
        "x",
        now,
    )
    follow_shop(shelf.rivals, shop, now)
    page = tab().go(f"/shops/{shop.pk}/").page
    click(page.get_by_role("link", name="Alert me to new products"))
    click(page.get_by_role("button", name="Add the rule"))
    expect(page.locator(".rule-list")).to_contain_text("A followed shop has a new product")
    assert click.count <= 3
    times = {"last_seen_before": now, "first_seen_after": now + timedelta(hours=1)}
    new = ProductFactory.create(title="New dress", shop=shop)
    arrival = Change.objects.create(
        product=new, field="range", before="absent", after="listed", **times
    )
    raise_range_alerts(shop, [arrival], now=now, deliver=True)
    write_messages(now)
    message = Message.objects.get(channel__kind="feishu")
    assert "New dress" in write(message, None, now).body.decode()


def test_a_search_keeps_what_was_ticked(tab: Open, shelf: Shelf) -> None:
    watch = shelf.rivals.watches.get(product=shelf.lively)
    page = tab().go(f"/rivals/{watch.pk}/").page
    for word in ("Shirt", "T-shirt"):
        page.get_by_label("Search your products").fill(word)
        settle(page)
        page.locator("[name=rival]:not(:checked)").first.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("has 2 rivals")).to_be_visible()
