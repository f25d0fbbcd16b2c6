"""The checks that one person asks for take at most a tenth of a day's calls, if several people have
lists."""

import threading
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from monitor.models import Charge, Import, Product, UsageDay, User, Watch, Watchlist
from monitor.models.usage import PARTS, provider_day, quota_reset
from monitor.polling.budget.first_checks import first_check_times
from monitor.watching import bulk
from monitor.watching.deletion import bring_back, delete_for_now
from monitor.watching.imports import Source, Target, add_some, start_import
from monitor.watching.removal import put_back, remove_for_now
from monitor.watching.requests import ask
from monitor.watching.services import pause
from monitor.watching.uploads.lines import UploadLine
from tests.models.factories import ProductFactory, UserFactory, WatchFactory, WatchlistFactory
from tests.polling.threads import at_once

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)  # 12:00 in the provider's zone
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _budget(settings: Settings) -> None:
    settings.PROVIDER_DAILY_CALLS = 200


@pytest.fixture
def merchant() -> User:
    return UserFactory.create()


@pytest.fixture
def watchlist(merchant: User) -> Watchlist:
    """A list of 50 products, each due in the evening."""
    watchlist = WatchlistFactory.create(owner=merchant)
    for _ in range(50):
        WatchFactory.create(
            watchlist=watchlist, product=ProductFactory.create(next_check_at=NOON + DAY / 4)
        )
    return watchlist


@pytest.fixture
def others(watchlist: Watchlist) -> Watchlist:
    """Another user's list with one product."""
    theirs = WatchlistFactory.create()
    WatchFactory.create(
        watchlist=theirs, product=ProductFactory.create(next_check_at=NOON + DAY / 4)
    )
    return theirs


def due(watchlist: Watchlist, at: datetime = NOON) -> int:
    return Product.objects.filter(
        watches__watchlist=watchlist, asked_at__isnull=False, next_check_at__lte=at
    ).count()


def checks(watchlist: Watchlist, by: User, at: datetime = NOON) -> tuple[int, int]:
    keys = list(Watch.objects.filter(watchlist=watchlist).values_list("pk", flat=True))
    result = bulk.check_all(keys, by, at)
    return len(result.products), result.over_allowance


def imports(watchlist: Watchlist, by: User, first_id: int, many: int) -> Import:
    lines = tuple(UploadLine(n, "", str(first_id + n)) for n in range(many))
    import_ = start_import(by, Source(lines=lines), Target(watchlist), NOON, is_decided=True)
    while not add_some(import_, NOON):
        pass
    return import_


def test_one_person_gets_a_tenth_of_the_days_calls(
    watchlist: Watchlist, merchant: User, others: Watchlist
) -> None:
    assert checks(watchlist, merchant) == (20, 30)
    assert checks(watchlist, merchant) == (0, 30)
    assert due(watchlist) == 20
    assert checks(others, others.owner) == (1, 0)


def made(watchlist: Watchlist, by: User) -> None:
    """Make and charge the checks that were asked for."""
    asked = Product.objects.filter(asked_at__isnull=False)
    Charge.objects.create(
        day=provider_day(NOON), person=by, reason=Charge.Reason.ASKED, parts=PARTS * asked.count()
    )
    asked.update(asked_at=None, asked_by=None)
    Product.objects.update(next_check_at=NOON + 3 * DAY)


def test_the_allowance_is_renewed_at_midnight(
    watchlist: Watchlist, merchant: User, others: Watchlist
) -> None:
    checks(watchlist, merchant)
    made(watchlist, merchant)
    assert checks(watchlist, merchant, quota_reset(NOON) - timedelta(seconds=1)) == (0, 50)
    assert checks(watchlist, merchant, quota_reset(NOON)) == (20, 30)


def test_confirmations_and_first_checks_use_the_allowance_too(
    watchlist: Watchlist, merchant: User, others: Watchlist
) -> None:
    for reason, parts in (
        (Charge.Reason.CONFIRMING, 2500),
        (Charge.Reason.FIRST, 3000),
        (Charge.Reason.SCHEDULE, 90_000),
    ):
        Charge.objects.create(day=provider_day(NOON), person=merchant, reason=reason, parts=parts)
    assert checks(watchlist, merchant) == (14, 36), "5.5 calls count as 6, and the schedule's not"


