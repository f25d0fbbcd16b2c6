"""The terms of following a shop: what matches is counted while they are chosen."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from monitor.models import Assortment, AssortmentEntry
from monitor.watching.following import follow_shop
from tests.browser.conftest import Open
from tests.browser.judge import flaws
from tests.browser.shelf import Shelf

pytestmark = pytest.mark.browser


def test_what_matches_is_counted_while_the_terms_are_chosen(tab: Open, shelf: Shelf) -> None:
    shop, now = shelf.lively.shop, timezone.now()
    assert shop is not None
    follow = follow_shop(shelf.rivals, shop, now)
    Assortment.objects.update(read_at=now, pages=1)
    AssortmentEntry.objects.create(product=shelf.lively, shop=shop, listed_at=now, reading=1)
    merchants = tab(390).go(f"/follows/{follow.pk}/")
    page = merchants.page
    expect(page.get_by_label("Words in the title")).to_be_hidden()
    page.get_by_label("Add by itself").select_option("all")
    expect(page.locator("#joining")).to_contain_text("1 product matches now")
    page.get_by_label("Words in the title").fill("nowhere")
    page.get_by_label("Price from").click()
    expect(page.locator("#joining")).to_contain_text("0 products match now")
    page.get_by_label("Price from").fill("x")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Enter an amount in yuan")
    assert flaws(merchants) == []
    page.get_by_label("Price from").fill("9")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("All 1 / 20")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone").first).to_be_visible()
    assert merchants.all_complaints() == []
