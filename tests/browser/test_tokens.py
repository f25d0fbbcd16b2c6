"""A token is made, copied with a button, and used."""

import pytest
from playwright.sync_api import expect

from tests.api import Program
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf

pytestmark = pytest.mark.browser


def test_a_new_token_is_copied_with_a_button(tab: Open, shelf: Shelf) -> None:
    settings = tab(390, permissions=["clipboard-read", "clipboard-write"]).go("/settings/tokens/")
    page = settings.page
    page.get_by_role("link", name="New token").click()
    page.get_by_label("Name").fill("My sheet")
    page.get_by_role("button", name="Create token").click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    secret = page.evaluate("navigator.clipboard.readText()")
    assert secret == page.locator("#secret").text_content()
    assert Program(secret).get("/watchlists")
    page.get_by_role("link", name="Back to the tokens").click()
    expect(page.get_by_text("My sheet")).to_be_visible()
    expect(page.get_by_text("Valid until").first).to_be_visible()
    expect(page.locator("body")).not_to_contain_text(secret)
    assert settings.all_complaints() == []


def test_the_api_is_described_on_a_page_of_the_site(tab: Open, shelf: Shelf) -> None:
    settings = tab(1440).go("/settings/tokens/")
    settings.page.get_by_role("link", name="API documentation").click()
    address = settings.page.locator("#operations-rules-add_rule")
    address.get_by_role("button").first.click()
    expect(address).to_contain_text("The ID of a watchlist")
    # Neither a script nor a style that the policy for content forbids.
    assert settings.all_complaints() == []
