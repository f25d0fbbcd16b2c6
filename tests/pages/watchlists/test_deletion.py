"""Deleting a list: the warning, undo, restoring it within 30 days, and the purge after that."""

from datetime import timedelta

import pytest
import time_machine

from monitor.models import Alert, Membership, Product, Rule, User, Watchlist
from monitor.tasks import purge_watchlists
from monitor.watching import deletion
from tests.models.factories import (
    NOW,
    AlertFactory,
    MembershipFactory,
    SnapshotFactory,
    WatchFactory,
)
from tests.pages import Browser, seen_by

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def delete(web: Browser, watchlist: Watchlist) -> str:
    response = web.post(f"/watchlists/{watchlist.pk}/delete/")
    assert response.headers["Location"] == f"/watchlists/?deleted={watchlist.pk}"
    return web.page(response.headers["Location"])


def test_it_is_confirmed_first_and_says_what_stops(web: Browser, watchlist: Watchlist) -> None:
    """Without a word of other users who watch a product."""
    first, _second, third = WatchFactory.create_batch(3, watchlist=watchlist)
    WatchFactory.create(watchlist__owner=watchlist.owner, product=third.product)
    WatchFactory.create(product=first.product)
    MembershipFactory.create(watchlist=watchlist)
    text = web.page(f"/watchlists/{watchlist.pk}/delete/")
    assert "2 products are on no other list of yours: their checks stop." in text
    assert "1 member no longer sees it." in text
    assert Watchlist.objects.kept().filter(pk=watchlist.pk).exists()


def test_a_deleted_list_stops_its_checks_and_its_owner_alone_restores_it(
    web: Browser, watchlist: Watchlist, merchant: User
) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    AlertFactory.create(watchlist=watchlist, product=product)
    editor = seen_by(
        MembershipFactory.create(watchlist=watchlist, role=Membership.Role.EDITOR).user
    )
    text, here = delete(web, watchlist), f"/watchlists/{watchlist.pk}/"
    assert "“Rivals” was deleted and can be restored until 2026-12-25." in text
    assert "deleted 2026-11-25 12:00, kept until 2026-12-25" in web.page("/watchlists/")
    assert Product.objects.get().next_check_at is None
    assert not Alert.objects.for_user(merchant).exists()
    for address in (here, f"{here}delete/"):
        assert web.get(address).status_code == editor.get(address).status_code == 404
    assert web.get(f"/products/{product.num_iid}/").status_code == 404
    assert "“Rivals”" not in editor.page(f"/watchlists/?deleted={watchlist.pk}")
    assert editor.post(f"{here}restore/").status_code == 404
    assert (Alert.objects.count(), Rule.objects.count(), Membership.objects.count()) == (1, 4, 1)
    text = web.send(f"{here}restore/")
    assert here in text
    assert "was deleted" not in text
    assert Product.objects.get().next_check_at == NOW + timedelta(minutes=59)
    assert Alert.objects.for_user(merchant).count() == 1


def test_a_list_is_purged_after_30_days_and_the_histories_stay(
    web: Browser, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deletion, "CHUNK", 2)
    product = WatchFactory.create_batch(5, watchlist=watchlist)[0].product
    SnapshotFactory.create(product=product)
    AlertFactory.create(watchlist=watchlist, product=product)
    delete(web, watchlist)
    with time_machine.travel(NOW + 29 * DAY, tick=False):
        purge_watchlists()
        assert Watchlist.objects.filter(pk=watchlist.pk).exists()
    with time_machine.travel(NOW + 30 * DAY, tick=False):
        web.force_login(watchlist.owner)
        assert "Recently deleted" not in web.page("/watchlists/")
        assert web.post(f"/watchlists/{watchlist.pk}/restore/").status_code == 404
        purge_watchlists()
    assert not Watchlist.objects.filter(pk=watchlist.pk).exists()
    assert not Alert.objects.exists()
    assert not Product.objects.watched().exists()
    assert product.snapshots.exists()
