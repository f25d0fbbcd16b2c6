"""A list's own page: its settings and what they cost, for each who may see it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings

from monitor.models import Membership, Product, User, Watchlist
from monitor.pages.shared.watchlist_reads import watchlist_for
from monitor.planning.fit import fit_schedule
from monitor.planning.quotas import apply_quotas
from monitor.watchlists.rescheduling import reschedule
from monitor.watchlists.services import add_products
from tests.factories import (
    NOW,
    AlertFactory,
    MembershipFactory,
    ProductFactory,
    UserFactory,
    WatchFactory,
    WatchlistFactory,
)
from tests.pages import HTMX

pytestmark = pytest.mark.django_db


def save(web: Client, watchlist: Watchlist, name: str, interval: int, priority: int = 2, **more: str) -> str:
    form = {"name": name, "interval": str(interval), "priority": str(priority), **more}
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
    monkeypatch.setattr("monitor.pages.watchlists.forms.is_taken", lambda *args: False)
    monkeypatch.setattr(Watchlist, "validate_constraints", lambda *args, **kwargs: None)
    text = save(web, watchlist, "Suppliers", 600)
    assert "This owner has a watchlist of that name already." in text
    assert "<h1>Rivals</h1>" in text


def test_pausing_a_list_loses_nothing_that_another_tab_saves_meanwhile(
    web: Client, watchlist: Watchlist, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(user: User, pk: int) -> Watchlist:
        one: Watchlist = watchlist_for(user, pk)
        Watchlist.objects.update(name="Renamed", interval=timedelta(minutes=5))
        return one

    monkeypatch.setattr("monitor.pages.watchlists.views.watchlist_for", found)
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


def test_it_costs_as_much_whether_or_not_somebody_else_watches_the_products(web: Client, watchlist: Watchlist) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    assert "10 min – 144 calls a day (+120)" in page(web, watchlist)
    WatchFactory.create(product=product, interval=timedelta(minutes=10))
    reschedule(Product.objects.all(), NOW)
    text = page(web, watchlist)
    assert "10 min – 144 calls a day (+120)" in text
    assert "All lists of everybody</dt><dd>144 <" in text


def test_what_another_list_checks_anyway_costs_nothing_more(web: Client, watchlist: Watchlist) -> None:
    shared = WatchFactory.create(watchlist=watchlist).product
    other = WatchlistFactory.create(owner=watchlist.owner)
    WatchFactory.create(watchlist=other, product=shared, interval=timedelta(minutes=10))
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


ADAPTIVE = {"pace": "adaptive", "soonest": "300", "hours_from": "", "hours_until": ""}


def test_a_list_is_given_a_pace_its_limits_and_hours(web: Client, watchlist: Watchlist) -> None:
    product = WatchFactory.create(watchlist=watchlist).product
    text = save(web, watchlist, "Rivals", 86400, 3, pace="adaptive", soonest="600", hours_from="22", hours_until="2")
    assert "as they change, at least every 1 day" in text
    watchlist.refresh_from_db()
    assert (watchlist.pace, watchlist.soonest) == ("adaptive", timedelta(minutes=10))
    assert (watchlist.hours_from, watchlist.hours_until) == (22, 2)
    product.refresh_from_db()
    assert (product.interval, product.soonest, product.weight) == (timedelta(days=1), timedelta(minutes=10), 4)
    assert product.hours == 1 << 22 | 1 << 23 | 1 | 1 << 1
    assert '<details class="more" open>' in text
    assert '<details class="more">' in save(web, watchlist, "Rivals", 86400, 2, **ADAPTIVE)
    assert Product.objects.get(hours=None).soonest == timedelta(minutes=5)


def test_what_a_form_of_before_does_not_send_stays(web: Client, watchlist: Watchlist) -> None:
    Watchlist.objects.update(pace="adaptive", soonest=timedelta(minutes=30), hours_from=0, hours_until=8)
    save(web, watchlist, "Renamed", 86400)
    watchlist.refresh_from_db()
    assert (watchlist.name, watchlist.pace, watchlist.soonest) == ("Renamed", "adaptive", timedelta(minutes=30))
    assert (watchlist.hours_from, watchlist.hours_until) == (0, 8)
    assert '<details class="more" open>' in page(web, watchlist)


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (ADAPTIVE | {"soonest": "21600"}, "At least every 1 h is oftener than this allows: choose 1 h or less here."),
        (ADAPTIVE | {"hours_from": "8"}, "Give both hours, or neither."),
        (ADAPTIVE | {"hours_until": "8"}, "Give both hours, or neither."),
        (ADAPTIVE | {"hours_from": "8", "hours_until": "8"}, "These are the same hour"),
        (ADAPTIVE | {"hours_from": "25", "hours_until": "8"}, "Select a valid choice."),
        (ADAPTIVE | {"pace": "hectic"}, "Select a valid choice."),
        (ADAPTIVE | {"soonest": "1"}, "Select a valid choice."),
    ],
)
def test_limits_that_make_no_sense_are_refused_with_what_to_do(
    web: Client, watchlist: Watchlist, more: dict[str, str], complaint: str
) -> None:
    text = save(web, watchlist, "Rivals", 3600, 2, **more)
    assert text.count(complaint) == 1
    assert more["pace"] == "hectic" or '<details class="more" open>' in text
    watchlist.refresh_from_db()
    assert (watchlist.pace, watchlist.hours_from, watchlist.hours_until) == ("fixed", None, None)


def test_at_a_fixed_interval_the_least_distance_does_not_matter(web: Client, watchlist: Watchlist) -> None:
    assert "Saved." in save(web, watchlist, "Rivals", 300, pace="fixed", soonest="21600")


def ask(web: Client, watchlist: Watchlist, interval: int, **more: str) -> str:
    """What is said of settings before they are saved."""
    text = save(web, watchlist, "Rivals", interval, 2, preview="1", **more)
    assert text.lstrip().startswith('<div id="list-cost"')
    return " ".join(text.split())


def test_settings_say_what_they_cost_before_they_are_saved(
    web: Client, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 1000
    other = WatchlistFactory.create(owner=watchlist.owner, interval=timedelta(days=1), pace="adaptive")
    for of in (watchlist, other):
        add_products(of, [ProductFactory.create().num_iid for _ in range(10)], NOW)
    fit_schedule(NOW)
    text = ask(web, watchlist, 3600)
    assert '<strong class="num">240</strong> calls a day' in text
    assert "7,200 a month, 24% of the budget" in text
    assert "Beyond what all lists need, 750 calls a day go where most is found." in text
    assert "less often" not in text
    text = ask(web, watchlist, 1800, pace="fixed")
    assert '<strong class="num">480</strong> calls a day <span class="mark warn num">+240</span>' in text
    assert "Other products that are checked as they change would be checked about 32% less often." in text
    text = ask(web, watchlist, 86400, pace="adaptive", soonest="300", hours_from="", hours_until="")
    assert '<strong class="num">at least 10</strong> calls a day <span class="mark good num">−230</span>' in text
    assert "would be checked about 32% less often." in text
    assert "would be checked about 30% more often." in ask(web, watchlist, 86400, pace="fixed")
    text = ask(web, watchlist, 600, pace="adaptive")
    assert "All lists together would need 450 calls a day more than the budget has." in text
    watchlist.refresh_from_db()
    assert (watchlist.pace, watchlist.interval) == ("fixed", timedelta(hours=1))


def test_a_list_under_a_quota_costs_no_more_than_that(web: Client, watchlist: Watchlist, settings: Settings) -> None:
    settings.PROVIDER_DAILY_CALLS = 1000
    add_products(watchlist, [ProductFactory.create().num_iid for _ in range(10)], NOW)
    Watchlist.objects.update(quota=60)
    apply_quotas(NOW)
    text = ask(web, watchlist, 3600)
    assert '<strong class="num">60</strong> calls a day' in text
    assert "The operator lets this list take 60 calls a day at most" in text
    text = ask(web, watchlist, 600)
    assert '<strong class="num">60</strong> calls a day <span class="quiet">' in text
    text = ask(web, watchlist, 21600)
    assert '<strong class="num">40</strong> calls a day <span class="mark good num">−20</span>' in text


def test_without_scripts_the_cost_is_told_on_the_page(web: Client, watchlist: Watchlist) -> None:
    WatchFactory.create(watchlist=watchlist)
    form = {"name": "Other", "interval": "600", "priority": "2", **ADAPTIVE, "preview": "1"}
    text = " ".join(web.post(f"/watchlists/{watchlist.pk}/", form).content.decode().split())
    assert '<strong class="num">at least 144</strong> calls a day <span class="mark warn num">+120</span>' in text
    assert ('value="Other"' in text, "<h1>Rivals</h1>" in text) == (True, True)
    watchlist.refresh_from_db()
    assert (watchlist.name, watchlist.interval) == ("Rivals", timedelta(hours=1))


def test_what_another_list_has_checked_as_it_changes_counts_as_both_ask(
    web: Client, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 100
    other = WatchlistFactory.create(owner=watchlist.owner, interval=timedelta(hours=2), pace="adaptive")
    product = ProductFactory.create()
    for of in (watchlist, other):
        add_products(of, [product.num_iid], NOW)
    assert "Beyond what all lists need, 76 calls a day go where most is found." in ask(web, watchlist, 3600)
    text = ask(web, watchlist, 86400)
    assert '<span class="mark good num">−12</span>' in text
    assert "Beyond what all lists need, 88 calls a day go where most is found." in text


def test_a_watch_of_its_own_pace_keeps_it_whatever_the_list_asks(
    web: Client, watchlist: Watchlist, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 1000
    WatchFactory.create(watchlist=watchlist, pace="adaptive")
    WatchFactory.create(watchlist=watchlist, pace="fixed", interval=timedelta(hours=2))
    assert '<strong class="num">at least 36</strong>' in ask(web, watchlist, 3600)
    assert "at least 36" in page(web, watchlist)


def test_what_a_list_costs_takes_as_many_queries_for_many_products(web: Client, watchlist: Watchlist) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as captured:
            ask(web, watchlist, 600, pace="adaptive")
        return len(captured)

    other = WatchlistFactory.create(owner=watchlist.owner)
    few = asked()
    for number in range(6):
        product = WatchFactory.create(watchlist=watchlist, interval=timedelta(hours=number + 1)).product
        WatchFactory.create(watchlist=other, product=product)
        WatchFactory.create(watchlist=watchlist)
    assert asked() - few <= 1


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
    monkeypatch.setattr("monitor.templatetags.stallwatch.MOST_UNREAD", 2)
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
