"""The newest alerts as an Atom feed, by an address with a secret, for any feed reader."""

from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from xml.etree import ElementTree

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from monitor.accounts.api_tokens import end_token, make_token
from monitor.models import ApiToken, User, Watchlist
from monitor.pages.alerts import feed
from tests.factories import NOW, AlertFactory, ProductFactory, WatchFactory, WatchlistFactory

pytestmark = pytest.mark.django_db
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def address(merchant: User) -> str:
    return address_of(merchant)


def address_of(user: User, watchlist: Watchlist | None = None, scope: str = "feed") -> str:
    scope, lasts = ApiToken.Scope(scope), timedelta(days=365)
    _token, secret = make_token(user, "Reader", lasts, NOW, scope=scope, watchlist=watchlist)
    return f"/feed/{secret}/"


def read(address: str, **headers: str) -> Any:
    """Ask as a feed reader does: without cookies, and in no language."""
    return Client().get(address, headers=headers)


def entries(address: str) -> list[Any]:
    return ElementTree.fromstring(read(address).content).findall(f"{ATOM}entry")


def text(element: Any, name: str) -> str:
    return str(element.findtext(f"{ATOM}{name}"))


def test_a_reader_finds_the_alerts(address: str, watchlist: Watchlist) -> None:
    product = ProductFactory.create(title="Shirt")
    WatchFactory.create(watchlist=watchlist, product=product)
    alert = AlertFactory.create(watchlist=watchlist, product=product)
    AlertFactory.create()  # A stranger's.
    response = read(address)
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    root = ElementTree.fromstring(response.content)
    assert root.tag == f"{ATOM}feed"
    assert text(root, "title") == "Stallwatch: alerts"
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "Stallwatch"
    assert text(root, "id").startswith("urn:uuid:")
    [entry] = root.findall(f"{ATOM}entry")
    assert text(entry, "title") == "Shirt: Price down 27.3%"
    assert "¥99.00 → ¥72.00" in text(entry, "summary")
    assert "Rivals" in text(entry, "summary")
    assert [row.get("href") for row in entry.findall(f"{ATOM}link")] == [
        f"{settings.SITE_URL}/alerts/{alert.pk}/"
    ]
    assert text(entry, "id").startswith("urn:uuid:")
    for moment in (text(root, "updated"), text(entry, "updated"), text(entry, "published")):
        assert datetime.fromisoformat(moment) == alert.created_at


def test_an_entry_keeps_its_id_while_an_alert_gathers_firings(
    address: str, watchlist: Watchlist
) -> None:
    alert = AlertFactory.create(watchlist=watchlist)
    [before] = entries(address)
    alert.created_at, alert.began_at, alert.count = NOW, alert.created_at, 2
    alert.save()
    [after] = entries(address)
    assert text(before, "id") == text(after, "id")
    assert text(before, "published") == text(after, "published")
    assert text(before, "updated") < text(after, "updated")


def test_foreign_names_stay_text(address: str, watchlist: Watchlist) -> None:
    hostile = "<b>&amp; ]]> \x01\x0b\x1f\ufffe\uffff\u202e{{ 7 }} 衫"
    AlertFactory.create(watchlist=watchlist, product=ProductFactory.create(title=hostile))
    Watchlist.objects.filter(pk=watchlist.pk).update(name=hostile)
    [entry] = entries(address)
    assert text(entry, "title").startswith("<b>&amp; ]]> {{ 7 }} 衫: ")
    summary = entry.find(f"{ATOM}summary")
    assert summary.get("type") == "html"
    assert "<b>&amp; ]]> {{ 7 }} 衫" in unescape(summary.text)
    assert "<" not in summary.text


def test_it_speaks_the_language_of_its_user(
    merchant: User, address: str, watchlist: Watchlist
) -> None:
    AlertFactory.create(watchlist=watchlist, product=ProductFactory.create(title="衬衫"))
    merchant.language = "zh-hans"
    merchant.save()
    response = read(address, **{"Accept-Language": "en"})
    assert 'xml:lang="zh-hans"' in response.content.decode()
    assert text(entries(address)[0], "title") == "衬衫: 降价 27.3%"


