"""Nobody spends another's calls by following shops: each page is granted from the allowance of who
asked for it."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from monitor.models import Allowance, Assortment, Charge, Follow, Product, Shop, User
from monitor.models.usage import PARTS, provider_day
from monitor.people.allowances import AllowanceError
from monitor.polling import checking
from monitor.polling.checking import listings
from monitor.watching.following import follow_named, follow_shop, unfollow_shop
from monitor.watching.requests import ask
from monitor.watching.services import add_products, create_watchlist
from tests.models.factories import UserFactory, WatchlistFactory
from tests.polling.checking.due import wakes_nobody
from tests.provider.servers import ProviderServer, item

pytestmark = pytest.mark.django_db
#: Midnight in China.
MIDNIGHT = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Street:
    """Shops of three products a page, people who follow them, and a clock."""

    def __init__(self, provider: ProviderServer) -> None:
        self.now, self.provider, self.pages = MIDNIGHT, provider, 1000
        self.ann, self.bob = (
            UserFactory.create(email="ann@example.com"),
            UserFactory.create(email="bob@example.com"),
        )
        self.lists = {
            person: create_watchlist(person, "Mine", DAY) for person in (self.ann, self.bob)
        }
        WatchlistFactory.create()
        provider.default = self.reply

    def reply(self, query: dict[str, str]) -> dict[str, Any]:
        if "shopid" not in query:
            return item(query["num_iid"], int(self.now.timestamp()))
        page, first = int(query["page"]), int(query["shopid"][1:]) * 100_000
        ids = range(first + 3 * page, first + 3 * page + 3) if page <= self.pages else []
        listed = [
            {"num_iid": str(10**9 + number), "title": "衬衫", "promotion_price": 59.9}
            for number in ids
        ]
        at = int(self.now.timestamp())
        return {"error": "", "error_code": "0000", "secache_time": at, "items": {"item": listed}}

    def follow(self, person: User, number: int) -> Follow:
        return follow_named(
            self.lists[person], f"s{1000 + number}", self.now, interval=DAY, by=person
        )

    def work(
        self, length: timedelta = timedelta(0), step: timedelta = timedelta(minutes=10)
    ) -> None:
        """Let workers do what is due, now and every `step`."""
        ends = self.now + length
        while True:
            listings.read_due(lambda: None, self.clock)
            checking.work_off(wakes_nobody, clock=self.clock)
            if self.now >= ends:
                return
            self.now = min(self.now + step, ends)

    def clock(self) -> datetime:
        return self.now

    def charged(self, person: User, *reasons: str) -> float:
        """Return the calls of today."""
        charges = Charge.objects.filter(person=person, day=provider_day(self.now))
        charges = charges.filter(reason__in=reasons) if reasons else charges
        return sum(charges.values_list("parts", flat=True)) / PARTS

    @property
    def pages_called(self) -> Counter[str]:
        return Counter(query["shopid"] for query in self.provider.calls if "shopid" in query)


@pytest.fixture
def street(provider: ProviderServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Street]:
    monkeypatch.setattr(listings, "CONTINUE_SECONDS", 600)
    return Street(provider)  # type: ignore[return-value]


def test_twelve_huge_shops_of_one_person_cost_their_allowance_and_leave_others_theirs(
    street: Street, settings: Settings
) -> None:
    settings.PROVIDER_DAILY_CALLS = 1027
    others = [street.bob, *UserFactory.create_batch(3)]
    for number, other in enumerate(others):
        mine = street.lists.setdefault(other, WatchlistFactory.create(owner=other))
        add_products(mine, [str(7000 + 10 * number + n) for n in range(10)], street.now, by=other)
    street.work()
    for number in range(12):
        street.follow(street.ann, number)
    for _two_hours in range(11):
        street.work(2 * HOUR, step=HOUR / 2)
        assert street.charged(street.ann, "first", "asked") <= 103
        for other in others:
            own = Product.objects.filter(watches__watchlist=street.lists[other])
            assert not ask(own.filter(pk=own.earliest("pk").pk), other, street.now).over_allowance
    street.work(HOUR)
    assert street.charged(street.ann, "first") == 103
    assert street.charged(street.ann, "reading", "schedule") <= 1, (
        "a check that tells the name of the shop read first"
    )
    assert [street.charged(other, "asked") for other in others] == [11] * 4


def test_no_day_has_more_pages_than_the_scheduled_checks_that_a_person_may_have(
    street: Street, settings: Settings
) -> None:
    settings.PERSON_CALLS, street.pages = 10, 8
    for number in range(2):
        street.follow(street.ann, number)
    made = []
    for _day in range(4):
        street.work(DAY - 3 * HOUR, step=3 * HOUR)
        made.append(street.charged(street.ann))
        street.now += 3 * HOUR
    assert max(made) <= 10
    assert sum(made) > 4 * 7, "and most of them are used"


def test_following_and_ending_160_shops_spends_nothing_of_the_schedule(
    street: Street, settings: Settings
) -> None:
    settings.PERSON_SHOPS = 100
    Allowance.objects.create(person=street.ann, checks=1)
    refused = 0
    for number in range(160):
        try:
            follow = street.follow(street.ann, number)
        except AllowanceError:
            refused += 1
            continue
        street.work()
        unfollow_shop(follow, street.now)
        street.now += timedelta(seconds=0.5)
    assert (len(street.provider.calls), refused) == (1, 60)
    assert (street.charged(street.ann, "first"), street.charged(street.ann)) == (1, 1)


def test_what_exceeds_the_allowance_waits_in_slots_of_the_next_day(street: Street) -> None:
    Allowance.objects.create(person=street.ann, checks=6)
    street.follow(street.ann, 0)
    street.work()
    assert street.pages_called == {"s1000": 6}
    follow = Assortment.objects.get()
    assert (follow.asked_by, follow.asked_at, follow.next_page) == (street.ann, None, 7)
    assert follow.next_check_at is not None
    assert follow.next_check_at >= MIDNIGHT + DAY
    street.work(2 * DAY - HOUR)
    assert street.pages_called == {"s1000": 12}
    assert street.charged(street.ann, "first") == 6


def test_products_that_only_a_shop_lists_count_when_another_one_is_followed(
    street: Street, settings: Settings
) -> None:
    settings.PERSON_PRODUCTS, street.pages = 15, 2
    street.follow(street.ann, 0)
    street.work()
    add_products(street.lists[street.ann], ["7001", "7002", "7003", "7004"], street.now)
    street.follow(street.ann, 1)
    street.work()
    with pytest.raises(AllowanceError, match="products"):
        street.follow(street.ann, 2)
    assert not Shop.objects.filter(shop_id="s1002").exists()
    follow_shop(street.lists[street.ann], Shop.objects.create(shop_id="s1002"), street.now)


def test_people_who_follow_one_shop_pay_its_readings_as_far_as_they_may(
    street: Street, settings: Settings
) -> None:
    street.pages = 9
    Allowance.objects.create(person=street.ann, calls=4)
    street.follow(street.bob, 0)
    street.work()
    street.follow(street.ann, 0)
    street.now += DAY
    before = len(street.provider.calls)
    street.work()
    assert street.pages_called == {"s1000": 20}
    assert 3 < street.charged(street.ann) <= 4
    assert (
        street.charged(street.ann) + street.charged(street.bob)
        == len(street.provider.calls) - before
    )
