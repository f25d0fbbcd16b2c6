"""`demo`: an invented past, recorded by the real code, once."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import ClassVar

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import TestCase
from django.utils import timezone
from pytest_django.fixtures import Settings

from monitor.management import replay
from monitor.management.commands import demo
from monitor.management.commands.demo import MERCHANT, OPERATOR, PASSWORD, READ_AFTER
from monitor.models import (
    Alert,
    AlertRead,
    Change,
    Message,
    Outage,
    Product,
    RangeEntry,
    Snapshot,
    Usage,
    UsageDay,
    User,
    Watchlist,
)
from monitor.models.usage import provider_day
from monitor.polling import recording

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
DAYS = 4


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def contents() -> list[object]:
    return [
        sorted(map(str, model.objects.values_list()))
        for model in (User, Watchlist, Product, Snapshot, Change, Outage, Alert)
    ]


class FourDaysTest(TestCase):
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
        watched = Product.objects.filter(watches__isnull=False)
        assert counts["snapshots"] == Snapshot.objects.filter(product__in=watched).count() > 100
        assert counts["changes"] == Change.objects.filter(product__in=watched).count() > 100
        assert RangeEntry.objects.filter(product__in=watched).exists()
        assert (
            RangeEntry.objects.exclude(product__in=watched)
            .filter(product__title__isnull=False)
            .exists()
        )
        assert counts["alerts"] == Alert.objects.count() > 5
        assert 0 < counts["calls_a_day"] < counts["budget"] == 11_000
        before = contents()
        call_command("demo", f"--days={DAYS}", "--json", stdout=(out := StringIO()))
        assert json.loads(out.getvalue()) == {**counts, "checks": 0}
        assert contents() == before

    def test_its_followed_shops_rank_watched_products_among_the_others(self) -> None:
        watched = RangeEntry.objects.filter(
            left_at=None, product__watches__isnull=False, product__units__gt=0
        )
        assert watched.order_by("-product__units")[0].is_best

    def test_its_people_can_log_in(self) -> None:
        merchant, operator = User.objects.get(email=MERCHANT), User.objects.get(email=OPERATOR)
        assert merchant.check_password(PASSWORD)
        assert (merchant.language, merchant.is_staff) == ("zh-hans", False)
        assert operator.check_password(PASSWORD)
        assert operator.is_superuser
        assert set(merchant.watchlists.values_list("name", flat=True)) == {
            "本店商品",
            "竞品",
            "供应商",
        }

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

    def test_it_has_an_outage_and_a_gap_without_checks(self) -> None:
        outage = Outage.objects.get()
        assert (outage.outcome, outage.code) == ("provider_error", "4002")
        assert outage.checks > 3
        assert not outage.product.snapshots.filter(
            data_time__gte=outage.began_at, data_time__lt=outage.ended_at
        ).exists()
        asleep = replay.ReplayPast(NOW - timedelta(days=DAYS), NOW, unlucky="").asleep
        assert not Snapshot.objects.filter(
            data_time__gt=asleep.start, data_time__lt=asleep.end
        ).exists()
        assert Snapshot.objects.filter(last_seen_before=asleep.start, data_time=asleep.end).exists()

    def test_it_keeps_what_people_changed_since(self) -> None:
        User.objects.get(email=MERCHANT).watchlists.filter(name="供应商").delete()
        merchant = User.objects.get(email=MERCHANT)
        merchant.set_password("another-password")
        merchant.save()
        call_command("demo", "--json", stdout=(out := StringIO()))
        assert json.loads(out.getvalue())["watchlists"] == 2
        assert User.objects.get(email=MERCHANT).check_password("another-password")


def test_it_goes_on_where_it_was_interrupted_and_prints_how_to_log_in(
    monkeypatch: pytest.MonkeyPatch, written: Callable[..., tuple[str, str]]
) -> None:
    class Killed(BaseException):
        """The end of the process."""

    batches = 0

    def record(*args: object, **kwargs: object) -> list[recording.Recorded]:
        nonlocal batches
        batches += 1
        if batches == 20:
            raise Killed
        return recording.record(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(demo, "LISTS", demo.LISTS[:1])
    monkeypatch.setattr(replay, "record", record)
    with pytest.raises(Killed):
        call_command("demo", "--days=1", "--json")
    assert not Product.objects.due(timezone.now()).exists()
    monkeypatch.setattr(replay, "record", recording.record)
    out, _err = written("demo", "--days=1")
    assert "checks replayed." in out
    assert f"password {PASSWORD}" in out
    assert "of the day's 11,000 calls" in out
    assert Product.objects.watched().count() == 16
    assert set(Product.objects.filter(checked_at__lt=NOW - timedelta(hours=2))) == set()
    out, _err = written("demo", "--days=1")
    assert out.startswith("The demo is there already; nothing was changed.")


def test_it_runs_only_on_the_sandbox(settings: Settings) -> None:
    settings.PROVIDER_SANDBOX = False
    with pytest.raises(CommandError, match="only on the sandbox"):
        call_command("demo")
    assert not User.objects.exists()


@pytest.mark.parametrize("days", ["0", "366"])
def test_it_refuses_an_invalid_number_of_days(days: str) -> None:
    with pytest.raises(CommandError, match="1 to 365 days"):
        call_command("demo", f"--days={days}")
