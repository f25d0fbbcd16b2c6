"""Using the pages with scripts: HTMX swaps regions, and the address and the history follow."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from monitor.models import Product, Watch
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf
from tests.browser.tab import settle
from tests.models.factories import SnapshotFactory

pytestmark = pytest.mark.browser


def test_typing_filters_the_table_and_back_restores_it(tab: Open, shelf: Shelf) -> None:
    merchants = tab().go("/products/")
    page = merchants.page
    page.evaluate("window.sameDocument = true")
    page.get_by_label("Search").press_sequentially("磨毛")
    expect(page.locator("table.goods tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/products/\?q=%E7%A3%A8%E6%AF%9B$"))
    expect(page.get_by_label("Search")).to_be_focused()
    expect(page.locator("#live")).to_have_text("1 product")
    assert page.evaluate("window.sameDocument")
    page.go_back()
    expect(page.locator("table.goods tbody tr")).to_have_count(6)
    assert merchants.all_complaints() == []


def test_heads_sort_and_filters_keep_the_order(tab: Open, shelf: Shelf) -> None:
    page = tab(1440).go("/products/").page
    head = page.get_by_role("columnheader", name="Est. revenue")
    for order, address in (("descending", "?sort=-revenue"), ("ascending", "?sort=revenue")):
        head.get_by_role("link").focus()
        page.keyboard.press("Enter")
        expect(head).to_have_attribute("aria-sort", order)
        expect(page).to_have_url(re.compile(re.escape(address) + "$"))
        expect(head.get_by_role("link")).to_be_focused()
    page.get_by_label("Search").fill("磨毛")
    expect(page).to_have_url(re.compile(r"q=.+sort=revenue$"))
    head.get_by_role("link").click()
    expect(page).to_have_url(re.compile(r"/products/\?q=[^&]+$"))


def test_adding_products_until_the_first_checks_and_undo(tab: Open, shelf: Shelf) -> None:
    merchants = tab().go("/products/")
    page = merchants.page
    page.get_by_role("link", name="Add", exact=True).click()
    page.get_by_label("Links, share texts or IDs").fill("3514453298386183303\n12\nnonsense")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("1 was not understood")).to_be_visible()
    expect(page.locator(".import-cost")).to_contain_text("+24 checks a day")
    page.get_by_role("button", name="Add 1 product").click()
    expect(page.get_by_text("1 product added to “Other stalls”")).to_be_visible()
    expect(page.locator("#checks p")).to_contain_text("0 of 1 checked")
    now = timezone.now()
    Product.objects.filter(num_iid="3514453298386183303").update(
        checked_at=now, answered_at=now, title="新衬衫"
    )
    expect(page.locator("#checks p")).to_contain_text("All checked.")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Undone: 1 product")).to_be_focused()
    assert not Watch.objects.filter(product__num_iid="3514453298386183303").exists()
    assert merchants.all_complaints() == []


def test_back_from_the_preview_and_from_the_result_restores_the_text(
    tab: Open, shelf: Shelf
) -> None:
    merchants = tab().go("/products/add/")
    page = merchants.page
    box, preview = (
        page.get_by_label("Links, share texts or IDs"),
        page.get_by_role("button", name="Add", exact=True),
    )
    box.fill("3514453298386183303\nnonsense")
    page.get_by_label("Add to watchlist").select_option("new")
    page.get_by_label("Name of the new list").fill("Coats")
    preview.click()
    expect(page.get_by_text("1 was not understood")).to_be_visible()
    page.go_back()
    expect(box).to_have_value("3514453298386183303\nnonsense")
    expect(page.get_by_label("Name of the new list")).to_have_value("Coats")
    page.reload()
    box.fill("3514453298386183303\n12")
    preview.click()
    expect(page.locator(".import-cost")).to_contain_text("at least +1 check a day")
    page.go_back()
    expect(box).to_have_value("3514453298386183303\n12")
    page.go_forward()
    page.get_by_role("button", name="Add 1 product").click()
    expect(page.get_by_text("1 product added to “Coats”")).to_be_visible()
    # The preview and the result have the same address.
    page.evaluate("history.go(-2)")
    expect(page).to_have_url(re.compile(r"/products/add/\?again=\d+$"))
    expect(box).to_have_value("3514453298386183303\n12")
    assert (
        page.evaluate("Object.values(sessionStorage).filter(text => text.includes('35144532'))")
        == []
    )
    assert merchants.all_complaints() == []


def test_input_that_could_not_be_sent_is_deleted_at_logout(tab: Open, shelf: Shelf) -> None:
    page = tab().go("/products/add/").page
    count_stored = "Object.values(sessionStorage).filter(text => text.includes('35144532')).length"
    page.route("**/products/add/", lambda route: route.abort())
    page.get_by_label("Links, share texts or IDs").fill("3514453298386183303")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#toast")).to_be_visible()
    assert page.evaluate(count_stored) == 1
    page.locator("form[action='/logout/'] button").dispatch_event("click")
    page.wait_for_url(re.compile("/login/"))
    assert page.evaluate(count_stored) == 0


def test_check_now_waits_for_the_check_and_updates_the_history(tab: Open, shelf: Shelf) -> None:
    merchants = tab().go(f"/products/{shelf.lively.num_iid}/")
    page = merchants.page
    page.get_by_role("button", name="Check now").press("Enter")
    expect(page.get_by_role("button", name="Checking…")).to_be_disabled()
    expect(page.get_by_role("button", name="Checking…")).to_be_focused()
    now = timezone.now()
    SnapshotFactory.create(
        product=shelf.lively, data_time=now, last_seen_before=now - timedelta(minutes=1), price=5900
    )
    Product.objects.filter(pk=shelf.lively.pk).update(
        price=5900,
        data_time=now,
        changed_at=now,
        checked_at=now,
        next_check_at=now + timedelta(hours=1),
    )
    expect(page.locator("#header .price-now")).to_have_text("¥59.00")
    expect(page.locator("#figures")).to_contain_text("¥59.00")
    expect(page.get_by_role("button", name="Check now")).to_be_enabled()
    expect(page.get_by_role("button", name="Check now")).to_be_focused()
    assert merchants.all_complaints() == []


@pytest.mark.parametrize(
    ("address", "choice"),
    [
        ("/products/{lively}/", "#range-7d"),
        ("/products/{lively}/", "#about-sales"),
        ("/products/{lively}/compare/", "#unit-percent"),
        ("/alerts/", "#show-all"),
    ],
)
def test_a_choice_by_keyboard_keeps_the_focus(
    tab: Open, shelf: Shelf, address: str, choice: str
) -> None:
    page = tab().go(address.format(lively=shelf.lively.num_iid)).page
    link = page.locator(choice)
    link.focus()
    page.keyboard.press("Enter")
    expect(link).to_have_attribute("aria-current", "true")
    settle(page)
    expect(link).to_be_focused()


def test_the_keyboard_reaches_the_skip_link_and_the_menu(tab: Open, shelf: Shelf) -> None:
    page = tab().go("/products/").page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.locator("summary[aria-label=Account]").press("Enter")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Log out")).to_be_hidden()
    expect(page.locator("summary[aria-label=Account]")).to_be_focused()
