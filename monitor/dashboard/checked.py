"""How the checks of a span went: for a user's products, and for the calls of the account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from django.db.models import Count, DateField, DateTimeField, Q, QuerySet, Sum

from monitor.dashboard.prepared import Given, Prepared, Reader
from monitor.models import Product, Usage, User, Watch
from monitor.models.usage import provider_day
from monitor.provider.codes import NOT_FOUND, SUCCESS
from monitor.provider.observation import GONE


@dataclass(frozen=True, slots=True)
class Checked:
    """Numbers of a user's active products.

    `checked` and `answered`: since the span began. `gone`: gone or never found. `found`: answered since, and not gone.
    """

    products: int
    checked: int
    answered: int
    gone: int
    found: int

    @property
    def available(self) -> int:
        """Products that are neither gone nor never found."""
        return self.products - self.gone


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of the account: how many ended, and how many of them the provider answered."""

    ended: int
    answered: int

    @property
    def share(self) -> Decimal | None:
        """Share of answered calls in percent, not rounded; None without calls."""
        return Decimal(self.answered) * 100 / self.ended if self.ended else None


def checked(user: User, since: datetime) -> Checked:
    """One query over all products that the user watches."""
    rows = _CHECKED.tuples(user=user.pk, since=since)
    return Checked(*(sum(row[place] for row in rows) for place in range(1, 6)))


def calls(since: datetime, until: datetime) -> Calls:
    """Calls of the provider's days from `since` to `until`, both included. One query."""
    told: dict[str, int] = dict(_CALLS.tuples(first=provider_day(since), last=provider_day(until)))  # type: ignore[arg-type]
    return Calls(sum(told.values()), told.get(SUCCESS, 0) + told.get(NOT_FOUND, 0))


def _checked() -> QuerySet[Any, Any]:
    mine = Watch.objects.looked_up_for(cast("User", Reader())).values("product")
    since = Given("since", DateTimeField())
    products = Product.objects.watched().filter(pk__in=mine).order_by().values("platform")
    counted = products.annotate(
        count=Count("pk"),
        checked=Count("pk", filter=Q(checked_at__gt=since)),
        answered=Count("pk", filter=Q(answered_at__gt=since)),
        gone=Count("pk", filter=Q(status__in=GONE)),
        found=Count("pk", filter=Q(answered_at__gt=since) & ~Q(status__in=GONE)),
    )
    return counted.values_list("platform", "count", "checked", "answered", "gone", "found")


def _calls() -> QuerySet[Any, Any]:
    days = Usage.objects.filter(day__gte=Given("first", DateField()), day__lte=Given("last", DateField()))
    return days.order_by().values("code").annotate(made=Sum("calls")).values_list("code", "made")


_CHECKED, _CALLS = Prepared(_checked), Prepared(_calls)
