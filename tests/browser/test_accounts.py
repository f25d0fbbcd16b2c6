"""Showing passwords, the language chosen before the login, and the offer of the browser's time zone."""

import re

import pytest
from django.test import Client
from playwright.sync_api import expect

from monitor.models import User
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


def test_a_language_chosen_before_the_login_is_kept(tab: Open, shelf: Shelf) -> None:
    User.objects.filter(pk=shelf.merchant.pk).update(language="en")
    page = tab(user=None, locale="en-GB").go("/login/").page
    page.get_by_role("button", name="切换到中文").click()
    page.fill("[name=username]", "merchant@example.com")
    page.fill("[name=password]", "a-password")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="今天", exact=True)).to_be_visible()


def test_the_browsers_time_zone_is_offered(tab: Open, shelf: Shelf) -> None:
    settings = tab(timezone_id="Asia/Tokyo").go("/settings/")
    page = settings.page
    page.locator("#set-profile > summary").click()
    assert page.locator("#id_time_zone").input_value() == "Asia/Shanghai"
    expect(page.locator("#zone-offer button")).to_have_text("Use this one: UTC+09:00 · Tokyo")
    page.locator("#zone-offer button").click()
    assert page.locator("#id_time_zone").input_value() == "Asia/Tokyo"
    expect(page.locator("#zone-offer")).to_be_hidden()
    page.locator("form[action='/settings/'] .btn-primary").click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    assert User.objects.get(pk=shelf.merchant.pk).time_zone == "Asia/Tokyo"
    assert settings.all_complaints() == []


def test_a_time_zone_under_its_old_name_is_offered_too(tab: Open, shelf: Shelf) -> None:
    page = tab(timezone_id="Asia/Calcutta").go("/settings/").page
    page.locator("#set-profile > summary").click()
    page.locator("#zone-offer button").click()
    page.locator("#save-profile").click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    expect(page.locator("#id_time_zone option:checked")).to_have_text(re.compile(r"^UTC\+05:30 · (Calcutta|Kolkata)$"))
    expect(page.locator("#zone-offer")).to_be_hidden()


def test_another_device_can_be_logged_out(tab: Open, shelf: Shelf) -> None:
    phone = Client(headers={"User-Agent": "Mozilla/5.0 (iPhone) MicroMessenger/8"})
    phone.post("/login/", {"username": "merchant@example.com", "password": "a-password"})
    page = tab(390).go("/settings/").page
    page.locator("#set-sessions > summary").click()
    page.get_by_role("button", name="Log out WeChat on iPhone").click()
    expect(page.get_by_role("status").filter(has_text="That device is logged out.")).to_be_visible()
    assert phone.get("/products/").status_code == 302
