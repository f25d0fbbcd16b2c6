"""`demo`: an invented past, recorded by the real code, once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import TestCase
from pytest_django.fixtures import Settings

from monitor.management import replay
from monitor.management.commands.demo import MERCHANT, OPERATOR, PASSWORD, READ_AFTER
from monitor.models import (
    Alert,
    AlertRead,
    AssortmentEntry,
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

    @classmethod
    def setUpTestData(cls) -> None:
        with time_machine.travel(NOW, tick=False):
            call_command("demo", f"--days={DAYS}", stdout=StringIO())

    def test_it_creates_people_lists_and_history_once(self) -> None:
        merchant, operator = User.objects.get(email=MERCHANT), User.objects.get(email=OPERATOR)
        assert merchant.check_password(PASSWORD)
        assert operator.is_superuser
        assert merchant.watchlists.count() == 3
        watched = Product.objects.filter(watches__isnull=False).distinct()
        assert watched.count() == 48
        assert Snapshot.objects.filter(product__in=watched).count() > 100
        assert Change.objects.filter(product__in=watched).count() > 100
        assert AssortmentEntry.objects.filter(product__in=watched).exists()
        assert Alert.objects.count() > 5
        before = contents()
        call_command("demo", stdout=(out := StringIO()))
        assert "there already" in out.getvalue()
        assert contents() == before

    def test_its_past_ends_before_now_and_costs_no_call_today(self) -> None:
        assert not Alert.objects.filter(is_delivered=False).exists()
        assert not Message.objects.filter(status=Message.Status.SENT).exists()
        reads = AlertRead.objects.filter(user__email=MERCHANT)
        assert reads.exists()
        assert not reads.filter(alert__created_at__gte=NOW - READ_AFTER).exists()
        today = provider_day(NOW)
        assert not UsageDay.objects.filter(day__gte=today).exists()
        assert not Usage.objects.filter(day__gte=today).exists()
        assert not Snapshot.objects.filter(data_time__gt=NOW).exists()
        assert not Alert.objects.filter(created_at__gt=NOW).exists()

    def test_it_has_a_failing_product_a_refused_robot_and_a_gap_without_checks(self) -> None:
        failing = Product.objects.get(failing_since__isnull=False)
        assert (failing.last_outcome, failing.last_code) == ("provider_error", "4002")
        assert failing.failures > 3
        assert Message.objects.get(status=Message.Status.HELD).alerts.exists()
        asleep = replay.ReplayPast(NOW - timedelta(days=DAYS), NOW).asleep
        assert not Snapshot.objects.filter(
            data_time__gt=asleep.start, data_time__lt=asleep.end
        ).exists()
        assert Snapshot.objects.filter(last_seen_before=asleep.start, data_time=asleep.end).exists()


def test_it_runs_only_on_the_sandbox(settings: Settings) -> None:
    settings.PROVIDER_SANDBOX = False
    with pytest.raises(CommandError, match="only on the sandbox"):
        call_command("demo")
    assert not User.objects.exists()


@pytest.mark.parametrize("days", ["0", "366"])
def test_it_refuses_an_invalid_number_of_days(days: str) -> None:
    with pytest.raises(CommandError, match="1 to 365 days"):
        call_command("demo", f"--days={days}")