def test_an_unchanged_feed_is_not_sent_again(address: str, watchlist: Watchlist) -> None:
    for hours in (0, 6):
        with time_machine.travel(NOW + timedelta(hours=hours), tick=False):
            first = read(address)
            assert first.status_code == 200
        with time_machine.travel(NOW + timedelta(hours=hours + 3), tick=False):
            again = read(address, **{"If-None-Match": first["ETag"]})
            assert (again.status_code, again.content) == (304, b"")
            AlertFactory.create(watchlist=watchlist)
            assert read(address, **{"If-None-Match": first["ETag"]}).status_code == 200


def test_no_cache_keeps_it_and_no_search_engine_lists_it(address: str) -> None:
    for response in (read(address), read(address, **{"If-None-Match": read(address)["ETag"]})):
        assert "no-store" in response["Cache-Control"]
        assert "private" in response["Cache-Control"]
        assert response["Referrer-Policy"] == "no-referrer"
        assert response["X-Robots-Tag"] == "noindex"


def test_the_secret_is_not_in_the_feed(address: str, watchlist: Watchlist) -> None:
    AlertFactory.create(watchlist=watchlist)
    assert address.split("/")[2] not in read(address).content.decode()


def test_it_has_the_newest_alerts_in_few_queries(
    address: str, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_ENTRIES", 5)
    counts = []
    for _ in range(2):
        for number in range(3):
            AlertFactory.create(watchlist=watchlist, created_at=NOW - timedelta(minutes=number))
        with CaptureQueriesContext(connection) as captured:
            read(address)
        counts.append(len(captured))
    found = entries(address)
    assert len(found) == 5
    assert found == sorted(found, key=lambda entry: text(entry, "updated"), reverse=True)
    assert max(counts) <= 6


def test_a_feed_of_one_list_has_its_alerts_alone(merchant: User, watchlist: Watchlist) -> None:
    mine = WatchFactory.create(watchlist=WatchlistFactory.create(owner=merchant)).product
    rule = {"kind": "under_mine", "threshold": 500, "own": mine.pk, "own_name": "My own shirt"}
    product = WatchFactory.create(watchlist=watchlist).product
    AlertFactory.create(watchlist=watchlist, product=product, rule_as_it_was=rule, reference=8000)
    AlertFactory.create(watchlist=mine.watches.get().watchlist, product=mine)
    assert "¥80.00" in read(address_of(merchant)).content.decode()
    [entry] = entries(address_of(merchant, watchlist))
    assert "¥80.00" not in text(entry, "summary")


@pytest.mark.parametrize("scope", ["read", "write"])
def test_another_token_opens_no_feed(merchant: User, scope: str) -> None:
    assert read(address_of(merchant, scope=scope)).status_code == 404


def test_an_ended_feed_and_that_of_a_deleted_person_are_gone(merchant: User, address: str) -> None:
    assert read("/feed/sw_guessed/").status_code == 404
    token = ApiToken.objects.get()
    User.objects.filter(pk=merchant.pk).update(deleted_at=NOW)
    assert read(address).status_code == 404
    User.objects.filter(pk=merchant.pk).update(deleted_at=None)
    assert read(address).status_code == 200
    with time_machine.travel(NOW + timedelta(days=365), tick=False):
        assert read(address).status_code == 404
    end_token(token, NOW)
    assert read(address).status_code == 404


def test_a_reader_that_asks_too_often_has_to_wait(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "LIMIT", replace(feed.LIMIT, burst=2))
    for _ in range(2):
        assert read(address).status_code == 200
    response = read(address)
    assert (response.status_code, response["Retry-After"]) == (429, "60")
    with time_machine.travel(NOW + timedelta(minutes=1), tick=False):
        assert read(address).status_code == 200


def test_its_use_is_recorded(address: str) -> None:
    read(address)
    assert ApiToken.objects.get().last_used_at == NOW
    assert Client().post(address).status_code == 405
