"""`simulate`: what the adaptive schedule is worth, told to people and to programs."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

from monitor.models import Budget, Simulation, UsageDay
from tests.commands.conftest import Rows
from tests.factories import SimulationFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 25, 17, 0, tzinfo=UTC)
#: Two days of few calls are soon played.
SHORT = ("--days=2", "--calls=600", "--start=2026-11-18")


@pytest.fixture(autouse=True)
def _sandbox(settings: Settings) -> None:
    settings.PROVIDER_SANDBOX = True


def test_programs_get_a_row_for_each_policy_and_day_a_summary_and_a_comparison(rows: Callable[..., Rows]) -> None:
    told = rows("simulate", *SHORT)
    assert [(row["type"], row.get("policy"), row.get("day")) for row in told] == [
        ("day", "adaptive", "2026-11-18"),
        ("day", "adaptive", "2026-11-19"),
        ("summary", "adaptive", None),
        ("day", "even", "2026-11-18"),
        ("day", "even", "2026-11-19"),
        ("summary", "even", None),
        ("comparison", None, None),
    ]
    *played, comparison = told
    figures = {"changes", "median_minutes", "mean_minutes", "p95_minutes", "missed", "calls"}
    assert all(figures <= row.keys() for row in played)
    days, (own, even) = played[:2], (played[2], played[5])
    assert own["changes"] == even["changes"] == sum(day["changes"] for day in days) > 4000
    assert own["seldom"].keys() == figures
    assert comparison == {
        "type": "comparison",
        "first": "2026-11-18",
        "days": 2,
        "warm_up_days": 7,
        "seed": 20260401,
        "products": 300,
        "calls_a_day": 600,
        "median_ratio": pytest.approx(own["median_minutes"] / even["median_minutes"], abs=0.001),
        "mean_ratio": pytest.approx(own["mean_minutes"] / even["mean_minutes"], abs=0.001),
        "p95_ratio": pytest.approx(own["p95_minutes"] / even["p95_minutes"], abs=0.001),
        "missed_ratio": pytest.approx(own["missed"] / even["missed"], abs=0.001),
    }
    assert comparison["median_ratio"] < 0.3
    assert max(row["calls"] for row in played if row["type"] == "day") <= 600


def test_the_same_options_give_the_same_figures_on_any_day_and_other_seeds_give_others(
    rows: Callable[..., Rows],
) -> None:
    with time_machine.travel(NOW, tick=False):
        first = rows("simulate", "--days=1", "--calls=300", "--start=2026-11-18")
    assert rows("simulate", "--days=1", "--calls=300", "--start=2026-11-18") == first
    assert rows("simulate", "--days=1", "--calls=300", "--start=2026-11-18", "--seed=4") != first


@time_machine.travel(NOW, tick=False)
def test_without_options_it_tells_the_last_days_with_four_calls_a_product(rows: Callable[..., Rows]) -> None:
    *_, comparison = rows("simulate", "--days=1")
    # It is the 26th in China.
    assert (comparison["first"], comparison["calls_a_day"]) == ("2026-11-25", 1200)


@time_machine.travel(NOW, tick=False)
def test_a_smaller_budget_in_force_is_what_it_plays_with(rows: Callable[..., Rows]) -> None:
    Budget.objects.create(calls=450, begins_at=NOW)
    *_, comparison = rows("simulate", "--days=1")
    assert comparison["calls_a_day"] == 450


def test_people_get_a_table_and_a_sentence(said: Callable[..., tuple[str, str]]) -> None:
    out, _err = said("simulate", *SHORT)
    lines = out.splitlines()
    assert lines[0] == (
        "300 products of the sandbox, 2 days from 2026-11-18 on, 600 calls a day (2 for each product). "
        "The 7 days before are for the schedule to learn."
    )
    day = next(line.split() for line in lines if line.startswith("2026-11-19"))
    assert (len(day), day[6], day[11]) == (12, "600", "600")
    assert [line.split()[0] for line in lines if line[:6] in {"2026-1", "all   ", "seldom"}] == [
        "2026-11-18",
        "2026-11-19",
        "all",
        "seldom",
    ]
    found, calm = lines[-2:]
    assert re.fullmatch(
        r"Changes are found after \d+ min in the median; evenly spent, the same 600 calls a day would take"
        r" (5|6) h( \d+ min)?\.",
        found,
    )
    assert calm.startswith("Products that change less than once a day leave calls to the others: their ")


def test_the_newest_few_runs_are_kept_for_the_pages(rows: Callable[..., Rows]) -> None:
    told = rows("simulate", *SHORT)
    [kept] = Simulation.objects.all()
    assert (kept.first_day, kept.days, kept.calls, kept.products) == (date(2026, 11, 18), 2, 600, 300)
    assert [round(day["median"], 2) for day in kept.figures["even"]["days"]] == [
        row["median_minutes"] for row in told[3:5]
    ]
    for days in (12, 15, 14, 13, 16):
        SimulationFactory.create(ran_at=NOW - timedelta(days=days), days=days)
    rows("simulate", *SHORT)
    assert [one.days for one in Simulation.objects.all()] == [2, 2, 12, 13, 14]


def test_it_makes_no_call_and_writes_none_into_the_ledger(rows: Callable[..., Rows]) -> None:
    rows("simulate", "--days=1", "--calls=300")
    assert not UsageDay.objects.exists()


def test_it_runs_nowhere_but_on_the_sandbox(settings: Settings) -> None:
    settings.PROVIDER_SANDBOX = False
    with pytest.raises(CommandError, match="only on the sandbox"):
        call_command("simulate")


def test_a_budget_of_nothing_cannot_be_played_with() -> None:
    Budget.objects.create(calls=0, begins_at=datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(CommandError, match="0 calls a day cannot be played with"):
        call_command("simulate")


@pytest.mark.parametrize(
    ("option", "words"),
    [
        *((f"--days={days}", "no number of days") for days in ("0", "-1", "1.5", "x", "91", "9" * 5000)),
        *((f"--calls={calls}", "no whole number") for calls in ("-1", "1.5", "x", "٣", "9" * 5000)),
        *((f"--calls={calls}", "cannot be played with") for calls in ("0", "86401")),
        *((f"--start={day}", "no day") for day in ("x", "2026-13-01", "1999-12-31", "9999-01-01")),
        *((f"--seed={seed}", "no whole number") for seed in ("-1", "x", "9" * 40)),
    ],
)
def test_it_refuses_what_cannot_be_played(option: str, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        call_command("simulate", option)
