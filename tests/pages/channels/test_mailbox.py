"""The mailbox among a user's channels: when its alerts come, by list, and when digests and quiet
hours are."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from monitor.models import Channel, ChannelChoice, User, Watchlist
from tests.models.factories import MembershipFactory, WatchlistFactory

pytestmark = pytest.mark.django_db
HOURS = {"digest_hour": "9", "digest_weekday": "0", "quiet_from": "22", "quiet_to": "8"}


def save(web: Client, **form: Any) -> str:
    """Post the form of the mailbox, and return the page."""
    mailbox = Channel.objects.mail().get(owner__email="merchant@example.com")
    data = {"how": "at_once", **form}
    return web.post(f"/channels/{mailbox.pk}/", data, follow=True).content.decode()


def save_hours(web: Client, **form: str) -> str:
    data = {key: value for key, value in (HOURS | form).items() if value}
    return web.post("/channels/hours/", data, follow=True).content.decode()


def chosen(page: str, name: str) -> str:
    """Return the selected value of the select box `name`."""
    box = re.search(rf'<select name="{name}".*?</select>', page, re.DOTALL)
    assert box, name
    option = re.search(r'<option value="(\w*)" selected', box[0])
    return option[1] if option else ""


def errors(page: str) -> list[str]:
    return re.findall(r'<p class="field-error" role="alert">([^<]+)</p>', page)


def test_the_mailbox_is_the_first_channel_and_the_account_has_its_address(
    web: Client, merchant: User
) -> None:
    page = web.get("/channels/").content.decode()
    assert merchant.email in page
    page = web.get(f"/channels/{merchant.mailbox.pk}/").content.decode()
    assert merchant.email in page
    for word in ("Remove channel", 'name="url"', 'name="name"'):
        assert word not in page
    for part in ("mend", "remove", "secret"):
        assert web.post(f"/channels/{merchant.mailbox.pk}/{part}/").status_code == 404
    assert 'href="/channels/"' in web.get("/settings/").content.decode()


def test_digests_and_quiet_hours_are_saved(web: Client, merchant: User) -> None:
    page = web.get("/channels/").content.decode()
    assert [chosen(page, name) for name in ("digest_hour", "quiet_from")] == ["9", "22"]
    assert 'name="has_quiet_hours" checked' not in page

    page = save_hours(web, digest_hour="7", digest_weekday="4", has_quiet_hours="on", quiet_to="6")
    assert [chosen(page, name) for name in HOURS] == ["7", "4", "22", "6"]
    assert 'name="has_quiet_hours" checked' in page
    merchant.refresh_from_db()
    assert (merchant.digest_hour, merchant.digest_weekday, merchant.quiet_from) == (7, 4, 22)

    save_hours(web)
    merchant.refresh_from_db()
    assert (merchant.quiet_from, merchant.quiet_to) == (None, None)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (
            {"has_quiet_hours": "on", "quiet_to": "22"},
            "Quiet hours begin at one hour and end at another.",
        ),
        ({"has_quiet_hours": "on", "quiet_from": "24"}, "Select a valid choice"),
        ({"digest_hour": "-1"}, "Select a valid choice"),
    ],
)
def test_wrong_hours_are_not_saved(
    web: Client, merchant: User, wrong: dict[str, str], expected: str
) -> None:
    [error] = errors(save_hours(web, **{"digest_hour": "7"} | wrong))
    assert error.startswith(expected)
    merchant.refresh_from_db()
    assert (merchant.digest_hour, merchant.quiet_from) == (9, None)


@pytest.mark.parametrize("how", ["yearly", ""])
def test_an_unknown_way_is_not_saved(
    web: Client, merchant: User, watchlist: Watchlist, how: str
) -> None:
    assert len(errors(save(web, how=how, **{f"list-{watchlist.pk}": "off"}))) == 1
    assert len(errors(save(web, **{f"list-{watchlist.pk}": how or "yearly"}))) == 1
    assert merchant.mailbox.how == "at_once"
    assert not ChannelChoice.objects.exists()


def test_it_shows_when_the_next_digest_is_sent(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    assert "Next digest" not in save(web)
    assert "Next digest: tomorrow 09:00" in save(web, how="daily")  # It is noon.
    save_hours(web, digest_hour="13")
    assert "Next digest: 13:00" in save(web, how="daily")
    save_hours(web, digest_hour="13", has_quiet_hours="on", quiet_from="12", quiet_to="14")
    assert "Next digest: 14:00" in save(web, how="daily")
    save_hours(web)
    assert "Next digest: Mon 30 Nov 09:00" in save(web, **{f"list-{watchlist.pk}": "weekly"})
    assert "Next digest" not in save(web, how="daily", **{f"list-{watchlist.pk}": "off"})
    assert "Next digest" not in save(
        web, how="daily", is_paused="on", **{f"list-{watchlist.pk}": ""}
    )
    assert merchant.mailbox.next_digest_at == datetime(2026, 11, 26, 1, tzinfo=UTC)


def test_each_list_can_have_its_own_choice(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    shared = MembershipFactory.create(user=merchant).watchlist
    mine, other = f"list-{watchlist.pk}", f"list-{shared.pk}"
    page = save(web, **{mine: "daily", other: "off"})
    assert (chosen(page, mine), chosen(page, other)) == ("daily", "off")
    assert set(ChannelChoice.objects.values_list("watchlist", "how", "is_off")) == {
        (watchlist.pk, "daily", False),
        (shared.pk, "", True),
    }
    # A list that is missing in the form keeps its choice; lists of strangers are ignored.
    foreign = WatchlistFactory.create()
    save(web, **{mine: "off", f"list-{foreign.pk}": "off", "list-x": "off"})
    assert set(ChannelChoice.objects.values_list("watchlist", "how", "is_off")) == {
        (watchlist.pk, "daily", True),
        (shared.pk, "", True),
    }
    assert chosen(save(web, **{mine: "weekly"}), mine) == "weekly"
    save(web, **{mine: "", other: ""})
    assert not ChannelChoice.objects.exists()


def test_the_page_of_a_list_says_how_its_alerts_come_and_leads_to_the_mailbox(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    address = f"/watchlists/{watchlist.pk}/"
    for choice, expected in (("", "Immediately"), ("daily", "Daily digest"), ("off", "no e-mails")):
        save(web, **{f"list-{watchlist.pk}": choice})
        page = web.get(address).content.decode()
        assert expected in page
        assert f'href="/channels/{merchant.mailbox.pk}/"' in page
    merchant.channels.update(is_paused=True)
    save(web, is_paused="on", **{f"list-{watchlist.pk}": ""})
    assert "no e-mails" in web.get(address).content.decode()
