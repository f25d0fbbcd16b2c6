"""How a user has alerts mailed: in the settings, and on the page of each list."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.models import MailChoice, User, Watchlist
from tests.factories import NOW, MembershipFactory, WatchlistFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
#: The form as it is shown to a user who has chosen nothing.
PLAN = {
    "receives_mail": "on",
    "mail_how": "at_once",
    "digest_hour": "9",
    "digest_weekday": "0",
    "quiet_from": "22",
    "quiet_to": "8",
}


def save(web: Client, **form: Any) -> str:
    """Posts the form and returns the answered part."""
    response = web.post("/settings/mails/", {key: value for key, value in (PLAN | form).items() if value}, headers=HTMX)
    assert response.status_code == 200
    page = response.content.decode()
    assert 'id="set-mails"' in page
    return page


def announced(page: str) -> str:
    match = re.search(r'data-announce="([^"]*)"', page)
    assert match
    return match[1]


def chosen(page: str, name: str) -> str:
    """The selected value of the select box `name`."""
    box = re.search(rf'<select name="{name}".*?</select>', page, re.DOTALL)
    assert box, name
    option = re.search(r'<option value="(\w*)" selected', box[0])
    return option[1] if option else ""


def test_the_form_shows_what_is_saved(web: Client, merchant: User, watchlist: Watchlist) -> None:
    page = web.get("/settings/").content.decode()
    assert [chosen(page, name) for name in ("mail_how", "digest_hour", "quiet_from")] == ["at_once", "9", "22"]
    assert 'name="has_quiet_hours" checked' not in page
    assert "Next digest" not in page

    answer = save(web, mail_how="weekly", digest_hour="7", digest_weekday="4", has_quiet_hours="on", quiet_to="6")
    assert announced(answer) == "Saved."
    merchant.refresh_from_db()
    assert (merchant.mail_how, merchant.digest_hour, merchant.digest_weekday) == ("weekly", 7, 4)
    assert (merchant.quiet_from, merchant.quiet_to) == (22, 6)
    for page in (answer, web.get("/settings/").content.decode()):
        names = ("mail_how", "digest_hour", "digest_weekday", "quiet_from", "quiet_to")
        assert [chosen(page, name) for name in names] == ["weekly", "7", "4", "22", "6"]
        assert 'name="has_quiet_hours" checked' in page

    save(web)
    merchant.refresh_from_db()
    assert (merchant.mail_how, merchant.quiet_from, merchant.quiet_to) == ("at_once", None, None)


def test_it_shows_when_the_next_digest_is_sent(web: Client, merchant: User, watchlist: Watchlist) -> None:
    assert "Next digest: tomorrow 09:00" in save(web, mail_how="daily")  # It is noon.
    assert "Next digest: 13:00" in save(web, mail_how="daily", digest_hour="13")
    assert "Next digest: 14:00" in save(
        web, mail_how="daily", digest_hour="13", has_quiet_hours="on", quiet_from="12", quiet_to="14"
    )
    assert "Next digest: Mon 30 Nov 09:00" in save(web, **{f"list-{watchlist.pk}": "weekly"})
    assert "Next digest" not in save(web, mail_how="daily", **{f"list-{watchlist.pk}": "off"})
    assert "Next digest" not in save(web, mail_how="daily", receives_mail="", **{f"list-{watchlist.pk}": ""})
    merchant.refresh_from_db()
    assert merchant.next_digest_at == datetime(2026, 11, 26, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"has_quiet_hours": "on", "quiet_to": "22"}, "Quiet hours begin at one hour and end at another."),
        ({"has_quiet_hours": "on", "quiet_to": ""}, "Quiet hours begin at one hour and end at another."),
        ({"has_quiet_hours": "on", "quiet_from": "24"}, "Select a valid choice"),
        ({"digest_hour": "-1"}, "Select a valid choice"),
        ({"digest_weekday": "x"}, "Select a valid choice"),
        ({"mail_how": "yearly"}, "Select a valid choice"),
        ({"mail_how": ""}, "This field is required."),
    ],
)
def test_errors_are_shown_and_nothing_is_saved(
    web: Client, merchant: User, watchlist: Watchlist, wrong: dict[str, str], expected: str
) -> None:
    page = save(web, **{"digest_hour": "7", f"list-{watchlist.pk}": "off"} | wrong)
    assert announced(page) == "Not saved: see what is wrong."
    errors = re.findall(r'<p class="field-error" role="alert">([^<]+)</p>', page)
    assert len(errors) == 1
    assert errors[0].startswith(expected)
    merchant.refresh_from_db()
    assert (merchant.digest_hour, merchant.mail_how, merchant.quiet_from) == (9, "at_once", None)
    assert not MailChoice.objects.exists()


def test_each_list_can_have_its_own_choice(web: Client, merchant: User, watchlist: Watchlist) -> None:
    shared = MembershipFactory.create(user=merchant).watchlist
    mine, other = f"list-{watchlist.pk}", f"list-{shared.pk}"
    page = save(web, **{mine: "daily", other: "off"})
    assert (chosen(page, mine), chosen(page, other)) == ("daily", "off")
    assert set(MailChoice.objects.values_list("watchlist", "how", "is_off")) == {
        (watchlist.pk, "daily", False),
        (shared.pk, "", True),
    }
    # A list that is missing in the form keeps its choice; lists of strangers are ignored.
    foreign = WatchlistFactory.create()
    save(web, **{mine: "off", f"list-{foreign.pk}": "off", "list-x": "off"})
    assert set(MailChoice.objects.values_list("watchlist", "how", "is_off")) == {
        (watchlist.pk, "daily", True),
        (shared.pk, "", True),
    }
    save(web, **{mine: "weekly"})
    assert chosen(web.get("/settings/").content.decode(), mine) == "weekly"
    web.post("/settings/mails/", PLAN | {mine: "", other: ""})
    assert not MailChoice.objects.exists()


def test_all_mails_can_be_switched_off(web: Client, merchant: User, watchlist: Watchlist) -> None:
    form = {key: value for key, value in PLAN.items() if key != "receives_mail"}
    assert web.post("/settings/mails/", form)["Location"] == "/settings/#mails"
    merchant.refresh_from_db()
    assert not merchant.receives_mail
    assert web.get("/settings/mails/")["Location"] == "/settings/#mails"


def test_another_time_zone_moves_the_next_digest(web: Client, merchant: User, watchlist: Watchlist) -> None:
    save(web, mail_how="daily")
    web.post("/settings/", {"name": "Lin", "language": "en", "time_zone": "Asia/Kolkata"})
    merchant.refresh_from_db()
    assert merchant.next_digest_at == datetime(2026, 11, 26, 3, 30, tzinfo=UTC)


def test_the_settings_take_as_many_queries_for_many_lists(web: Client, merchant: User) -> None:
    counts = []
    for number in (1, 9):
        for _ in range(number):
            WatchlistFactory.create(owner=merchant)
        with CaptureQueriesContext(connection) as queries:
            web.get("/settings/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


# On the list's own page


def test_the_page_of_a_list_has_its_own_choice(web: Client, merchant: User, watchlist: Watchlist) -> None:
    address = f"/watchlists/{watchlist.pk}/"
    page = web.get(address).content.decode()
    assert "no e-mails" not in page
    assert "Default (at once)" in page

    answer = web.post(f"{address}mails/", {"how": "off"}, headers=HTMX).content.decode()
    assert "<!doctype" not in answer
    assert (announced(answer), chosen(answer, "how")) == ("Saved.", "off")
    assert MailChoice.objects.get().user == merchant
    assert "no e-mails" in web.get(address).content.decode()

    assert web.post(f"{address}mails/", {"how": "daily"})["Location"] == f"{address}#mails"
    assert chosen(web.get(address).content.decode(), "how") == "daily"
    merchant.refresh_from_db()
    assert merchant.next_digest_at == NOW + timedelta(hours=21)

    web.post(f"{address}mails/", {"how": ""})
    assert not MailChoice.objects.exists()


def test_an_unknown_choice_is_refused_on_the_page_of_a_list(web: Client, watchlist: Watchlist) -> None:
    address = f"/watchlists/{watchlist.pk}/mails/"
    answer = web.post(address, {"how": "yearly"}, headers=HTMX).content.decode()
    assert announced(answer) == "Not saved: see what is wrong."
    assert "field-error" in answer
    assert "field-error" in web.post(address, {"how": "yearly"}).content.decode()
    assert not MailChoice.objects.exists()


def test_with_all_mails_off_the_page_of_a_list_links_to_the_settings(
    web: Client, merchant: User, watchlist: Watchlist
) -> None:
    User.objects.update(receives_mail=False)
    page = web.get(f"/watchlists/{watchlist.pk}/").content.decode()
    assert "no e-mails" in page
    assert 'href="/settings/#mails"' in page
    assert 'name="how"' not in page


def test_a_viewers_choice_is_for_them_alone(watchlist: Watchlist) -> None:
    member, client = MembershipFactory.create(watchlist=watchlist), Client()
    client.force_login(member.user)
    client.post(f"/watchlists/{watchlist.pk}/mails/", {"how": "off"})
    assert MailChoice.objects.get().user == member.user
