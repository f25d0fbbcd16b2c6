"""The products table by mouse and keyboard: choosing rows, actions, filters and views."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from monitor.models import Product, Watch
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf
from tests.browser.tab import act_on_row
from tests.models.factories import ProductFactory, SnapshotFactory, WatchFactory, WatchlistFactory

pytestmark = pytest.mark.browser


def test_rows_are_chosen_with_the_shift_key_and_moved(tab: Open, shelf: Shelf) -> None:
    target = WatchlistFactory.create(owner=shelf.merchant, name="Suppliers")
    merchants = tab().go("/products/?sort=title")
    page = merchants.page
    bar = page.locator("#bulk")
    expect(bar).to_be_hidden()
    boxes = page.locator("[name=product]")
    boxes.nth(1).click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(bar.locator("[data-chosen]")).to_have_text("3 chosen")
    assert page.locator("[data-pick-page]").evaluate("box => box.indeterminate")
    bar.get_by_text("Move to").click()
    bar.get_by_role("button", name="Suppliers").click()
    expect(page.get_by_text("3 products moved to “Suppliers”.")).to_be_visible()
    expect(bar.locator("[data-chosen]")).to_have_text("3 chosen")
    assert target.watches.count() == 3
    assert merchants.all_complaints() == []


def test_a_row_is_paused_and_resumed_by_its_menu(tab: Open, shelf: Shelf) -> None:
    merchants = tab().go("/products/?sort=title")
    page = merchants.page
    act_on_row(page, "Pause", "磨毛衬衫")
    expect(page.get_by_text("1 product was paused.")).to_be_visible()
    expect(page.locator("tr.paused")).to_have_count(1)
    expect(page.locator("[name=product]:checked")).to_have_count(0)
    act_on_row(page, "Resume", "磨毛衬衫")
    expect(page.locator("tr.paused")).to_have_count(0)
    assert merchants.all_complaints() == []


def test_a_box_chooses_the_page_and_another_all_matching_products(tab: Open, shelf: Shelf) -> None:
    for _ in range(25):
        WatchFactory.create(watchlist=shelf.rivals, product=ProductFactory.create())
    merchants = tab().go("/products/?size=25")
    page = merchants.page
    page.get_by_label("Choose all on this page").check()
    expect(page.locator("[data-chosen]")).to_have_text("25 chosen")
    page.get_by_label("all 31 that match").check()
    expect(page.locator("[data-chosen]")).to_have_text("31 chosen")
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("31 products were removed.")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_focused()
    assert Watch.objects.count() == 0
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("table.goods tbody tr")).to_have_count(25)
    assert Watch.objects.count() == 31
    assert merchants.all_complaints() == []


def test_keys_search_move_choose_and_unchoose(tab: Open, shelf: Shelf) -> None:
    merchants = tab().go("/products/?sort=title")
    page = merchants.page
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("a.title").nth(1)).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator("[name=product]").nth(1)).to_be_checked()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Shift+x")
    expect(page.locator("[name=product]:checked")).to_have_count(3)
    page.keyboard.press("Escape")
    expect(page.locator("[name=product]:checked")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.get_by_label("Search")).to_be_focused()
    page.keyboard.type("xj/")
    expect(page.get_by_label("Search")).to_have_value("xj/")
    expect(page.locator("[name=product]:checked")).to_have_count(0)
    assert merchants.all_complaints() == []


def test_a_shop_is_chosen_by_a_part_of_its_name(tab: Open, shelf: Shelf) -> None:
    WatchFactory.create(
        watchlist=shelf.rivals, product__shop__name="半帘月女装店", product__title="Skirt"
    )
    merchants = tab(390).go("/products/?sort=title")
    page = merchants.page
    page.get_by_role("button", name="Filter").click()
    page.get_by_label("Highest price").fill("100")
    menu = page.locator(".shop-menu")
    menu.locator("summary").click()
    expect(menu.get_by_role("link")).to_have_count(7)
    expect(menu.get_by_label("Name of the shop")).to_be_focused()
    page.keyboard.type("女装")
    expect(menu.get_by_role("link")).to_have_text(["半帘月女装店"])
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("table.goods tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"max=100.*shop=\d+|shop=\d+.*max=100"))
    expect(page.locator(".shop-menu summary")).to_contain_text("半帘月女装店")
    page.get_by_role("link", name="Remove filter: Shop").click()
    expect(page.locator("table.goods tbody tr")).to_have_count(7)
    assert merchants.all_complaints() == []


def test_filters_chips_and_history_agree(tab: Open, shelf: Shelf) -> None:
    merchants = tab().go("/products/")
    page = merchants.page
    rows = page.locator("table.goods tbody tr")
    page.get_by_role("button", name="Filter").click()
    page.get_by_label("Highest price").fill("63")
    page.get_by_label("Highest price").press("Enter")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?max=63$"))
    page.locator("#id_status").select_option("off_shelf")
    expect(page.get_by_text("No product matches")).to_be_visible()
    page.get_by_role("link", name="Remove filter: Price").click()
    expect(page).to_have_url(re.compile(r"\?status=off_shelf$"))
    expect(page.get_by_label("Highest price")).to_have_value("")
    page.get_by_role("link", name="Clear all").click()
    expect(rows).to_have_count(6)
    expect(page.locator("#id_status")).to_have_value("")
    page.go_back()
    expect(page.locator("#id_status")).to_have_value("off_shelf")
    page.go_back()
    page.go_back()
    expect(page.get_by_label("Highest price")).to_have_value("63")
    expect(rows).to_have_count(1)
    assert merchants.all_complaints() == []


def test_columns_are_chosen_without_closing_their_menu(tab: Open, shelf: Shelf) -> None:
    page = tab().go("/products/").page
    page.locator("summary", has_text="Columns").click()
    columns = page.get_by_role("group", name="Columns")
    columns.get_by_label("30 days").uncheck()
    expect(page.locator("td.trend")).to_have_count(0)
    columns.get_by_label("Watchlists").check()
    expect(page.get_by_role("columnheader", name="Watchlists")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/products/$"))
    page.reload()
    expect(page.get_by_role("columnheader", name="Watchlists")).to_be_visible()
    expect(page.locator("td.trend")).to_have_count(0)


def test_an_update_waits_while_products_are_chosen(tab: Open, shelf: Shelf) -> None:
    page = tab().go("/products/").page
    page.locator("[name=product]").first.check()
    Product.objects.filter(pk=shelf.lively.pk).update(price=4200)
    SnapshotFactory.create(product=shelf.lively, data_time=timezone.now(), price=4200)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.get_by_text("There is something new.")).to_be_visible()
    expect(page.locator("[name=product]:checked")).to_have_count(1)
    page.locator("[name=product]:checked").uncheck()
    page.locator("h1").click()
    expect(page.get_by_text("¥42.00")).to_be_visible()
