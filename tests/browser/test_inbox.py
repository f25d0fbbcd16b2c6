"""The inbox by keyboard, and the marking of visits."""

import re

import pytest
from playwright.sync_api import expect

from monitor.models import AlertRead
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf
from tests.browser.tab import settle

pytestmark = pytest.mark.browser


def test_alerts_are_marked_and_opened_by_keyboard(tab: Open, shelf: Shelf) -> None:
    merchants = tab().go("/alerts/?show=all")
    page = merchants.page
    rows = page.locator(".alert-row")
    page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(rows.nth(1)).to_be_focused()
    page.keyboard.press("e")
    expect(page.locator(".alert-row.unread")).to_have_count(2)
    expect(rows.nth(1)).to_be_focused()
    settle(page)
    page.keyboard.press("u")
    expect(page.locator(".alert-row.unread")).to_have_count(3)
    settle(page)
    page.keyboard.press("v")
    expect(rows.nth(1).locator("details.evidence")).to_have_attribute("open", "")
    expect(rows.nth(1).locator("details.evidence dl")).to_contain_text("Request ID")
    expect(page.locator(".alert-row dl")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/products/{shelf.lively.num_iid}/$"))
    assert merchants.all_complaints() == []


def test_marking_as_read_moves_the_focus_and_z_undoes_it(tab: Open, shelf: Shelf) -> None:
    page = tab().go("/alerts/").page
    page.keyboard.press("j")
    page.keyboard.press("e")
    expect(page.locator(".alert-row")).to_have_count(2)
    expect(page.locator(".alert-row").nth(0)).to_be_focused()
    settle(page)
    page.keyboard.press("z")
    expect(page.locator(".alert-row")).to_have_count(3)
    assert not AlertRead.objects.exists()


def test_the_help_explains_the_keys_and_switches_them_off(tab: Open, shelf: Shelf) -> None:
    merchants = tab().go("/alerts/")
    page = merchants.page
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.get_by_label("Single keys are on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator(".alert-row").nth(0)).not_to_be_focused()
    page.reload()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert merchants.all_complaints() == []


def test_opening_today_marks_the_visit(tab: Open, shelf: Shelf) -> None:
    merchants = tab()
    with merchants.page.expect_response(lambda response: response.url.endswith("/seen/")) as answer:
        merchants.go("/")
    assert answer.value.status == 204
    shelf.merchant.refresh_from_db()
    assert shelf.merchant.seen_at is not None
    assert merchants.all_complaints() == []
