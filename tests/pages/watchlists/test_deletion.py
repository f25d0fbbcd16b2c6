"""Deleting a list: the warning, undo, restoring it within 30 days, and the purge after that."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from monitor.models import Alert, Membership, Product, Rule, User, Watchlist
from monitor.tasks import purge_watchlists
from monitor.watchlists import deletion
from tests.factories import (
    NOW,
    AlertFactory,
    MembershipFactory,
    SnapshotFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages import HTMX, seen_by

pytestmark = pytest.mark.django_db


def delete(web: Client, watchlist: Watchlist) -> str:
    response = web.post(f"/watchlists/{watchlist.pk}/delete/")
    assert response.headers["Location"] == f"/watchlists/?deleted={watchlist.pk}"
    return web.get(response.headers["Location"]).content.decode()


def test_it_is_confirmed_first_and_says_what_stops(web: Client, watchlist: Watchlist) -> None:
    for _ in range(2):
        WatchFactory.create(watchlist=watchlist)
    other = WatchlistFactory.create(owner=watchlist.owner)
    WatchFactory.create(watchlist=other, product=WatchFactory.create(watchlist=watchlist).product)
    MembershipFactory.create(watchlist=watchlist)
    text = web.get(f"/watchlists/{watchlist.pk}/delete/").content.decode()
    assert "2 products are on no other list of yours: their checks stop." in text
    assert "1 member no longer sees it." in text
    assert Watchlist.objects.kept().filter(pk=watchlist.pk).exists()


def test_it_does_not_show_that_other_users_watch_a_product(
    web: Client, watchlist: Watchlist
) -> None:
    WatchFactory.create(product=WatchFactory.create(watchlist=watchlist).product)
    text = web.get(f"/watchlists/{watchlist.pk}/delete/").content.decode()
    assert "1 product is on no other list of yours: its checks stop." in text


def test_a_deleted_list_stops_its_checks_and_keeps_its_rows(
    web: Client, watchlist: Watchlist, merchant: User
) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    AlertFactory.create(watchlist=watchlist, product=product)
    member = MembershipFactory.create(watchlist=watchlist).user
    text = delete(web, watchlist)
    assert "“Rivals” was deleted and can be restored until 2026-12-25." in text
    assert Product.objects.get(pk=product.pk).next_check_at is None
    assert not Alert.objects.for_user(merchant).exists()
    assert not Watchlist.objects.for_user(member).exists()
    for address in (f"/watchlists/{watchlist.pk}/", f"/watchlists/{watchlist.pk}/delete/"):
        assert web.get(address).headers["Location"] == f"/watchlists/?deleted={watchlist.pk}"
        assert web.post(address).status_code == seen_by(member).get(address).status_code == 404
    assert web.get(f"/products/{product.num_iid}/").status_code == 404
    assert (Alert.objects.count(), Rule.objects.count(), Membership.objects.count()) == (1, 4, 1)


def test_undo_restores_it(web: Client, watchlist: Watchlist, merchant: User) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    AlertFactory.create(watchlist=watchlist, product=product)
    delete(web, watchlist)
    text = web.post(f"/watchlists/{watchlist.pk}/restore/", headers=HTMX).content.decode()
    assert f"/watchlists/{watchlist.pk}/" in text
    assert "was deleted" not in text
    assert Product.objects.get(pk=product.pk).next_check_at == NOW + timedelta(minutes=59)
    assert Alert.objects.for_user(merchant).count() == 1


def test_a_restored_list_whose_name_is_taken_gets_a_number(
    web: Client, watchlist: Watchlist
) -> None:
    delete(web, watchlist)
    WatchlistFactory.create(owner=watchlist.owner, name="RIVALS")
    WatchlistFactory.create(owner=watchlist.owner, name="Rivals (2)")
    assert web.post(f"/watchlists/{watchlist.pk}/restore/").status_code == 302
    watchlist.refresh_from_db()
    assert (watchlist.name, watchlist.deleted_at) == ("Rivals (3)", None)


def test_only_the_owner_can_restore_it(web: Client, watchlist: Watchlist) -> None:
    editor = MembershipFactory.create(watchlist=watchlist, role=Membership.Role.EDITOR).user
    delete(web, watchlist)
    client = Client()
    client.force_login(editor)
    assert client.post(f"/watchlists/{watchlist.pk}/restore/").status_code == 404
    assert "“Rivals”" not in client.get(f"/watchlists/?deleted={watchlist.pk}").content.decode()


def test_it_is_listed_as_recently_deleted_for_30_days(web: Client, watchlist: Watchlist) -> None:
    WatchFactory.create(watchlist=watchlist)
    delete(web, watchlist)
    assert (
        "deleted 2026-11-25 12:00, kept until 2026-12-25"
        in web.get("/watchlists/").content.decode()
    )
    with time_machine.travel(NOW + timedelta(days=30), tick=False):
        web.force_login(watchlist.owner)
        assert "Recently deleted" not in web.get("/watchlists/").content.decode()
        assert web.post(f"/watchlists/{watchlist.pk}/restore/").status_code == 404


def test_a_list_is_purged_after_30_days_and_the_histories_stay(
    web: Client, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "CHUNK", 2)
    product, *_others = (
        watch.product for watch in WatchFactory.create_batch(5, watchlist=watchlist)
    )
    SnapshotFactory.create(product=product)
    AlertFactory.create(watchlist=watchlist, product=product)
    delete(web, watchlist)
    with time_machine.travel(NOW + timedelta(days=29), tick=False):
        purge_watchlists()
        assert Watchlist.objects.filter(pk=watchlist.pk).exists()
    with time_machine.travel(NOW + timedelta(days=30), tick=False):
        purge_watchlists()
    assert not Watchlist.objects.filter(pk=watchlist.pk).exists()
    assert not Alert.objects.exists()
    assert not Product.objects.watched().exists()
    assert product.snapshots.exists()
