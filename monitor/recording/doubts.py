"""Queries about readings in doubt: whether a rule would fire on them, and how many there were lately."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db.models import BigIntegerField, Count, DateTimeField, Min, Value
from django.db.models.functions import Cast

from monitor.budget.limit import daily_calls_at
from monitor.doubts import PROVIDERS_FAULTS, DoubtReason, Ending, OddReadings
from monitor.models import DoubtedReading, Product, Rule, UsageDay, Watch, Watchlist
from monitor.models.usage import provider_day
from monitor.provider.observation import Status
from monitor.recording.pairs import pairs_of
from monitor.rules.kinds import Kind

#: The fields that move with a field in doubt.
_WITH = {"price": {"price", "sku_range"}, "status": {"status"}}
#: The span in which readings in doubt are counted.
LATELY = timedelta(minutes=15)


def with_rules(fields: Mapping[int, str], now: datetime) -> set[int]:
    """The products whose field in doubt an active rule reads, given the field by product.

    The rule belongs to one of the product's own watches, or compares another product with it. Muted products count:
    their rules make alerts, only no mails. Two statements.
    """
    watches = Watch.objects.active().filter(product_id__in=list(fields))
    pairs = pairs_of(watches, frozenset(Kind), now)
    comparing = Rule.objects.filter(own__in=list(fields), is_active=True, watchlist__in=Watchlist.objects.kept())
    compared = comparing.exclude(watchlist__is_paused=True).values_list("own", flat=True)
    hearing = {pair.product_id for pair in pairs if _WITH[fields[pair.product_id]] & pair.condition.fields}
    return hearing.union(pk for pk in compared if pk is not None)


def most_at_once(budget: int) -> int:
    """How many odd readings, or shops with some, within `LATELY` are still no fault of the provider's.

    A twentieth of the calls that a day's `budget` has for that span, and at least 5.
    """
    return max(5, round(budget * (LATELY / timedelta(days=1)) / 20))


def lately(now: datetime, besides: Collection[int]) -> tuple[list[OddReadings], datetime | None, int]:
    """The odd readings of the last `LATELY` by shop, settled or not, except those of the products `besides`; the time
    of the first; and `most_at_once` for the day's budget. Two statements."""
    reasons = [reason.value for reason in PROVIDERS_FAULTS]
    waiting = Product.objects.filter(doubted_at__gt=now - LATELY, doubt__reason__in=reasons).exclude(pk__in=besides)
    in_doubt = waiting.order_by().values_list("shop").annotate(n=Count("pk"), first=Min("doubted_at"))
    ended = DoubtedReading.objects.filter(ended_at__gt=now - LATELY, reason__in=reasons)
    by_ending = ended.order_by().values_list("product__shop", "ending", "reason")
    # The budget of the day comes in rows of the same statement that count no product.
    nothing = Cast(Value(None), BigIntegerField()), Value(0), Cast(Value(None), DateTimeField())
    days = UsageDay.objects.filter(day__gte=provider_day(now) - timedelta(days=1)).order_by()
    counts = list(in_doubt.annotate(budget=Value(0)).union(days.values_list(*nothing, daily_calls_at(now)), all=True))
    rows = [(OddReadings(shop, n), first) for shop, n, first, _ in counts if n]
    for shop, ending, reason, n, first in by_ending.annotate(n=Count("pk"), first=Min("seen_at")):
        rows.append((OddReadings(shop, n, Ending(ending), reason == DoubtReason.GONE), first))
    most = most_at_once(max((budget for *_, budget in counts), default=0))
    return [readings for readings, _ in rows], min((first for _, first in rows), default=None), most


def healthy_shops(since: datetime, most: int) -> set[int]:
    """At most `most` shops with a product that was read as on sale after `since`. One statement."""
    products = Product.objects.filter(answered_at__gt=since, status=Status.ON_SALE.value, doubted_at=None)
    shops = products.filter(shop__isnull=False).order_by().values_list("shop_id", flat=True).distinct()
    return set(shops[:most])
