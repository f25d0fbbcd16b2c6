"""What one person has used of their allowance."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Value

from monitor.models import Charge, Message, User, Watch, Watchlist
from monitor.models.usage import provider_day, quota_reset
from monitor.people.allowances import in_force, set_for
from monitor.polling.planning.fair_shares import asked_by_people

#: What is counted beside its limit, by the limits' columns.
LIMITS = ("lists", "products", "messages")


def own_allowance(user: User, now: datetime) -> dict[str, Any]:
    """Return what the user has, by `LIMITS`, each with the `most` that they may have; and the
    checks a day that their lists ask for and get. Five queries."""
    products = Watch.objects.filter(watchlist__owner=user).values("product").distinct()
    mails = Message.objects.alert_mails().filter(recipient=user)
    used = {
        "lists": Watchlist.objects.filter(owner=user).count(),
        "products": products.count(),
        "messages": mails.filter(created_at__gte=quota_reset(now) - timedelta(days=1)).count(),
    }
    limits = [set_for(Value(user.pk), limit) for limit in LIMITS]
    set_numbers = User.objects.filter(pk=user.pk).values_list(*limits).get()
    asked = asked_by_people([user.pk]).get(user.pk, 0.0)
    return {
        **{
            limit: {"used": used[limit], "most": in_force(limit, number)}
            for limit, number in zip(LIMITS, set_numbers, strict=True)
        },
        "asked": asked,
        "granted": asked * user.granted_share,
    }


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
