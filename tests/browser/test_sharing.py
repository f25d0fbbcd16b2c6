"""Sharing a list, confirming a rule, and restoring a deleted list."""

import pytest
from playwright.sync_api import expect

from monitor.models import Invitation, Membership
from monitor.watchlists.invitations import token_of
from tests.browser.conftest import Open
from tests.browser.judge import flaws
from tests.browser.shelf import Shelf

pytestmark = pytest.mark.browser


def test_a_list_is_shared_and_the_guest_accepts(tab: Open, shelf: Shelf) -> None:
    owners = tab(390, color_scheme="dark").go(f"/watchlists/{shelf.rivals.pk}/")
    people = owners.page.locator("#people")
    people.get_by_text("Invite", exact=True).click()
    people.get_by_label("E-mail address").fill(shelf.newcomer.email)
    people.get_by_role("button", name="Send the invitation").click()
    assert flaws(owners) == []
    expect(people.get_by_text(f"The invitation is being sent to {shelf.newcomer.email}.")).to_be_visible()

    guests = tab(390, user=shelf.newcomer).go(f"/invitations/{token_of(Invitation.objects.get())}/")
    assert flaws(guests) == []
    guests.page.get_by_role("button", name="Accept").click()
    expect(guests.page.get_by_role("heading", name="Rivals", exact=True)).to_be_visible()
    expect(guests.page.get_by_text("view only")).to_be_visible()

    owners.go(f"/watchlists/{shelf.rivals.pk}/")
    owners.page.get_by_label("Remove… ").click()
    assert flaws(owners) == []
    people.get_by_label("may do").select_option("editor")
    expect(owners.page.locator("#live")).to_contain_text("may edit")
    assert Membership.objects.get().role == Membership.Role.EDITOR
    guests.go(f"/watchlists/{shelf.rivals.pk}/")
    guests.page.locator(".list-settings > summary").click()
    expect(guests.page.locator("#save-settings")).to_be_visible()
    assert owners.all_complaints() + guests.all_complaints() == []


def test_a_rule_that_is_true_already_is_confirmed_and_its_deletion_undone(tab: Open, shelf: Shelf) -> None:
    merchants = tab(390).go(f"/watchlists/{shelf.rivals.pk}/")
    rules = merchants.page.locator(".rules")
    rules.get_by_text("Add a rule").click()
    new = rules.locator(".rule-new")
    new.get_by_label("Alert when").select_option("price_changed")
    expect(new.get_by_role("textbox")).to_be_hidden()
    new.get_by_label("Alert when").select_option("price_below")
    new.get_by_role("textbox").fill("¥65")
    new.get_by_role("button", name="Add the rule").click()
    expect(rules.get_by_text("Already true: “磨毛衬衫” (¥63.00). It alerts at once.")).to_be_visible()
    expect(rules.get_by_role("button", name="Save and alert now")).to_be_focused()
    rules.get_by_role("button", name="Save and alert now").click()
    expect(rules.get_by_text("Price below ¥65.00")).to_be_visible()
    rules.get_by_role("button", name="Delete: price below ¥65.00").click()
    expect(rules.get_by_role("button", name="Undo")).to_be_focused()
    rules.get_by_role("button", name="Undo").click()
    expect(rules.get_by_text("Price below ¥65.00")).to_be_visible()
    assert merchants.all_complaints() == []


def test_a_deleted_list_is_restored(tab: Open, shelf: Shelf) -> None:
    merchants = tab(390).go(f"/watchlists/{shelf.rivals.pk}/delete/")
    page = merchants.page
    page.get_by_role("button", name="Delete the list").click()
    page.get_by_text("Recently deleted").click()
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")  # Targets under the bar are hard to hit.
    assert flaws(merchants) == []
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("“Rivals” was restored.")).to_be_visible()
    expect(page.locator(".list-rows > li")).to_have_count(1)
    expect(page.get_by_text("Recently deleted")).to_have_count(0)
    assert merchants.all_complaints() == []
