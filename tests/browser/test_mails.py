"""Choosing how alerts are mailed, in the settings and on a list's page, with and without scripts."""

import pytest
from playwright.sync_api import Page, expect

from monitor.models import MailChoice, User
from tests.browser.conftest import Open
from tests.browser.shelf import Shelf

pytestmark = pytest.mark.browser


def plan_of(shelf: Shelf) -> tuple[str, int, int | None, int | None]:
    merchant = User.objects.get(pk=shelf.merchant.pk)
    return merchant.mail_how, merchant.digest_hour, merchant.quiet_from, merchant.quiet_to


def choose(page: Page) -> None:
    part = page.locator("#set-mails")
    part.get_by_label("When").select_option("daily")
    part.get_by_label("Time of day").select_option("7")
    part.get_by_label("Quiet hours").check()
    part.get_by_label("From").select_option("23")
    part.get_by_label("Until").select_option("6")
    part.get_by_text("By watchlist").click()
    part.get_by_label("Rivals").select_option("weekly")


def test_only_relevant_fields_are_shown_and_saving_updates_the_part(tab: Open, shelf: Shelf) -> None:
    settings = tab(390).go("/settings/")
    page, part = settings.page, settings.page.locator("#set-mails")
    expect(part.get_by_label("From")).to_be_hidden()
    choose(page)
    page.locator("#save-mails").press("Enter")
    expect(part.get_by_role("status")).to_have_text("Saved.")
    expect(page.locator("#live")).to_have_text("Saved.")
    expect(page.locator("#save-mails")).to_be_focused()
    expect(part.get_by_text("Next digest:")).to_be_visible()
    expect(part.get_by_label("From")).to_have_value("23")
    assert plan_of(shelf) == ("daily", 7, 23, 6)
    assert MailChoice.objects.get().how == "weekly"

    part.get_by_label("Until").select_option("23")
    page.locator("#save-mails").click()
    expect(part.get_by_text("Quiet hours begin at one hour and end at another.")).to_be_visible()
    expect(page.locator("#live")).to_have_text("Not saved: see what is wrong.")
    part.get_by_label("Mail me alerts").uncheck()
    expect(part.get_by_label("When")).to_be_hidden()
    assert settings.all_complaints() == []


def test_mails_of_a_list_are_chosen_on_its_page(tab: Open, shelf: Shelf) -> None:
    opened = tab(390).go(f"/watchlists/{shelf.rivals.pk}/")
    page, card = opened.page, opened.page.locator("#mails")
    card.get_by_label("E-mails to you").and_(page.locator("select")).select_option("off")
    card.get_by_role("button", name="Save").press("Enter")
    expect(card.get_by_role("status")).to_have_text("Saved.")
    expect(page.locator("#save-mails")).to_be_focused()
    page.reload()
    expect(card.get_by_text("no e-mails")).to_be_visible()
    assert MailChoice.objects.get().is_off
    assert opened.all_complaints() == []


def test_mails_are_chosen_without_scripts(tab: Open, shelf: Shelf) -> None:
    page = tab(java_script_enabled=False).read("/settings/").page
    choose(page)
    page.locator("#save-mails").click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    assert plan_of(shelf) == ("daily", 7, 23, 6)
    page.goto(page.url.replace("/settings/#mails", f"/watchlists/{shelf.rivals.pk}/"))
    page.get_by_label("E-mails to you").and_(page.locator("select")).select_option("")
    page.locator("#save-mails").click()
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    assert not MailChoice.objects.exists()
