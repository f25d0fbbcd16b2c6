"""What is older than `HISTORY_FULL_DAYS` is thinned, and what pages say of it stays true."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from pytest_django.fixtures import Settings

from monitor.changes import PRODUCT_VALUE_FIELDS, ProductState, product_changes
from monitor.history.reads import ProductHistory, history
from monitor.history.sales_days import SalesDay, sales_days
from monitor.models import Alert, Change, Product, Snapshot, Thinning
from monitor.provider.observation import Sales
from monitor.recording import thinning
from monitor.rules.kinds import Kind
from tests.story import START, TELLS, Story
from tests.threads import at_once

pytestmark = pytest.mark.django_db
DAY, DAYS = timedelta(days=1), 200
#: When the story, of four days, is long past.
LATER = START + timedelta(days=DAYS + 5)


@pytest.fixture(autouse=True)
def full(settings: Settings) -> Settings:
    settings.HISTORY_FULL_DAYS = DAYS
    return settings


def sells(story: Story, hours: int, **fields: Any) -> None:
    """Sell a unit an hour or, in some, two."""
    for _ in range(hours):
        sold = story.product.sales or 100
        story.hears(sales=Sales(sold + 1 + story.now.hour % 2, 1), **fields)


def four_days() -> Story:
    """Prices that fall and come back, a title, alerts about sales, hours without checks: in most
    hours sales alone change."""
    story = Story()
    story.rule(Kind.SALES_GREW_BY, 20, days=2)
    sells(story, 30)
    sells(story, 3, price=6300)
    sells(story, 30)
    story.now += timedelta(hours=9)
    sells(story, 15, title="磨毛衬衫女")
    story.hears(sales=Sales(story.product.sales or 0, 1), title="磨毛衬衫女", price=8100)
    sells(story, 5)
    return story


def told(story: Story) -> tuple[ProductHistory, list[SalesDay]]:
    """Return the history and the days of sales, as they were when the story ended."""
    past = history(story.product, "all", story.now)
    with timezone.override(settings.DEFAULT_USER_TIME_ZONE):
        return past, sales_days(story.product, START, story.now, past.states)


def replayed() -> Iterator[tuple[Any, ...]]:
    """Yield the changes that the snapshots tell."""
    for product in Product.objects.all():
        content: Any = {}
        states = []
        for row in product.snapshots.order_by("data_time"):
            content = row.content if row.content is not None else content
            values = {name: getattr(row, name) for name in PRODUCT_VALUE_FIELDS}
            states.append((row.data_time, ProductState(content=content, **values)))
        for (_, before), (at, after) in pairwise(states):
            for change in product_changes(before, after):
                yield product.pk, at, change.field, change.before, change.after


def stored() -> list[tuple[Any, ...]]:
    rows = Change.objects.filter(product__isnull=False)
    return list(rows.values_list("product", "first_seen_after", "field", "before", "after"))


def in_order(rows: Any) -> list[tuple[Any, ...]]:
    return sorted(rows, key=lambda row: row[:3])


def test_figures_stay_and_the_snapshots_still_tell_the_changes() -> None:
    story = four_days()
    (past, days), snapshots, alerts = (
        told(story),
        Snapshot.objects.count(),
        list(Alert.objects.values()),
    )
    others = list(Change.objects.exclude(field="sales").values())
    thinned = thinning.thin(LATER)
    assert thinned > 45
    assert Snapshot.objects.count() == snapshots - thinned < snapshots / 2
    past_after, days_after = told(story)
    assert past_after.prices == past.prices
    assert past_after.price_facts == past.price_facts
    assert past_after.held("list_price") == past.held("list_price")
    assert days_after == days
    assert list(Change.objects.exclude(field="sales").values()) == others
    assert in_order(replayed()) == in_order(stored())
    assert list(Alert.objects.values()) == alerts


def test_a_change_of_sales_tells_the_whole_time_in_which_it_happened() -> None:
    story = Story()
    sells(story, 12)
    thinning.thin(LATER)
    [change] = Change.objects.all()
    first, last = Snapshot.objects.order_by("data_time")
    assert (change.before, change.after, change.first_seen_after) == (
        first.sales,
        last.sales,
        last.data_time,
    )
    assert change.last_seen_before == first.data_time


def test_the_evidence_of_an_alert_stays() -> None:
    four_days()
    of_sales = Alert.objects.filter(field="sales")
    assert of_sales.exists()
    changes = list(Change.objects.filter(alerts__in=of_sales).values())
    states = {alert.pk: state_at(alert.data_time) for alert in of_sales}
    thinning.thin(LATER)
    assert list(Change.objects.filter(alerts__in=of_sales).values()) == changes
    assert {alert.pk: state_at(alert.data_time) for alert in of_sales} == states


def state_at(moment: datetime) -> Any:
    return Snapshot.objects.filter(data_time__lte=moment).order_by("-data_time").values().first()


def test_younger_days_and_those_of_who_keeps_everything_stay(full: Settings) -> None:
    story = four_days()
    snapshots = Snapshot.objects.count()
    assert thinning.thin(START + timedelta(days=DAYS)) == 0
    full.HISTORY_FULL_DAYS = None
    assert thinning.thin(LATER) == 0
    assert Snapshot.objects.count() == snapshots == len(told(story)[0].states)


def test_each_day_is_thinned_when_it_is_old_enough_and_then_never_again() -> None:
    four_days()
    daily = [thinning.thin(START + timedelta(days=DAYS + day)) for day in range(7)]
    assert [amount > 0 for amount in daily] == [False, True, True, True, True, True, False]
    assert in_order(replayed()) == in_order(stored())
    left = list(Snapshot.objects.values())
    Thinning.objects.all().delete()
    assert thinning.thin(LATER) == 0
    assert list(Snapshot.objects.values()) == left


def test_a_run_that_is_killed_is_taken_up_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story(products=3)
    for hour in range(12):
        story.now += timedelta(hours=1)
        sold = Sales(100 + hour, 1)
        story.records(
            [replace(TELLS, num_iid=key, data_time=story.now, sales=sold) for key in story.num_iids]
        )
    monkeypatch.setattr(thinning, "PRODUCTS", 1)
    create, calls = Change.objects.bulk_create, []

    def killed(changes: list[Change]) -> list[Change]:
        calls.append(changes)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return create(changes)

    with monkeypatch.context() as patch:
        patch.setattr(type(Change.objects), "bulk_create", lambda _, changes: killed(changes))
        with pytest.raises(KeyboardInterrupt):
            thinning.thin(LATER)
    assert Snapshot.objects.count() == 2 + 12 + 12
    assert in_order(replayed()) == in_order(stored())
    thinning.thin(LATER)
    assert Snapshot.objects.count() == 6
    assert in_order(replayed()) == in_order(stored())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_checks_and_a_second_run_wait_for_no_step() -> None:
    story = Story()
    sells(story, 12)
    Thinning.objects.create()

    def check() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        sells(story, 1)
        assert thinning.thin(LATER) == 0

    with transaction.atomic():
        assert thinning.thin(LATER) == 10
        at_once(check)
    assert Snapshot.objects.count() == 3
