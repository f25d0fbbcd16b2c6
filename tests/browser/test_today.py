"""Today in a browser: the answers are at once in sight on a phone, and it prints on one page."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.judge import overflow
from tests.browser.shelf import Shelf

pytestmark = pytest.mark.browser


def a_night_of_changes(shelf: Shelf) -> None:
    """Twelve products with long names fell, one rose, and one left the shelf."""
    from monitor.models import Product, Watch
    from tests.models import factories as make

    now = timezone.now()
    story = [("price", 99_999_900, 1 + number) for number in range(12)]
    for field, before, after in (
        *story,
        ("price", 100, 99_999_900),
        ("status", "on_sale", "off_shelf"),
    ):
        status = after if field == "status" else "on_sale"
        product = make.ProductFactory.create(title="秋冬新款磨毛衬衫" * 25, status=status)
        make.WatchFactory.create(watchlist=shelf.rivals, product=product)
        make.ChangeFactory.create(
            product=product,
            field=field,
            before=before,
            after=after,
            first_seen_after=now - timedelta(hours=2),
        )
    Product.objects.update(next_check_at=now + timedelta(hours=1))
    Watch.objects.update(created_at=now - timedelta(days=9))
    at = {"shop": shelf.lively.shop, "product": None, "first_seen_after": now - timedelta(hours=2)}
    make.ChangeFactory.create(field="service_score", before=496, after=480, **at)


def test_on_a_phone_the_answers_fit_the_first_two_screens(tab: Open, shelf: Shelf) -> None:
    a_night_of_changes(shelf)
    merchants = tab(390).go("/")
    page = merchants.page
    head, answers = (page.locator(place).bounding_box() for place in (".topbar", ".answers"))
    assert head
    assert answers
    assert answers["y"] - head["y"] - head["height"] <= 250
    assert answers["y"] + answers["height"] <= 2 * 844
    new = page.get_by_role("region", name="What is new")
    expect(new.get_by_role("listitem").filter(has_text="off shelf")).to_be_visible()
    rest = page.get_by_role("region", name="Prices and scores").get_by_role("listitem")
    expect(rest).not_to_have_count(0)
    assert overflow(merchants) == 0
    assert merchants.all_complaints() == []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_it_prints_on_one_page(tab: Open, shelf: Shelf, language: str) -> None:
    a_night_of_changes(shelf)
    shelf.merchant.language = language
    shelf.merchant.save()
    page = tab().go("/").page
    paper = page.pdf(format="A4", prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    page.emulate_media(media="print")
    for text in (
        page.locator("[data-print-head]"),
        page.locator(".answers .card").last,
        page.locator(".news > li").last,
    ):
        expect(text).to_be_visible()
