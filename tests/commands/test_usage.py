"""`usage`: the ledger by day, in the provider's time zone."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

from monitor.models import Usage, UsageDay
from monitor.models.usage import provider_day
from tests.commands.conftest import Rows
from tests.story import START

pytestmark = pytest.mark.django_db
TODAY = provider_day(START)


@pytest.fixture(autouse=True)
def ledger() -> None:
    """12 calls today, of which 2 are still under way and 3 were asked for; 3 six days ago; 1 a week ago."""
    for days, reserved in ((0, 12), (6, 3), (7, 1)):
        UsageDay.objects.create(day=TODAY - timedelta(days=days), reserved=reserved)
    UsageDay.objects.filter(day=TODAY).update(asked=3)
    for code, calls, billing, used, cap in (
        ("0000", 7, "billed", 40, 11000),
        ("4000", 2, "not_billed", None, None),
        ("timeout", 1, "possibly", None, None),
    ):
        Usage.objects.create(
            day=TODAY,
            api="item_get_app",
            code=code,
            calls=calls,
            billing=billing,
            provider_used=used,
            provider_cap=cap,
        )


@time_machine.travel(START, tick=False)
def test_it_prints_each_day_by_code(rows: Callable[..., Rows]) -> None:
    week_ago, today = rows("usage")
    assert today == {
        "day": "2026-11-11",
        "reserved": 12,
        "confirmations": 0,
        "asked": 3,
        "billed": 7,
        "possibly_billed": 1,
        "not_billed": 2,
        "unknown": 2,
        "provider_used": 40,
        "provider_cap": 11000,
        "codes": [
            {"api": "item_get_app", "code": "0000", "calls": 7, "billing": "billed"},
            {"api": "item_get_app", "code": "4000", "calls": 2, "billing": "not_billed"},
            {"api": "item_get_app", "code": "timeout", "calls": 1, "billing": "possibly"},
        ],
    }
    assert (week_ago["day"], week_ago["reserved"], week_ago["unknown"]) == ("2026-11-05", 3, 3)
    assert (week_ago["provider_used"], week_ago["codes"]) == (None, [])


@time_machine.travel(START, tick=False)
def test_it_goes_back_the_given_number_of_days(rows: Callable[..., Rows]) -> None:
    assert [row["reserved"] for row in rows("usage", "--days", "1")] == [12]
    assert [row["reserved"] for row in rows("usage", "--days=8")] == [1, 3, 12]


@time_machine.travel(START + timedelta(hours=16), tick=False)
def test_its_day_begins_at_midnight_in_china(rows: Callable[..., Rows]) -> None:
    assert rows("usage", "--days=1") == []


@time_machine.travel(START, tick=False)
def test_it_prints_a_table_for_people(written: Callable[..., tuple[str, str]], settings: Settings) -> None:
    settings.PROVIDER_DAILY_CALLS = 20_000
    out, _err = written("usage", "--days=1")
    header, day, requests, *codes, budget = out.splitlines()
    assert header.split()[:4] == ["day", "calls", "billed", "possibly"]
    assert day.split() == ["2026-11-11", "12", "7", "1", "2", "2", "40", "11,000"]
    assert requests.split() == ["3", "of", "them", "because", "people", "asked"]
    assert codes[0].split() == ["7", "0000", "item_get_app,", "billed"]
    assert budget == "The budget is 11,000 calls a day, the provider's cap: it is set to 20,000."


@pytest.mark.parametrize("days", ["0", "-1", "1.5", "x", "99999", "9" * 5000])
def test_it_refuses_an_invalid_number_of_days(days: str) -> None:
    with pytest.raises(CommandError, match="no number of days"):
        call_command("usage", f"--days={days}")
