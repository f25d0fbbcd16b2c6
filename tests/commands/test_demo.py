"""`demo`: an invented past, recorded by the real code, once."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from itertools import pairwise
from typing import ClassVar

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import TestCase
from django.utils import timezone
from pytest_django.fixtures import Settings

from monitor import recording
from monitor.changes import PRODUCT_STATE_FIELDS, ProductState, product_changes
from monitor.management import replay
from monitor.management.commands.demo import LISTS, MERCHANT, OPERATOR, PASSWORD, READ_AFTER
from monitor.models import (
    Alert,
    AlertRead,
    Change,
    Message,
    Outage,
    Product,
    Snapshot,
    Usage,
    UsageDay,
    User,
    Watchlist,
)
from monitor.models.usage import provider_day
from monitor.sandbox.catalogue import ABSENCES, EDITS, SALES_HABITS, PriceHabit, product_of
from tests.commands.conftest import Rows

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
DAYS = 8


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def contents() -> list[object]:
    return [
        sorted(map(str, model.objects.values_list()))
        for model in (User, Watchlist, Product, Snapshot, Change, Outage, Alert)
    ]


class EightDaysTest(TestCase):
    """The content of the demo. It takes long to create, so these tests share one."""

    counts: ClassVar[dict[str, int]]

    @classmethod
    def setUpTestData(cls) -> None:
        with time_machine.travel(NOW, tick=False):
            call_command("demo", f"--days={DAYS}", "--json", stdout=(out := StringIO()))
        cls.counts = json.loads(out.getvalue())

    def test_it_creates_people_lists_and_history_once(self) -> None:
        counts = self.counts
        assert (counts["watchlists"], counts["products"], counts["outages"]) == (3, 48, 1)
        assert counts["checks"] > 0
        assert counts["snapshots"] == Snapshot.objects.count() > 100
        assert counts["changes"] == Change.objects.filter(product__isnull=False).count() > 100
        assert counts["alerts"] == Alert.objects.count() > 5
        assert 0 < counts["calls_a_day"] < counts["budget"] == 11_000
        before = contents()
        call_command("demo", f"--days={DAYS}", "--json", stdout=(out := StringIO()))
        assert json.loads(out.getvalue()) == {**counts, "checks": 0}
        assert contents() == before

    def test_its_people_can_log_in(self) -> None:
        merchant, operator = User.objects.get(email=MERCHANT), User.objects.get(email=OPERATOR)
        assert merchant.check_password(PASSWORD)
        assert (merchant.language, merchant.is_staff) == ("zh-hans", False)
        assert operator.check_password(PASSWORD)
        assert operator.is_superuser
        assert set(merchant.watchlists.values_list("name", flat=True)) == {"本店商品", "竞品", "供应商"}

    def test_its_past_ends_before_now_and_costs_no_call_today(self) -> None:
        assert not Alert.objects.filter(is_delivered=False).exists()
        assert not Message.objects.exists()
        reads = AlertRead.objects.filter(user__email=MERCHANT)
        assert reads.exists()
        assert not reads.filter(alert__created_at__gte=NOW - READ_AFTER).exists()
        today = provider_day(NOW)
        assert not UsageDay.objects.filter(day__gte=today).exists()
        assert not Usage.objects.filter(day__gte=today).exists()
        assert not Snapshot.objects.filter(data_time__gt=NOW).exists()
        assert not Alert.objects.filter(created_at__gt=NOW).exists()

    def test_its_past_calls_are_in_the_ledger(self) -> None:
        days = {day.day: day.reserved for day in UsageDay.objects.all()}
        assert min(days.values()) > 0
        for day, calls in days.items():
            assert sum(Usage.objects.filter(day=day).values_list("calls", flat=True)) == calls
        # Each whole day has nearly one check an hour of each product, except while the demo was asleep.
        *whole, _last = sorted(days.values())[1:]
        due = 24 * Product.objects.watched().count()
        assert all(0.6 * due < calls <= due for calls in whole)
        assert ("0000", "billed") in set(Usage.objects.values_list("code", "billing"))

    def test_its_products_are_due_again_within_their_intervals(self) -> None:
        restless = Product.objects.filter(interval=timedelta(minutes=2))
        assert restless.count() >= 3
        assert Product.objects.watched().count() == 48
        for product in Product.objects.all():
            assert product.interval is not None
            assert product.next_check_at is not None
            assert product.next_check_at <= NOW + product.interval

    def test_its_prices_have_moved_since_a_day_and_a_week_ago(self) -> None:
        assert Product.objects.watched().filter(index__day_share__isnull=True).count() <= 1
        assert Product.objects.filter(index__week_share__lt=0).exists()

    def test_its_changes_are_those_between_its_snapshots(self) -> None:
        for product in Product.objects.all():
            content: dict[str, object] = {}
            states = []
            for snapshot in product.snapshots.order_by("data_time"):
                content = snapshot.content if snapshot.content is not None else content
                fields = {name: getattr(snapshot, name) for name in PRODUCT_STATE_FIELDS if name != "content"}
                states.append(ProductState(**fields, content=content))  # type: ignore[arg-type]
            expected = [change for before, after in pairwise(states) for change in product_changes(before, after)]
            stored = product.changes.order_by("first_seen_after", "pk").values_list("field", "before", "after")
            assert [(difference.field, difference.before, difference.after) for difference in expected] == list(stored)

    def test_it_has_an_outage_and_a_gap_without_checks(self) -> None:
        outage = Outage.objects.get()
        assert (outage.outcome, outage.code) == ("provider_error", "4002")
        assert outage.checks > 5
        assert not outage.product.snapshots.filter(
            data_time__gte=outage.began_at, data_time__lt=outage.ended_at
        ).exists()
        asleep = replay.ReplayPast(NOW - timedelta(days=DAYS), NOW, unlucky="").asleep
        assert not Snapshot.objects.filter(data_time__gt=asleep.start, data_time__lt=asleep.end).exists()
        assert Snapshot.objects.filter(last_seen_before=asleep.start, data_time=asleep.end).exists()

    def test_it_keeps_what_people_changed_since(self) -> None:
        User.objects.get(email=MERCHANT).watchlists.filter(name="供应商").delete()
        merchant = User.objects.get(email=MERCHANT)
        merchant.set_password("another-password")
        merchant.save()
        call_command("demo", "--json", stdout=(out := StringIO()))
        assert json.loads(out.getvalue())["watchlists"] == 2
        assert User.objects.get(email=MERCHANT).check_password("another-password")


def test_it_goes_on_where_it_was_interrupted(monkeypatch: pytest.MonkeyPatch, rows: Callable[..., Rows]) -> None:
    class Killed(BaseException):
        """The end of the process."""

    batches = 0

    def record(*args: object, **kwargs: object) -> list[recording.Recorded]:
        nonlocal batches
        batches += 1
        if batches == 20:
            raise Killed
        return recording.record(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(replay, "record", record)
    with pytest.raises(Killed):
        call_command("demo", "--days=2", "--json")
    assert not Product.objects.due(timezone.now()).exists()
    monkeypatch.undo()
    [counts] = rows("demo", "--days=2")
    assert counts["checks"] > 0
    assert Product.objects.watched().count() == 48
    assert set(Product.objects.filter(checked_at__lt=NOW - timedelta(hours=2))) == set()
    assert rows("demo", "--days=2")[0]["checks"] == 0


def test_its_products_show_every_behaviour() -> None:
    products = [product_of(num_iid) for demo_list in LISTS for num_iid in demo_list.num_iids]
    assert len({product.titles[0] for product in products}) == 48
    assert {product.price_habit for product in products} == set(PriceHabit)
    assert {product.sales_habit for product in products} == set(SALES_HABITS)
    assert {product.absence for product in products} == {None, *ABSENCES.values()}
    assert {edit for product in products for edit in product.edits} == set(EDITS)


def test_it_runs_only_on_the_sandbox(settings: Settings) -> None:
    settings.PROVIDER_SANDBOX = False
    with pytest.raises(CommandError, match="only on the sandbox"):
        call_command("demo")
    assert not User.objects.exists()


def test_it_prints_how_to_log_in(written: Callable[..., tuple[str, str]]) -> None:
    out, _err = written("demo", "--days=1")
    assert "checks replayed." in out
    assert f"password {PASSWORD}" in out
    assert "of the day's 11,000 calls" in out
    out, _err = written("demo", "--days=1")
    assert out.startswith("The demo is there already; nothing was changed.")


@pytest.mark.parametrize("days", ["0", "366", "-3", "many"])
def test_it_refuses_an_invalid_number_of_days(days: str) -> None:
    with pytest.raises(CommandError, match=r"days|invalid int"):
        call_command("demo", f"--days={days}")
