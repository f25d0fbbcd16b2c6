"""Choosing how alerts are mailed, on the page of all channels."""

import pytest
from playwright.sync_api import Page, expect

from monitor.models import User
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf

pytestmark = pytest.mark.browser


def choose_hours(page: Page) -> None:
    page.get_by_label("Time of day").select_option("7")
    page.get_by_role("checkbox", name="Quiet hours").check()
    page.get_by_label("From").select_option("23")
    page.get_by_label("Until").select_option("6")
    page.locator("#save-hours").press("Enter")


def test_hours_are_shown_when_they_matter(tab: Open, shelf: Shelf) -> None:
    opened = tab(390).go("/channels/")
    page = opened.page
    expect(page.get_by_label("From")).to_be_hidden()
    choose_hours(page)
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("From")).to_have_value("23")
    merchant = User.objects.get(pk=shelf.merchant.pk)
    assert (merchant.digest_hour, merchant.quiet_from, merchant.quiet_to) == (7, 23, 6)
    assert opened.all_complaints() == []
