"""Sharing a list, by its owner and its guest."""

import pytest
from playwright.sync_api import expect

from monitor.models import Invitation, Membership
from monitor.watching.invitations import token_of
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
    expect(
        people.get_by_text(f"The invitation is being sent to {shelf.newcomer.email}.")
    ).to_be_visible()

    guests = tab(390, user=shelf.newcomer).go(f"/invitations/{token_of(Invitation.objects.get())}/")
    assert flaws(guests) == []
    guests.page.get_by_role("button", name="Accept").click()
    expect(guests.page.get_by_role("heading", name="Other stalls", exact=True)).to_be_visible()
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