def test_a_single_user_is_limited_by_the_budget_only(watchlist: Watchlist, merchant: User) -> None:
    assert checks(watchlist, merchant) == (50, 0)


def test_one_person_gets_half_of_the_last_calls(
    watchlist: Watchlist, merchant: User, others: Watchlist
) -> None:
    UsageDay.objects.create(day=provider_day(NOON), reserved=190)
    assert checks(watchlist, merchant) == (5, 45)
    assert checks(watchlist, merchant) == (0, 45)
    assert checks(others, others.owner) == (1, 0)


def test_first_checks_of_a_small_import_are_made_at_once_up_to_the_allowance(
    merchant: User, others: Watchlist
) -> None:
    mine = WatchlistFactory.create(owner=merchant, name="New")
    imports(mine, merchant, 7000, 30)
    assert due(mine) == 20
    later = Product.objects.filter(num_iid__startswith="70", asked_at=None).order_by(
        "next_check_at"
    )
    assert len(later) == 10
    assert all(
        quota_reset(NOON) <= product.next_check_at <= NOON + DAY
        for product in later
        if product.next_check_at
    )
    assert checks(mine, merchant) == (0, 10)


def waiting(of: Watchlist, on: int) -> int:
    """Return the number of first checks that are due on one of the coming days."""
    span = (NOON + on * DAY + timedelta(seconds=1), NOON + (on + 1) * DAY)
    return Product.objects.filter(
        watches__watchlist=of, checked_at=None, next_check_at__range=span
    ).count()


def assert_at_most_a_tenth_a_day(of: Watchlist, days: int) -> None:
    """Assert that all first checks of the list's products are due within these days, at most 20 on
    each."""
    counts = [waiting(of, on) for on in range(days)]
    assert (max(counts), sum(counts)) == (20, of.watches.count())


def test_the_first_checks_of_a_large_import_take_at_most_a_tenth_of_a_day(
    merchant: User, others: Watchlist
) -> None:
    mine = WatchlistFactory.create(owner=merchant, name="New")
    imports(mine, merchant, 7000, 800)
    assert_at_most_a_tenth_a_day(mine, 40)


def test_pausing_removing_and_undoing_do_not_speed_up_first_checks(
    merchant: User, others: Watchlist
) -> None:
    mine = WatchlistFactory.create(owner=merchant, name="New")
    imports(mine, merchant, 7000, 120)
    some = mine.watches.filter(product__next_check_at__lte=NOON + 3 * DAY)
    for chosen in (mine.watches.all(), some):
        keys = list(chosen.values_list("pk", flat=True))
        pause(Watch.objects.filter(pk__in=keys), NOON)
        pause(Watch.objects.filter(pk__in=keys), NOON, paused=False)
        assert_at_most_a_tenth_a_day(mine, 6)
    removed = remove_for_now(list(mine.watches.values_list("pk", flat=True)), NOON)
    assert put_back(merchant, removed, NOON) == 120
    assert_at_most_a_tenth_a_day(mine, 6)
    delete_for_now(mine, NOON)
    bring_back(merchant, mine.pk, NOON)
    assert_at_most_a_tenth_a_day(mine, 6)


def test_a_paused_list_spends_no_allowance(merchant: User, others: Watchlist) -> None:
    mine = WatchlistFactory.create(owner=merchant, name="New", is_paused=True)
    imports(mine, merchant, 7000, 30)
    assert not Product.objects.filter(asked_at__isnull=False).exists()


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_time_get_no_more(
    watchlist: Watchlist, merchant: User, others: Watchlist
) -> None:
    keys = list(Product.objects.filter(watches__watchlist=watchlist).values_list("pk", flat=True))
    start, counts = threading.Barrier(2), []

    def click(some: list[int]) -> None:
        start.wait()
        counts.append(len(ask(Product.objects.filter(pk__in=some), merchant, NOON).products))

    at_once(lambda: click(keys[:25]), lambda: click(keys[20:]))
    assert sum(counts) == due(watchlist) == 20


@pytest.mark.parametrize("budget", [1, 3, 1500, 10**9])
def test_any_budget_has_times_for_first_checks(merchant: User, budget: int) -> None:
    now = timezone.now()
    times = list(islice(first_check_times(merchant.pk, None, budget, now), 5))
    assert now < times[0]
    assert times == sorted(set(times))
    assert times[-1] - now <= 5 * timedelta(days=1) / max(1, budget // 2) + timedelta(seconds=1)
