"""What one person has used of their allowance."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, IntegerField, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from monitor.models import Charge, Message, User, Watch, Watchlist
from monitor.models.usage import provider_day, quota_reset
from monitor.people.allowances import in_force, set_for
from monitor.polling.planning.fair_shares import asked_by_people
from monitor.showing.reads.frame import PageFrame

#: What is counted beside its limit, by the limits' columns.
LIMITS = ("lists", "products", "messages")


def own_allowance(user: User, frame: PageFrame, now: datetime) -> dict[str, Any]:
    """Return what the user has and may have. Four queries."""
    products = Watch.objects.filter(watchlist__owner=user).values("product").distinct()
    counted: dict[str, Any] = {
        "lists": _count(Watchlist.objects.filter(owner=user), "owner"),
        "messages": _count(
            Message.objects.alert_mails().filter(
                recipient=user, created_at__gte=quota_reset(now) - timedelta(days=1)
            ),
            "recipient",
        ),
    }
    limits = {f"most_{limit}": set_for(Value(user.pk), limit) for limit in LIMITS}
    row: Any = User.objects.filter(pk=user.pk).values("granted_share", **counted, **limits).get()
    asked = asked_by_people([user.pk]).get(user.pk, 0.0)
    for limit in LIMITS:
        row[f"most_{limit}"] = in_force(limit, row[f"most_{limit}"])
    row["products"] = products.count()
    return {**row, "asked": asked, "granted": asked * row["granted_share"]}


def _count(rows: QuerySet[Any], by: str) -> Coalesce:
    """Return the number of a user's rows, as a part of a query."""
    counts = rows.order_by().values(by).annotate(n=Count("*")).values("n")
    return Coalesce(Subquery(counts, output_field=IntegerField()), 0)


def own_days(user: User, length: int, now: datetime) -> list[dict[str, Any]]:
    """Return the calls of the last days that were made for the user, by reason; today last. One
    query."""
    today = provider_day(now)
    days = [today - timedelta(days=number) for number in reversed(range(length))]
    calls: dict[date, dict[str, float]] = defaultdict(dict)
    for charge in Charge.objects.filter(person=user, day__gte=days[0]).order_by():
        calls[charge.day][charge.reason] = charge.calls
    return [
        {
            "day": day,
            "calls": [round(calls[day].get(reason.value, 0), 1) for reason in Charge.Reason],
            "total": sum(calls[day].values()),
        }
        for day in days
    ]
