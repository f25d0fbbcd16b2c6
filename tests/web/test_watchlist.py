"""A list's own page: its settings and what they cost, for each who may see it."""

from datetime import timedelta

import pytest
from django.test import Client

from monitor.dashboard.watchlists import watchlist_for
from monitor.models import Membership, User, Watchlist
from tests.factories import (
    NOW,
    AlertFactory,
    MembershipFactory,
    ProductFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.web import HTMX

pytestmark = pytest.mark.django_db


def save(web: Client, watchlist: Watchlist, name: str, interval: int, priority: int = 2) -> str:
    form = {"name": name, "interval": str(interval), "priority": str(priority)}
    return web.post(f"/watchlists/{watchlist.pk}/", form, headers=HTMX).content.decode()


def page(web: Client, watchlist: Watchlist) -> str:
    return web.get(f"/watchlists/{watchlist.pk}/").content.decode()


def test_a_shorter_interval_moves_the_next_checks(web: Client, watchlist: Watchlist) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    text = save(web, watchlist, "Close rivals", 600, 3)
    assert "Saved." in text
    assert "<h1>Close rivals</h1>" in text
    watchlist.refresh_from_db()
    product.refresh_from_db()
    assert (watchlist.name, watchlist.priority) == ("Close rivals", 3)
    assert (product.interval, product.next_check_at) == (timedelta(minutes=10), NOW + timedelta(minutes=9))


def test_an_interval_that_is_not_among_the_usual_ones_can_be_kept(web: Client, watchlist: Watchlist) -> None:
    watchlist.interval = timedelta(minutes=7)
    watchlist.save()
    save(web, watchlist, "Renamed", 420)
    watchlist.refresh_from_db()
    assert (watchlist.name, watchlist.interval) == ("Renamed", timedelta(minutes=7))


def test_a_bad_change_changes_nothing_and_keeps_what_was_typed(web: Client, watchlist: Watchlist) -> None:
    WatchlistFactory.create(owner=watchlist.owner, name="Suppliers")
    text = save(web, watchlist, "SUPPLIERS", 600)
    assert "This owner has a watchlist of that name already." in text
    assert 'value="SUPPLIERS"' in text
    assert "<h1>Rivals</h1>" in text
    watchlist.refresh_from_db()
    assert (watchlist.name, watchlist.interval) == ("Rivals", timedelta(hours=1))


def test_a_name_that_another_tab_takes_meanwhile_is_taken(
    web: Client, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    WatchlistFactory.create(owner=watchlist.owner, name="Suppliers")
    monkeypatch.setattr("monitor.forms.watchlists.is_taken", lambda *args: False)
    monkeypatch.setattr(Watchlist, "validate_constraints", lambda *args, **kwargs: None)
    text = save(web, watchlist, "Suppliers", 600)
    assert "This owner has a watchlist of that name already." in text
    assert "<h1>Rivals</h1>" in text


def test_pausing_a_list_loses_nothing_that_another_tab_saves_meanwhile(
    web: Client, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(user: User, pk: int) -> Watchlist:
        one = watchlist_for(user, pk)
        Watchlist.objects.update(name="Renamed", interval=timedelta(minutes=5))
        return one

    monkeypatch.setattr("monitor.views.watchlist.watchlist_for", found)
    web.post(f"/watchlists/{watchlist.pk}/pause/")
    watchlist.refresh_from_db()
    assert (watchlist.name, watchlist.interval, watchlist.is_paused) == ("Renamed", timedelta(minutes=5), True)


def test_its_own_name_may_be_written_otherwise(web: Client, watchlist: Watchlist) -> None:
    save(web, watchlist, "RIVALS", 3600)
    watchlist.refresh_from_db()
    assert watchlist.name == "RIVALS"


def test_it_says_what_each_interval_costs_before_it_is_saved(web: Client, watchlist: Watchlist) -> None:
    for _ in range(10):
        WatchFactory.create(watchlist=watchlist)
    text = page(web, watchlist)
    assert "10 min – 1,440 calls a day (+1,200)" in text
    assert ">1 h – 240 calls a day</option>" in text
    assert "2 h – 120 calls a day (−120)" in text
    assert "240 <small>7,200 a month" in text


def test_what_another_list_checks_anyway_costs_nothing_more(web: Client, watchlist: Watchlist) -> None:
    shared = WatchFactory.create(watchlist=watchlist).product
    WatchFactory.create(product=shared, interval=timedelta(minutes=10))
    WatchFactory.create(watchlist=watchlist, interval=timedelta(minutes=10))
    text = page(web, watchlist)
    assert "10 min – 288 calls a day</option>" in text
    assert "5 min – 432 calls a day (+144)" in text
    assert "2 h – 156 calls a day</option>" in text


def test_it_says_what_the_budget_cannot_bear(web: Client, watchlist: Watchlist, settings: object) -> None:
    for _ in range(10):
        WatchFactory.create(watchlist=watchlist)
    settings.PROVIDER_DAILY_CALLS = 1000  # type: ignore[attr-defined]
    text = page(web, watchlist)
    assert "10 min – 1,440 calls a day (+1,200) · over the budget by 440" in text
    assert "30 min – 480 calls a day (+240)</option>" in text


def test_a_paused_list_costs_nothing_and_says_what_resuming_takes(web: Client, watchlist: Watchlist) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    text = web.post(f"/watchlists/{watchlist.pk}/pause/", {"paused": "1"}, headers=HTMX).content.decode()
    assert "Resumed, it takes 24 calls a day." in text
    assert "0 <small>0 a month" in text
    product.refresh_from_db()
    assert product.next_check_at is None


def test_it_leads_to_the_products_and_the_alerts(web: Client, watchlist: Watchlist) -> None:
    WatchFactory.create(watchlist=watchlist)
    AlertFactory.create(watchlist=watchlist)
    text = page(web, watchlist)
    assert "1 product</a>" in text
    assert "1 unread alert</a>" in text


def test_it_counts_unread_alerts_as_far_as_the_cards_do(
    web: Client, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    AlertFactory.create_batch(2, watchlist=watchlist)
    for module in ("monitor.dashboard.watchlists", "monitor.templatetags.stallwatch"):
        monkeypatch.setattr(f"{module}.MOST_UNREAD", 2)
    assert "2+ unread alerts</a>" in page(web, watchlist)


def test_a_rule_is_added_on_the_page_and_leads_back_to_it(web: Client, watchlist: Watchlist) -> None:
    assert f'id="rules-of-list-{watchlist.pk}"' in page(web, watchlist)
    form = {
        f"new-rules-of-list-{watchlist.pk}-kind": "price_dropped",
        f"new-rules-of-list-{watchlist.pk}-threshold": "10",
    }
    response = web.post(f"/watchlists/{watchlist.pk}/rules/", form)
    assert response.headers["Location"] == f"/watchlists/{watchlist.pk}/#rules-of-list-{watchlist.pk}"
    assert "Alert when the price drops by at least 10%" in page(web, watchlist)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_a_viewer_sees_everything_and_changes_nothing(watchlist: Watchlist) -> None:
    viewer = client_of(MembershipFactory.create(watchlist=watchlist).user)
    text = page(viewer, watchlist)
    assert "Checks and their cost" in text
    assert "Alert when the price changes" in text
    assert "view only" in text
    for part in ("settings-form", "/pause/", "/delete/", "Add a rule"):
        assert part not in text
    assert viewer.post(f"/watchlists/{watchlist.pk}/", {"name": "Mine"}).status_code == 404
    assert viewer.post(f"/watchlists/{watchlist.pk}/pause/").status_code == 404
    watchlist.refresh_from_db()
    assert (watchlist.name, watchlist.is_paused) == ("Rivals", False)


def test_an_editor_changes_it_and_cannot_delete_it(watchlist: Watchlist) -> None:
    editor = client_of(MembershipFactory.create(watchlist=watchlist, role=Membership.Role.EDITOR).user)
    assert f"/watchlists/{watchlist.pk}/delete/" not in page(editor, watchlist)
    assert "Saved." in save(editor, watchlist, "Ours", 600)
    assert editor.get(f"/watchlists/{watchlist.pk}/delete/").status_code == 404
    assert editor.post(f"/watchlists/{watchlist.pk}/delete/").status_code == 404
    assert Watchlist.objects.kept().get(pk=watchlist.pk).name == "Ours"


def test_a_name_must_be_free_among_the_owners_lists_not_the_editors(watchlist: Watchlist) -> None:
    member = MembershipFactory.create(watchlist=watchlist, role=Membership.Role.EDITOR).user
    WatchlistFactory.create(owner=member, name="Taken by me")
    assert "Saved." in save(client_of(member), watchlist, "Taken by me", 3600)


def test_strangers_find_nothing(watchlist: Watchlist) -> None:
    ProductFactory.create()
    stranger = client_of(UserFactory.create())
    assert stranger.get(f"/watchlists/{watchlist.pk}/").status_code == 404
    assert stranger.get("/watchlists/99999999999999999999/").status_code == 404
