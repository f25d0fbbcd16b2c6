"""Lists of those who ask for more than their share are slowed down, never another's."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from monitor.judging.schedule.limits import Limits
from monitor.models import Allowance, Product, ScheduleFit, User, Watchlist
from monitor.polling.budget.fitted import load_fleet
from monitor.polling.planning import fit as fitting
from monitor.polling.planning.fair_shares import apply_fair_shares, fair_part
from monitor.watching.services import add_products, create_watchlist, pause_watchlist
from tests.models.factories import UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _budget(settings: Settings) -> None:
    settings.PROVIDER_DAILY_CALLS = 1000


@pytest.fixture
def modest() -> User:
    return UserFactory.create(email="modest@example.com")


@pytest.fixture
def greedy() -> User:
    return UserFactory.create(email="greedy@example.com")


def a_list(
    owner: User, first: int, interval: timedelta, products: int = 10, pace: str = "fixed"
) -> Watchlist:
    watchlist = create_watchlist(owner, f"List {first}", interval, pace=pace)
    add_products(watchlist, [str(10**15 + first + number) for number in range(products)], NOW)
    return watchlist


def intervals(owner: User) -> set[timedelta | None]:
    return set(
        Product.objects.filter(watches__watchlist__owner=owner).values_list("interval", flat=True)
    )


def fit(hours: int = 1) -> None:
    for hour in range(hours):
        fitting.fit_schedule(NOW + hour * HOUR)
        apply_fair_shares(NOW + hour * HOUR)


def test_a_list_at_five_minutes_slows_down_itself_alone(modest: User, greedy: User) -> None:
    a_list(modest, 0, 2 * HOUR)
    a_list(modest, 100, DAY, pace="adaptive")
    a_list(greedy, 200, 5 * MINUTE, products=50)
    fit(hours=3)
    assert intervals(modest) == {2 * HOUR, DAY}
    [slowed] = intervals(greedy)
    assert slowed is not None
    # They get 500, an equal part, and what the modest user leaves of three quarters of the budget.
    assert 50 * DAY / slowed == pytest.approx(750 - 130, rel=0.05)
    fleet = load_fleet(ScheduleFit.objects.first())
    assert fleet.stretch == 0, "nothing else is stretched"
    others = fitting.counted(fleet.prior).calls(fleet) - 50 * DAY / slowed
    assert others > 130, "lists that adapt get more than the least"


def test_a_person_who_is_alone_is_limited_by_the_budget_only(greedy: User) -> None:
    a_list(greedy, 0, 5 * MINUTE, products=50)
    Allowance.objects.create(person=greedy, calls=1)
    fit()
    assert intervals(greedy) == {5 * MINUTE}


def test_lists_follow_the_allowance_and_return_without_one(modest: User, greedy: User) -> None:
    a_list(modest, 0, DAY)
    a_list(greedy, 100, HOUR)
    for calls, interval in ((60, 4 * HOUR), (None, HOUR), (120, 2 * HOUR), (10_000, HOUR)):
        Allowance.objects.update_or_create(person=greedy, defaults={"calls": calls})
        assert apply_fair_shares(NOW) == 1
        assert intervals(greedy) == {interval}
    assert apply_fair_shares(NOW) == 0
    assert intervals(modest) == {DAY}


def test_what_another_list_asks_for_is_checked_as_that_one_asks(modest: User, greedy: User) -> None:
    a_list(modest, 5, HOUR)
    a_list(greedy, 0, HOUR)
    Allowance.objects.create(person=greedy, calls=60)
    fit()
    assert intervals(modest) == {HOUR}
    assert intervals(greedy) == {HOUR, 4 * HOUR}


def test_paused_and_empty_lists_ask_for_nothing(modest: User, greedy: User) -> None:
    a_list(modest, 0, DAY)
    create_watchlist(greedy, "Empty")
    pause_watchlist(a_list(greedy, 100, 5 * MINUTE), NOW, paused=True)
    Allowance.objects.create(person=greedy, calls=5)
    fit()
    assert User.objects.get(pk=greedy.pk).granted_share == 1


def test_people_who_watch_the_same_products_are_not_slowed_for_it(settings: Settings) -> None:
    for person in UserFactory.create_batch(6):
        a_list(person, 0, HOUR)
    fit()
    assert not User.objects.filter(granted_share__lt=1).exists(), "240 calls serve all six"


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30), st.floats(1, 1e6))
def test_the_fair_part_uses_all_calls_and_slows_nobody_below_it(
    asked: list[float], calls: float
) -> None:
    part = fair_part(asked, calls)
    got = sum(min(amount, part) for amount in asked)
    assert got == pytest.approx(min(calls, sum(asked)), rel=1e-6, abs=1e-6)
    assert part >= calls / len(asked) - 1e-6


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
    assert slowed.soonest is None or slowed.soonest <= max(
        slowed.latest, limits.soonest or slowed.latest
    )
