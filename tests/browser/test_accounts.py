"""Showing passwords, the language chosen before the login, and the offer of the browser's time
zone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.shelf import Shelf

pytestmark = pytest.mark.browser


def test_a_password_can_be_shown_before_it_is_sent(tab: Open, shelf: Shelf) -> None:
    login = tab(390, user=None, locale="en-GB").go("/login/")
    page = login.page
    page.fill("[name=username]", "merchant@example.com")
    page.fill("[name=password]", "a-password")
    page.get_by_role("button", name="Show password").click()
    assert page.locator("[name=password]").get_attribute("type") == "text"
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{login.site}/")
    assert login.all_complaints() == []


@pytest.mark.parametrize(
    ("browsers_zone", "offered", "chosen"),
    [
        ("Asia/Tokyo", "Tokyo", r"^Tokyo$"),
        ("Asia/Calcutta", "Asia/Calcutta", r"^Asia/(Calcutta|Kolkata)$"),
    ],
)
def test_the_browsers_time_zone_is_offered_also_under_its_old_name(
    tab: Open, shelf: Shelf, browsers_zone: str, offered: str, chosen: str
) -> None:
    settings = tab(timezone_id=browsers_zone).go("/settings/")
    page = settings.page
    page.locator("#set-profile > summary").click()
    assert page.locator("#id_time_zone").input_value() == "Asia/Shanghai"
    expect(page.locator("#zone-offer button")).to_have_text(f"Use this one: {offered}")
    page.locator("#zone-offer button").click()
    expect(page.locator("#zone-offer")).to_be_hidden()
    page.locator("#save-profile").click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    expect(page.locator("#id_time_zone option:checked")).to_have_text(re.compile(chosen))
    assert settings.all_complaints() == []
