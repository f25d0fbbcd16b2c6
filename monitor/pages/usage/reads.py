"""The account's calls: days by outcome, sums, forecasts, and what costs most."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from monitor.models import Charge, User, Watchlist
from monitor.models.usage import PARTS, provider_day, quota_reset
from monitor.pages.usage.ledger import LedgerDay, ledger
from monitor.polling.planning.calls import (
    Tally,
    calls_a_day,
    tallies_of,
)
from monitor.polling.planning.forecast import Forecast, as_scheduled, scheduled_paces
from monitor.provider.codes import Billing

RANGES = (7, 30, 90)
PEOPLE_SHOWN, LISTS_SHOWN = 20, 20


def account(length: int, calls: int, budget: int, now: datetime) -> dict[str, Any]:
    """Return the account's last `length` days, up to today, and its outlook. Three queries.

    `calls` are today's calls until now, by the larger of the two counts.
    """
    today = provider_day(now)
    first = today - timedelta(days=length - 1)
    since = min(first, today.replace(day=1), today - timedelta(days=7))
    booked = {day.day: day for day in ledger(since, today)}
    dates = (first + timedelta(days=number) for number in range(length))
    shown = [booked.get(day) or LedgerDay(day) for day in dates]
    paces = scheduled_paces()
    earlier = [day for day in booked.values() if day.day < today]
    return {
        "length": length,
        "days": shown,
        "sums": _sums(shown),
        "outlook": _outlook(earlier, calls, Forecast(budget, paces), now),
    }


def spending(length: int, now: datetime) -> list[dict[str, Any]]:
    """Return for whom and why the calls of the last days were made: the people with most, then all.
    Two queries."""
    charges = Charge.objects.filter(day__gt=provider_day(now) - timedelta(days=length)).order_by()
    sums = {reason.value: _calls(reason=reason) for reason in Charge.Reason}
    people = charges.values("person", "person__name", "person__email").annotate(
        total=_calls(), **sums
    )
    rows: list[Any] = list(people.order_by("-total", "person")[:PEOPLE_SHOWN])
    return [*rows, charges.aggregate(total=_calls(), **sums)] if rows else []


def _calls(**of: str) -> Any:
    return Coalesce(Sum("parts", filter=Q(**of)), 0) / PARTS


def list_costs(user: User) -> list[dict[str, Any]]:
    """Return the most expensive of the user's lists; operators get those of all users. Two queries.

    The cost of a list is computed as if no other list had its products."""
    lists = Watchlist.objects.kept() if user.is_staff else Watchlist.objects.for_user(user)
    checked = lists.filter(is_paused=False).select_related("owner")
    tallies = tallies_of(watchlist.pk for watchlist in checked)
    costs = [_list_cost(watchlist, tallies[watchlist.pk]) for watchlist in checked]
    return sorted(
        (cost for cost in costs if cost["calls"].least), key=lambda cost: -cost["calls"].least
    )[:LISTS_SHOWN]


def _list_cost(watchlist: Watchlist, tally: Tally) -> dict[str, Any]:
    return {
        "pk": watchlist.pk,
        "name": watchlist.name,
        "owner": watchlist.owner.get_full_name(),
        "products": tally.products - tally.paused,
        "shops": sum(shops for _interval, shops, _pages in tally.read),
        "asked": watchlist,
        "calls": calls_a_day(tally.active(watchlist, watchlist.owner.granted_share)),
        "own_products": tally.set_separately,
    }


def _sums(days: Sequence[LedgerDay]) -> dict[str, int]:
    """Return calls by what they cost, and their `total`."""
    sums = {billing.value: sum(day.calls[billing] for day in days) for billing in Billing}
    return {**sums, "total": sum(sums.values())}


def _outlook(
    earlier: Sequence[LedgerDay], calls: int, forecast: Forecast, now: datetime
) -> dict[str, Any]:
    """Return the schedule's calls a day, and where they lead today and this month.

    `earlier` are days before today, `calls` today's calls until now.
    """
    today, budget = provider_day(now), forecast.budget
    month = [day.total for day in earlier if day.day >= today.replace(day=1)]
    midnight = as_scheduled(calls, budget, forecast.total, now, quota_reset(now))
    by_tonight = sum(month) + min(midnight.calls, max(budget, calls))
    days_left = monthrange(today.year, today.month)[1] - today.day
    return {
        "forecast": forecast,
        "midnight": midnight,
        "month_so_far": sum(month) + calls,
        "needed_a_month": round(forecast.total.least * monthrange(today.year, today.month)[1]),
        "month_end": by_tonight + days_left * min(round(forecast.total.most), budget),
    }
