"""When a mail of alerts is due: in any zone, for any hours and moment, and on days on which clocks
change."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from monitor.judging.mail_times import (
    GATHER,
    SCHEDULED,
    How,
    due,
    first_at,
    is_quiet,
    latest_slot,
    next_slot,
    wait_out,
)
from monitor.judging.mail_times import MailTimes as Plan

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BEIJING, NEW_YORK = ZoneInfo("Asia/Shanghai"), ZoneInfo("America/New_York")
#: Offsets of half and quarter hours; changes at midnight, at the end of a day, and by half an hour.
ZONES = [
    *(
        "UTC",
        "Asia/Shanghai",
        "Asia/Kolkata",
        "Asia/Kathmandu",
        "Australia/Lord_Howe",
        "America/New_York",
    ),
    *("Europe/Berlin", "America/Nuuk", "America/Havana", "Africa/Cairo", "Pacific/Chatham"),
]
moments = st.datetimes(datetime(2025, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
hours = st.integers(0, 23)
quiet_hours = st.none() | st.tuples(hours, hours).filter(lambda pair: pair[0] != pair[1])
zones = st.sampled_from(ZONES).map(ZoneInfo)
plans = st.builds(Plan, zone=zones, hour=hours, weekday=st.integers(0, 6), quiet=quiet_hours)
never_quiet = st.builds(Plan, zone=zones, hour=hours, weekday=st.integers(0, 6))
ways = st.sampled_from(How)


def at(zone: ZoneInfo, *when: int, fold: int = 0) -> datetime:
    """Return the time in UTC: for Python a time in an hour that comes twice never equals a time of
    another zone."""
    return datetime(*when, tzinfo=zone, fold=fold).astimezone(UTC)  # type: ignore[arg-type, misc]


@given(plans, ways, moments)
def test_a_mail_is_due_later_and_never_in_quiet_hours(plan: Plan, how: How, now: datetime) -> None:
    then = due(plan, how, now)
    assert then > now
    assert not is_quiet(plan, then)
    assert then.tzinfo is UTC


@given(plans, ways, moments, moments)
def test_a_later_alert_is_not_sent_earlier(
    plan: Plan, how: How, first: datetime, second: datetime
) -> None:
    assert due(plan, how, min(first, second)) <= due(plan, how, max(first, second))


@given(never_quiet, ways, moments)
def test_a_mail_is_due_within_its_period(plan: Plan, how: How, now: datetime) -> None:
    longest = {
        How.AT_ONCE: GATHER,
        How.HOURLY: HOUR,
        How.DAILY: DAY + 2 * HOUR,
        How.WEEKLY: 7 * DAY + 2 * HOUR,
    }
    assert due(plan, how, now) - now <= longest[how]


@given(plans, moments)
def test_the_end_of_quiet_hours_is_within_two_days_and_not_quiet(plan: Plan, now: datetime) -> None:
    end = wait_out(plan, now)
    assert now <= end < now + 2 * DAY
    assert wait_out(plan, end) == end
    if is_quiet(plan, now):
        assert is_quiet(plan, end - timedelta(seconds=1))


@given(plans, st.sampled_from([How.HOURLY, *SCHEDULED]), moments)
def test_slots_follow_each_other_without_a_gap(plan: Plan, how: How, now: datetime) -> None:
    slot = next_slot(plan, how, now)
    assert latest_slot(plan, how, now) <= now
    assert latest_slot(plan, how, slot) == slot
    assert latest_slot(plan, how, slot - timedelta.resolution) == latest_slot(plan, how, now)
    assert next_slot(plan, how, latest_slot(plan, how, now)) == slot


@given(never_quiet, st.dates(date(2025, 1, 1), date(2029, 1, 1)))
@example(Plan(NEW_YORK, hour=2), date(2026, 2, 20))
@example(Plan(NEW_YORK, hour=1), date(2026, 10, 20))
@example(Plan(ZoneInfo("America/Nuuk"), hour=23), date(2026, 3, 10))
def test_each_local_day_has_exactly_one_daily_digest(plan: Plan, first: date) -> None:
    days = [first + n * DAY for n in range(40)]
    slots = [first_at(plan.zone, day, plan.hour) for day in days]
    assert sorted(set(slots)) == slots
    moment, following = slots[0] - timedelta(seconds=1), []
    for _ in days:
        moment = next_slot(plan, How.DAILY, moment)
        following.append(moment)
    assert following == slots


SHANGHAI = "Asia/Shanghai"


@pytest.mark.parametrize(
    ("zone", "choices", "how", "now", "then"),
    [
        (SHANGHAI, {}, "at_once", "2026-11-25T10:00+08:00", "2026-11-25T10:02+08:00"),
        (SHANGHAI, {}, "hourly", "2026-11-25T10:00+08:00", "2026-11-25T11:00+08:00"),
        (SHANGHAI, {}, "daily", "2026-11-25T08:59+08:00", "2026-11-25T09:00+08:00"),
        (SHANGHAI, {}, "daily", "2026-11-25T09:00+08:00", "2026-11-26T09:00+08:00"),
        # 25 November 2026 is a Wednesday.
        (SHANGHAI, {}, "weekly", "2026-11-25T09:00+08:00", "2026-11-30T09:00+08:00"),
        ("Asia/Kolkata", {}, "hourly", "2026-01-01T00:10+05:30", "2026-01-01T00:30+05:30"),
        (
            *(SHANGHAI, {"quiet": (22, 8)}, "at_once"),
            *("2026-11-25T21:58+08:00", "2026-11-26T08:00+08:00"),
        ),
        (
            *(SHANGHAI, {"quiet": (22, 8)}, "hourly"),
            *("2026-11-25T21:00+08:00", "2026-11-26T08:00+08:00"),
        ),
        (
            *(SHANGHAI, {"hour": 23, "quiet": (22, 8)}, "daily"),
            *("2026-11-26T01:00+08:00", "2026-11-26T08:00+08:00"),
        ),
        (
            *(SHANGHAI, {"quiet": (12, 14)}, "at_once"),
            *("2026-11-25T12:30+08:00", "2026-11-25T14:00+08:00"),
        ),
        # The clock changes from 2:00 to 3:00: there is no 2:30, and quiet hours until 2:00 end at
        # 3:00.
        (
            *("America/New_York", {"hour": 2}, "daily"),
            *("2026-03-07T12:00-05:00", "2026-03-08T03:00-04:00"),
        ),
        (
            *("America/New_York", {"quiet": (22, 2)}, "at_once"),
            *("2026-03-08T01:00-05:00", "2026-03-08T03:00-04:00"),
        ),
        # At 2:00 it is 1:00 again: the hour from 1:00 to 2:00 comes twice, and has one digest.
        (
            *("America/New_York", {"hour": 1}, "daily"),
            *("2026-11-01T01:00-05:00", "2026-11-02T01:00-05:00"),
        ),
        (
            *("America/New_York", {}, "hourly"),
            *("2026-11-01T01:30-04:00", "2026-11-01T01:00-05:00"),
        ),
        (
            *("Europe/Berlin", {"hour": 2, "quiet": (1, 2)}, "daily"),
            *("2026-03-28T12:00+01:00", "2026-03-29T03:00+02:00"),
        ),
    ],
)
def test_a_mail_is_due_at_this_time(
    zone: str, choices: dict[str, Any], how: str, now: str, then: str
) -> None:
    plan = Plan(ZoneInfo(zone), **choices)
    assert due(plan, How(how), datetime.fromisoformat(now)) == datetime.fromisoformat(then)


def test_clock_changes_at_the_end_of_a_day_and_within_an_hour() -> None:
    nuuk, howe = ZoneInfo("America/Nuuk"), ZoneInfo("Australia/Lord_Howe")
    assert first_at(nuuk, date(2026, 3, 28), 23) == at(nuuk, 2026, 3, 29, 0)
    assert first_at(howe, date(2026, 10, 4), 2) == at(howe, 2026, 10, 4, 2, 30)


def test_during_quiet_hours_the_latest_slot_is_before_them() -> None:
    plan = Plan(BEIJING, hour=23, quiet=(22, 8))
    assert latest_slot(plan, How.HOURLY, at(BEIJING, 2026, 11, 26, 7, 59)) == at(
        BEIJING, 2026, 11, 25, 21
    )
    assert latest_slot(plan, How.HOURLY, at(BEIJING, 2026, 11, 26, 8)) == at(
        BEIJING, 2026, 11, 26, 8
    )
    assert latest_slot(plan, How.DAILY, at(BEIJING, 2026, 11, 26, 7, 59)) == at(
        BEIJING, 2026, 11, 25, 8
    )
