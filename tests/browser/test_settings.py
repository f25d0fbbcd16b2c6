"""The settings: saving a form updates its part, keeps the focus, and leaves other forms alone."""

import pytest
from playwright.sync_api import expect

from monitor.models import User
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf

pytestmark = pytest.mark.browser


def test_saving_keeps_the_focus_and_the_input_in_other_forms(tab: Open, shelf: Shelf) -> None:
    settings = tab().go("/settings/")
    page = settings.page
    page.evaluate("window.sameDocument = true")
    page.locator("#set-address > summary").click()
    page.locator("#set-profile > summary").click()
    page.locator("#id_address-email").fill("half@exam")
    page.locator("#id_name").fill("Lin")
    page.locator("#save-profile").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#set-profile [role=status]")).to_have_text("Saved.")
    expect(page.locator("#live")).to_have_text("Saved.")
    expect(page.locator("#save-profile")).to_be_focused()
    expect(page.locator("#id_address-email")).to_have_value("half@exam")
    assert page.locator("#account-name").text_content() == "Lin"
    assert page.evaluate("window.sameDocument")
    assert settings.all_complaints() == []


def test_errors_are_shown_and_the_password_can_still_be_shown(tab: Open, shelf: Shelf) -> None:
    settings = tab(390).go("/settings/")
    page = settings.page
    part = page.locator("#set-password")
    part.locator("summary").click()
    part.locator("[name=password]").fill("wrong")
    part.locator("[name=new_password]").fill("correct-horse-battery")
    page.locator("#change-password").click()
    expect(part.locator(".field-error").first).to_be_visible()
    expect(page.locator("#live")).to_have_text("Not saved: see what is wrong.")
    field = part.locator("[name=new_password]")
    field.fill("correct-horse-battery")
    part.get_by_role("button", name="Show password").last.click()
    expect(field).to_have_attribute("type", "text")
    part.locator("[name=password]").fill("a-password")
    page.locator("#change-password").click()
    expect(part.get_by_text("Password changed.")).to_be_visible()
    expect(field).to_have_attribute("type", "password")
    assert User.objects.get(pk=shelf.merchant.pk).check_password("correct-horse-battery")
    page.reload()
    expect(page.locator("h1")).to_have_text("Settings")
    assert settings.all_complaints() == []


def test_another_language_changes_the_whole_page_at_once(tab: Open, shelf: Shelf) -> None:
    settings = tab().go("/settings/")
    page = settings.page
    page.locator("#set-profile > summary").click()
    page.locator("#id_language").select_option("zh-hans")
    page.locator("#save-profile").click()
    expect(page.locator("h1")).to_have_text("设置")
    expect(page.get_by_role("status").filter(has_text="已保存")).to_be_visible()
    assert settings.all_complaints() == []
