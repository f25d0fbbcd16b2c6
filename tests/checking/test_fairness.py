"""One account serves many merchants: whatever one does, the others get their checks, and all pay for their own."""

import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

import pytest
from django.test import override_settings
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from pytest_django.fixtures import Settings

from monitor import checking
from monitor.budget.allowances import ASKED_FOR
from monitor.budget.ledger import left
from monitor.models import Charge, Product, Usage, UsageDay, User
from monitor.models.usage import PARTS, quota_reset
from monitor.planning.fair_shares import apply_fair_shares
from monitor.planning.fit import fit_schedule
from monitor.uploads.links import UploadLine
from monitor.watchlists.imports import Source, Target, add_some, start_import
from monitor.watchlists.requests import ask
from monitor.watchlists.services import add_products, create_watchlist
from tests.checking.due import wakes_nobody
from tests.factories import UserFactory
from tests.servers import ProviderServer, forget_client, item, provider_server

HOUR = timedelta(hours=1)
FIRST_ID = 7_000_000


def charged(person: User) -> dict[str, float]:
    """Calls by reason."""
    return {row.reason: row.calls for row in Charge.objects.filter(person=person)}


@pytest.mark.django_db
def test_an_attacker_spends_their_own_allowance_and_delays_nobody(provider: ProviderServer, settings: Settings) -> None:
    settings.PROVIDER_DAILY_CALLS = 1500
    now = timezone.now()

    def answer(query: dict[str, str]) -> dict[str, Any]:
        time.sleep(0.02)
        return item(query["num_iid"], int(time.time()))

    provider.default = answer
    victim, attacker = UserFactory.create(email="victim@example.com"), UserFactory.create(email="attacker@example.com")
    theirs = create_watchlist(victim, "Mine", HOUR * 24)
    add_products(theirs, [str(FIRST_ID + number) for number in range(5)], now)
    checking.work_off(wakes_nobody)
    assert len(provider.calls) == 5

    lines = tuple(UploadLine(n, "", str(FIRST_ID + 1000 + n)) for n in range(1200))
    everything = create_watchlist(attacker, "Everything", timedelta(minutes=5), pace="fixed", priority=3, by=attacker)
    target = Target(everything, "", everything.interval, "fixed")
    import_ = start_import(attacker, Source(lines=lines), target, timezone.now(), is_decided=True)
    while not add_some(import_, timezone.now()):
        pass
    mine = Product.objects.filter(watches__watchlist__owner=attacker)
    asked = ask(mine, attacker, timezone.now())
    assert (len(asked.products), asked.over_allowance) == (150, 1050)
    assert not ask(mine, attacker, timezone.now()).products

    wanted = Product.objects.filter(watches__watchlist=theirs)[:1]
    began = time.monotonic()
    assert len(ask(Product.objects.filter(pk__in=wanted.values("pk")), victim, timezone.now()).products) == 1
    checking.work_off(wakes_nobody)
    place = [call["num_iid"] for call in provider.calls[5:]].index(wanted[0].num_iid)
    assert place < 10, "it is among the first, not behind 150 others"
    assert time.monotonic() - began < 30

    assert charged(attacker) == {"first": 150}
    assert charged(victim) == {"schedule": 5, "asked": 1}
    assert PARTS * len(provider.calls) == sum(Charge.objects.values_list("parts", flat=True))
    assert UsageDay.objects.get().reserved == Usage.objects.get().calls == len(provider.calls) == 156

    fit_schedule(timezone.now())
    assert apply_fair_shares(timezone.now()) == 1
    [interval] = set(mine.values_list("interval", flat=True))
    assert interval is not None
    assert 1200 * timedelta(days=1) / interval < 0.76 * 1500, "their lists are slowed down"
    assert Product.objects.filter(watches__watchlist=theirs, interval=24 * HOUR).count() == 5, "and no other"


PEOPLE = 3
BUDGET = 60
EACH = BUDGET // 10
#: What people do: who, what, and how much.
DEEDS = st.lists(
    st.tuples(st.integers(0, PEOPLE - 1), st.sampled_from(["ask", "add", "share", "work", "work"]), st.integers(1, 12)),
    min_size=4,
    max_size=16,
)


class AnythingPeopleDo(TestCase):
    @settings(max_examples=20, deadline=None)
    @given(DEEDS, st.integers(0, 99))
    def test_nobody_gets_above_the_allowance_and_everybody_gets_a_turn(self, deeds: list[Any], chance: int) -> None:
        with provider_server() as provider, override_settings(PROVIDER_DAILY_CALLS=BUDGET, PROVIDER_URL=provider.url):
            forget_client()
            try:
                self.live(deeds, chance, provider)
            finally:
                forget_client()

    def live(self, deeds: list[Any], chance: int, provider: ProviderServer) -> None:
        now = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)

        def answer(query: dict[str, str]) -> dict[str, Any]:
            # Prices that fall to almost nothing have to be confirmed.
            price = [7200, 7100, 7200, 1][crc32(f"{chance} {query['num_iid']} {now}".encode()) % 4]
            return item(query["num_iid"], int(now.timestamp()), discount_price=price)

        provider.default = answer
        people = UserFactory.create_batch(PEOPLE)
        lists = [create_watchlist(person, "Mine", 24 * HOUR) for person in people]
        added = 0
        for who, deed, much in deeds:
            own = Product.objects.filter(watches__watchlist=lists[who])
            if deed == "ask":
                ask(own.filter(pk__in=own.order_by("pk").values("pk")[:much]), people[who], now)
            elif deed == "add":
                ids = [str(FIRST_ID + added + number) for number in range(much)]
                added += much
                add_products(lists[who], ids, now, by=people[who])
            elif deed == "share":
                others = (
                    Product.objects.exclude(pk__in=own.values("pk")).order_by("pk").values_list("num_iid", flat=True)
                )
                add_products(lists[who], list(others[:much]), now, by=people[who])
            else:
                later, midnight = now + much * HOUR / 2, quota_reset(now)
                # What was granted on a day is called on that day: workers do not sleep.
                if now < midnight - HOUR / 60 < later:
                    now = midnight - HOUR / 60
                    self.work(now, provider)
                now = later
                self.work(now, provider)

    def work(self, now: datetime, provider: ProviderServer) -> None:
        waiting = defaultdict[int | None, set[str]](set)
        for product in Product.objects.due(now).filter(asked_at__isnull=False):
            waiting[product.asked_by_id].add(product.num_iid)
        before, calls = sum(day.reserved for day in UsageDay.objects.all()), len(provider.calls)
        checking.work_off(wakes_nobody, clock=lambda: now)
        made = len(provider.calls) - calls
        assert sum(day.reserved for day in UsageDay.objects.all()) == before + made
        assert sum(Charge.objects.values_list("parts", flat=True)) == PARTS * len(provider.calls)
        for day in UsageDay.objects.all():
            assert day.reserved <= BUDGET
            for person in User.objects.all():
                own = Charge.objects.filter(person=person, day=day.day, reason__in=ASKED_FOR)
                assert sum(own.values_list("parts", flat=True)) <= EACH * PARTS
        called = {call["num_iid"] for call in provider.calls[calls:]}
        served = [bool(asked & called) for asked in waiting.values()]
        assert all(served) or made == sum(served) or not left(now).of_day, "people take turns"
