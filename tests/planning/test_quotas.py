"""Operators limit the calls of single lists by quotas."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.budget import fitted
from monitor.models import Product, ScheduleFit, User, Watchlist
from monitor.planning import fit as fitting
from monitor.planning.quotas import apply_quotas, own_products
from monitor.schedule.limits import Limits
from monitor.watchlists.services import add_products, create_watchlist

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("merchant@example.com", "a-password")


def a_list(owner: User, name: str, first: int, products: int = 10, pace: str = "fixed") -> Watchlist:
    watchlist = create_watchlist(owner, name, HOUR, pace=pace)
    add_products(watchlist, [str(10**15 + first + number) for number in range(products)], NOW)
    return watchlist


def calls(watchlist: Watchlist) -> float:
    fleet = fitted.load_fleet(ScheduleFit.objects.first())
    return fitting.counted(fleet.prior, own_products(watchlist)).calls(fleet)


@pytest.mark.parametrize("pace", ["fixed", "adaptive"])
def test_a_list_takes_no_more_than_its_quota(owner: User, pace: str) -> None:
    limited, free = a_list(owner, "Limited", 0, pace=pace), a_list(owner, "Free", 100, pace=pace)
    Watchlist.objects.filter(pk=limited.pk).update(quota=60)
    for hour in range(6):
        fitting.fit_schedule(NOW + hour * HOUR)
        apply_quotas(NOW + hour * HOUR)
    assert calls(limited) == pytest.approx(60, rel=0.1)
    assert calls(free) >= 10 * 24


def test_the_interval_follows_the_quota_and_returns_without_one(owner: User) -> None:
    limited = a_list(owner, "Limited", 0)
    for quota, interval in ((60, 4 * HOUR), (None, HOUR), (120, 2 * HOUR), (10_000, HOUR)):
        Watchlist.objects.filter(pk=limited.pk).update(quota=quota)
        assert apply_quotas(NOW) == 1
        assert set(Product.objects.values_list("interval", flat=True)) == {interval}
    assert apply_quotas(NOW) == 0


def test_products_on_another_list_are_not_slowed(owner: User) -> None:
    limited, free = a_list(owner, "Limited", 0), a_list(owner, "Free", 5)
    Watchlist.objects.filter(pk=limited.pk).update(quota=60)
    apply_quotas(NOW)
    mine, shared = own_products(limited), Product.objects.filter(watches__watchlist=free)
    assert mine.count() == 5
    assert set(mine.values_list("interval", flat=True)) == {2 * HOUR}
    assert set(shared.values_list("interval", flat=True)) == {HOUR}


def test_a_quota_of_0_means_the_longest_interval(owner: User) -> None:
    limited = a_list(owner, "Limited", 0)
    Watchlist.objects.filter(pk=limited.pk).update(quota=0)
    apply_quotas(NOW)
    assert set(Product.objects.values_list("interval", flat=True)) == {30 * DAY}


def test_a_quota_of_an_empty_list_changes_nothing(owner: User) -> None:
    create_watchlist(owner, "Empty")
    Watchlist.objects.update(quota=5)
    assert apply_quotas(NOW) == 0


@given(
    st.timedeltas(timedelta(minutes=1), 30 * DAY),
    st.none() | st.timedeltas(timedelta(minutes=1), 30 * DAY),
    st.floats(1e-3, 1),
)
def test_slowed_limits_are_no_stricter_and_stay_in_order(
    latest: timedelta, soonest: timedelta | None, share: float
) -> None:
    limits = Limits(latest, soonest)
    slowed = limits.slowed(share)
    assert slowed.latest >= limits.latest
    assert slowed.is_fixed >= limits.is_fixed
    assert slowed.soonest is None or slowed.soonest <= max(slowed.latest, limits.soonest or slowed.latest)
