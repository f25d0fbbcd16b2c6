"""Followed shops: their ranges are read page by page, and what comes and goes is known, never more
than is true."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django.fixtures import Settings

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.kinds import Kind
from monitor.models import (
    Alert,
    AssortmentEntry,
    Budget,
    Change,
    Charge,
    Product,
    Shop,
    Snapshot,
    Usage,
    UsageDay,
)
from monitor.models.usage import PARTS, provider_day
from monitor.polling.budget import ledger
from monitor.polling.checking import listings
from monitor.polling.recording.assortments import READINGS_WITHOUT_CHECKS
from monitor.watching.deletion import bring_back, delete_for_now, purge_products
from monitor.watching.following import follow_shop, unfollow_shop
from monitor.watching.rules import Terms, add_rule
from monitor.watching.services import add_products, create_watchlist, pause_watchlist
from tests.polling.faults import refusing
from tests.polling.stall import Stall
from tests.polling.story import START
from tests.polling.threads import at_once
from tests.provider.servers import ProviderServer, error, item

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def stall(provider: ProviderServer) -> Stall:
    return Stall(provider)


def test_a_followed_shop_is_read_at_once_to_the_first_page_without_news(stall: Stall) -> None:
    stall.follow()
    assert stall.read(timedelta(0)) == 4, "three pages, and an empty one"
    assert stall.listed() == set(stall.products)
    assert [query["shopid"] for query in stall.provider.calls] == ["sXahcZg"] * 4
    assert [query["page"] for query in stall.provider.calls] == ["1", "2", "3", "4"]
    assert stall.news() == [], "nothing is new when a shop is first read"
    product = Product.objects.get(num_iid="100")
    assert (product.title, product.price, product.sales, product.sales_step) == (
        "衬衫 100",
        5990,
        4000,
        1000,
    )
    assert (product.shop, product.checked_at, product.next_check_at) == (stall.shop, None, None)
    assert Snapshot.objects.get(product=product).thin
    assert stall.read(timedelta(minutes=5)) == 0
    [row] = Usage.objects.all()
    assert (row.api, row.code, row.calls, UsageDay.objects.get().reserved) == (
        "item_search_shop",
        "0000",
        4,
        4,
    )
    [charge] = Charge.objects.all()
    assert (charge.person, charge.reason, charge.parts) == (stall.user, "first", 4 * PARTS)


def test_what_comes_and_goes_is_told_once(stall: Stall) -> None:
    stall.follow()
    stall.read(timedelta(0))
    stall.products |= {"200": 990}
    stall.read()
    assert stall.news() == [("200", "+")]
    change = Change.objects.get()
    assert (change.last_seen_before, change.first_seen_after) == (START, stall.now)
    del stall.products["101"]
    stall.read()
    assert stall.news() == [("200", "+")], "one reading may lack it by mistake"
    stall.read()
    assert stall.news() == [("200", "+"), ("101", "-")]
    assert stall.listed() == set(stall.products)
    stall.products["101"] = 4990
    stall.read()
    assert stall.news()[2:] == [("101", "+")]
    for _day in range(3):
        stall.read()
    assert len(stall.news()) == 3
    assert (
        AssortmentEntry.objects.get(product__num_iid="200").appeared_at == change.first_seen_after
    )
    assert AssortmentEntry.objects.get(product__num_iid="101").appeared_at is None, (
        "it was there at first"
    )


def test_prices_and_sales_of_a_range_are_history(stall: Stall) -> None:
    stall.follow()
    stall.read(timedelta(0))
    stall.products["100"] = 4990
    stall.read()
    prices = (
        Snapshot.objects.filter(product__num_iid="100")
        .order_by("data_time")
        .values_list("price", flat=True)
    )
    assert list(prices) == [5990, 4990]
    stall.own = None
    stall.products["100"] = 1
    stall.read(), stall.read(), stall.read()
    assert Product.objects.get(num_iid="100").price == 4990, (
        "too odd to be believed without its own check"
    )
    stall.own = {}
    stall.read()
    assert Product.objects.get(num_iid="100").price == 1


def test_a_watched_product_that_its_shop_tells_differently_is_due(stall: Stall) -> None:
    add_products(stall.watchlist, ["100", "102"], stall.now)
    later = stall.now + 9 * DAY
    Product.objects.update(
        price=5990, data_time=stall.now, checked_at=stall.now, next_check_at=later
    )
    stall.follow()
    stall.own = None
    stall.read(timedelta(0))
    stall.products["100"] = 4990
    stall.read()
    watched = Product.objects.get(num_iid="100")
    assert (watched.price, watched.next_check_at) == (5990, stall.now), "its own check tells more"
    assert Product.objects.get(num_iid="102").next_check_at == later
    del stall.products["102"]
    stall.read()
    assert Product.objects.get(num_iid="102").next_check_at == stall.now, (
        "its shop lists it no longer"
    )


@pytest.mark.parametrize(
    "damage",
    [
        lambda page: error("4001"),
        lambda page: b'{"error": "", "error_code": "0000", "items": {"item": [{"num_i',
    ],
)
def test_a_page_that_fails_takes_nothing_away_and_is_asked_for_again(
    stall: Stall, damage: Callable[[dict[str, Any]], Any]
) -> None:
    stall.follow()
    stall.read(timedelta(0))
    stall.products |= {"200": 990}
    stall.replies[2] = damage
    assert stall.read() == 2
    assert (stall.assortment.failures, stall.assortment.next_page) == (1, 2)
    assert stall.assortment.failing_since == stall.now
    del stall.replies[2]
    assert stall.read(timedelta(minutes=1)) == 3, "from the page where it stopped"
    assert stall.news() == [("200", "+")]
    assert stall.listed() == set(stall.products)
    rested = stall.assortment
    assert (rested.failures, rested.failing_since, rested.began_at) == (0, None, None)


@pytest.mark.parametrize(
    ("page", "change"),
    [
        (1, lambda page: error("2000")),
        (2, lambda page: page | {"items": {"item": [{"title": "without an ID"}]}}),
    ],
)
def test_a_first_reading_that_ends_too_early_makes_no_launches_of_what_it_lacked(
    stall: Stall, page: int, change: Callable[[dict[str, Any]], Any]
) -> None:
    stall.follow()
    stall.replies[page] = change
    stall.read(timedelta(0))
    del stall.replies[page]
    stall.read()
    assert (stall.news(), stall.listed()) == ([], set(stall.products))
    stall.products |= {"200": 990}
    stall.read()
    assert stall.news() == [("200", "+")]


def test_a_worker_killed_between_two_pages_reads_none_twice(
    stall: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    stall.follow()
    with monkeypatch.context() as impatient:
        impatient.setattr(listings, "CONTINUE_SECONDS", 0.0)
        assert stall.read(timedelta(0)) == 1
    assert listings.begin(stall.clock), "and then the worker is killed"
    assert stall.read(timedelta(seconds=30)) == 0, "its claim holds"
    assert stall.read(timedelta(minutes=1)) == 3
    assert [query["page"] for query in stall.provider.calls] == ["1", "2", "3", "4"]
    usage = UsageDay.objects.get()
    assert (usage.reserved, sum(row.calls for row in Usage.objects.all())) == (5, 4), (
        "its call counts as made"
    )
    assert stall.listed() == set(stall.products)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_that_meet_go_on_at_the_next_page(
    stall: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listings, "CONTINUE_SECONDS", 0.0)
    stall.follow()
    UsageDay.objects.create(day=provider_day(stall.now))
    following: list[Any] = []
    meeting = threading.Thread(
        target=at_once, args=[lambda: following.append(listings.begin(stall.clock))]
    )
    with transaction.atomic():
        UsageDay.objects.select_for_update().get()
        meeting.start()
        while not _waits_for_a_lock():
            meeting.join(0.01)
        stall.now += timedelta(seconds=1)
        assert stall.read(timedelta(0)) == 1
    meeting.join()
    assert (following[0].subject.reading, following[0].subject.next_page) == (1, 2)


def _waits_for_a_lock() -> bool:
    with connection.cursor() as cursor:
        # A transaction sees the activity of its first look otherwise.
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("code", ["4001", "4003"])
def test_a_page_that_fails_or_is_not_billed_is_charged_to_nobody(stall: Stall, code: str) -> None:
    stall.follow()
    stall.replies[1] = lambda page: error(code)
    assert stall.read(timedelta(0)) == 1
    assert not Charge.objects.exists()
    stall.replies[1] = lambda page: error("2000")
    assert stall.read() == 1
    assert Charge.objects.get().parts == PARTS, "that nothing was found is an answer, and billed"


@pytest.mark.django_db(transaction=True)
def test_a_shop_that_is_let_go_while_its_page_is_called_for_leaves_only_the_call(
    stall: Stall,
) -> None:
    follow = stall.follow()

    def let_go(page: dict[str, Any]) -> dict[str, Any]:
        at_once(lambda: unfollow_shop(follow, stall.now))
        return page

    stall.replies[1] = let_go
    assert stall.read(timedelta(0)) == 1
    assert not Shop.objects.exists()
    assert not Product.objects.exists()
    assert Usage.objects.get().calls == 1


def test_a_page_is_booked_and_recorded_together(stall: Stall) -> None:
    stall.follow()
    with refusing('INTO "monitor_charge"'), pytest.raises(DatabaseError):
        stall.read(timedelta(0))
    counts = Usage.objects.count(), AssortmentEntry.objects.count(), Product.objects.count()
    assert counts == (0, 0, 0)
    stall.read(timedelta(minutes=2))
    assert stall.listed() == set(stall.products)


def test_a_copy_older_than_the_last_reading_tells_nothing(stall: Stall) -> None:
    stall.follow()
    stall.read(timedelta(0))
    old = int(stall.now.timestamp())
    stall.products = {"900": 990}
    stall.replies[1] = lambda page: page | {"secache_time": old, "cache": 1}
    assert stall.read() == 1
    assert (stall.news(), len(stall.listed())) == ([], 7)
    assert stall.assortment.last_outcome == "stale"


def test_a_shop_that_grows_beyond_what_is_read_tells_nothing_as_new_or_left(
    stall: Stall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.polling.recording.assortments.MOST_PAGES", 5)
    stall.follow()
    for _day in range(3):
        stall.read()
    more = {str(1000 + number): 990 for number in range(20)}
    stall.products |= more
    for day in range(3):
        assert stall.read() == 5
        # Others sell more now, and push the first ones behind the last page that is read.
        stall.products = dict(sorted(stall.products.items(), reverse=day % 2 == 0))
    assert stall.news() == []
    for product in more:
        del stall.products[product]
    for _day in range(3):
        stall.read()
    stall.products |= {"200": 990}
    stall.read(), stall.read()
    assert [num_iid for num_iid, sign in stall.news() if sign == "+"] == ["200"], (
        "it is small again"
    )


def test_lists_that_follow_one_shop_under_two_ids_hear_the_same(stall: Stall) -> None:
    other = create_watchlist(stall.user, "对手, 另一个")
    same = Shop.objects.create(shop_id="sOtherId")
    for watchlist in (stall.watchlist, other):
        watchlist.rules.all().delete()
        for kind in (Kind.RANGE_NEW, Kind.RANGE_LEFT):
            add_rule(watchlist, Terms(Condition(kind)), stall.now)
    stall.follow()
    stall.read(timedelta(0)), stall.read()
    follow_shop(other, same, stall.now, by=stall.user)
    stall.read(), stall.read()
    stall.products |= {"200": 990}
    stall.read(), stall.read()
    del stall.products["101"]
    for _day in range(3):
        stall.read()
    alerts = Alert.objects.order_by("watchlist", "pk").values_list(
        "watchlist", "product__num_iid", "after"
    )
    moves = [("200", "listed"), ("101", "left")]
    assert list(alerts) == [(each.pk, *move) for each in (stall.watchlist, other) for move in moves]
    assert stall.news() == [("200", "+"), ("101", "-")]
    assert (
        set(same.assortment_entries.filter(left_at=None).values_list("product__num_iid", flat=True))
        == stall.listed()
    )


def test_a_shop_followed_by_its_id_alone_learns_its_name_from_one_check_and_a_new_name_too(
    stall: Stall,
) -> None:
    Shop.objects.update(name=None)
    stall.shop.name = "旧名字"
    stall.follow()
    stall.read(timedelta(0)), stall.read(), stall.read()
    checks = [query for query in stall.provider.calls if "num_iid" in query]
    assert (Shop.objects.get().name, len(checks)) == ("旧名字", 1)
    charged = sum(Charge.objects.filter(person=stall.user).values_list("parts", flat=True))
    assert charged == PARTS * (3 * 4 + 1), "three readings, and the check"
    stall.shop.name = "新名字"

    def named(page: dict[str, Any]) -> dict[str, Any]:
        return page | {
            "items": {"item": [entry | {"shop_name": "新名字"} for entry in page["items"]["item"]]}
        }

    stall.replies = dict.fromkeys(range(1, 6), named)
    stall.products |= {"200": 990}
    stall.read()
    assert (Shop.objects.get().name, stall.news()) == ("新名字", [])
    stall.read()
    assert stall.news() == [("200", "+")]


def test_what_its_own_check_sees_on_sale_has_not_left_and_comes_back_silently(stall: Stall) -> None:
    stall.follow()
    stall.read(timedelta(0)), stall.read()
    everything = dict(stall.products)
    hidden = {"101", "102"}
    stall.own = {key: item(key, int((stall.now + 90 * DAY).timestamp())) for key in hidden}
    stall.products = {key: price for key, price in everything.items() if key not in hidden}
    for _day in range(READINGS_WITHOUT_CHECKS + 2):
        stall.read()
    assert (stall.news(), stall.listed()) == ([], set(everything))
    stall.own = None
    AssortmentEntry.objects.filter(product__num_iid="101").update(left_at=stall.now - 9 * DAY)
    stall.read()
    assert "101" in stall.listed()


def test_a_shop_that_takes_over_another_ones_products_tells_them_and_what_comes_later(
    stall: Stall,
) -> None:
    stall.follow()
    for _day in range(4):
        stall.read()
    moving = [str(200 + number) for number in range(12)]
    other = Shop.objects.create(shop_id="sOther", name="别家店")
    Product.objects.bulk_create(
        Product(num_iid=key, shop=other, answered_at=stall.now) for key in moving
    )
    stall.products |= dict.fromkeys(moving, 990)
    for _day in range(3):
        stall.read()
    assert stall.news() == [(key, "+") for key in moving]
    assert not Product.objects.exclude(shop=stall.shop).exists()
    stall.products |= {"300": 990}
    stall.read()
    assert stall.news()[12:] == [("300", "+")]


@pytest.mark.parametrize(("own", "readings"), [({}, 2), (None, READINGS_WITHOUT_CHECKS)])
def test_a_shop_that_shrinks_to_a_tenth_is_believed_by_checks_of_a_few_or_after_four_readings(
    stall: Stall, own: dict[str, Any] | None, readings: int
) -> None:
    stall.products = {str(100 + number): 5990 for number in range(20)}
    stall.follow()
    stall.read(timedelta(0)), stall.read()
    stall.own = own
    stall.products = {"100": 5990, "101": 5990}
    for _day in range(readings - 1):
        stall.read()
    assert stall.news() == []
    stall.read()
    assert (len(stall.news()), stall.listed()) == (18, {"100", "101"})
    asked = {query["num_iid"] for query in stall.provider.calls if "num_iid" in query}
    assert len(asked) == (5 if own is not None else 0)


def test_many_launches_at_once_are_told_within_the_hour_when_own_checks_name_the_shop(
    stall: Stall,
) -> None:
    stall.follow()
    for _day in range(4):
        stall.read()
    stall.products |= {str(200 + number): 990 for number in range(12)}
    stall.read()
    assert (stall.news(), len(stall.listed())) == ([], 7)
    before = stall.now
    stall.read(timedelta(hours=1))
    assert (len(stall.news()), len(stall.listed())) == (12, 19)
    change = Change.objects.filter(field="range")[0]
    assert (change.last_seen_before, change.first_seen_after) == (before - DAY, stall.now)


def test_nobody_reads_a_shop_whose_lists_rest(stall: Stall) -> None:
    follow = stall.follow()
    stall.read(timedelta(0))
    pause_watchlist(stall.watchlist, stall.now, paused=True)
    assert stall.read() == 0
    pause_watchlist(stall.watchlist, stall.now, paused=False)
    assert stall.read(timedelta(0)) == 4
    delete_for_now(stall.watchlist, stall.now)
    assert stall.read() == 0
    bring_back(stall.user, stall.watchlist.pk, stall.now)
    assert stall.read(timedelta(0)) == 4
    unfollow_shop(follow, stall.now)
    assert stall.read(30 * DAY) == 0


def test_the_products_of_a_range_are_kept_as_long_as_somebody_follows_the_shop(
    stall: Stall, settings: Settings
) -> None:
    settings.HISTORY_DAYS = 30
    follow = stall.follow()
    stall.read(timedelta(0))
    Product.objects.update(created_at=stall.now)
    assert purge_products(stall.now + 40 * DAY) == 0
    unfollow_shop(follow, stall.now)
    assert purge_products(stall.now + 20 * DAY) == 0
    assert purge_products(stall.now + 40 * DAY) == 7


def test_readings_stay_within_the_budget_and_its_schedule(stall: Stall) -> None:
    Budget.objects.create(calls=3, begins_at=stall.now - DAY)
    stall.follow()
    assert stall.read(timedelta(0)) == 3
    assert stall.read(timedelta(minutes=5)) == 0
    assert UsageDay.objects.get().reserved == 3
    assert stall.assortment.next_page == 4


def test_an_account_that_may_not_list_shops_stops_all_calls(stall: Stall) -> None:
    stall.follow()
    stall.replies[1] = lambda page: error("4012", "请先添加接口")
    assert stall.read(timedelta(0)) == 1
    assert ledger.left(stall.now).calls == 0
    assert stall.read(timedelta(minutes=5)) == 0
