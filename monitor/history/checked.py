"""How the checks of a span went: for a user's products, and for the calls of the account."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q, Sum

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
class AnsweredCalls:
    """Calls of the account: how many ended, and how many of them the provider answered."""

    ended: int
    answered: int

    @property
    def share(self) -> Decimal | None:
        """Share of answered calls in percent, not rounded; None without calls."""
        return Decimal(self.answered) * 100 / self.ended if self.ended else None


def checked(user: User, since: datetime) -> Checked:
    """One query over all products that the user watches."""
    mine = Watch.objects.looked_up_for(user).values("product")
    return Checked(
        **Product.objects.watched()
        .filter(pk__in=mine)
        .aggregate(
            products=Count("pk"),
            checked=Count("pk", filter=Q(checked_at__gt=since)),
            answered=Count("pk", filter=Q(answered_at__gt=since)),
            gone=Count("pk", filter=Q(status__in=GONE)),
            found=Count("pk", filter=Q(answered_at__gt=since) & ~Q(status__in=GONE)),
        )
    )


def calls(since: datetime, until: datetime) -> AnsweredCalls:
    """Calls of the provider's days from `since` to `until`, both included. One query."""
    days = Usage.objects.filter(day__gte=provider_day(since), day__lte=provider_day(until))
    answered = Q(code__in=[SUCCESS, NOT_FOUND])
    return AnsweredCalls(
        **days.aggregate(ended=Sum("calls", default=0), answered=Sum("calls", filter=answered, default=0))
    )
