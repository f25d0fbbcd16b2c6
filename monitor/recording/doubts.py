"""Queries about readings in doubt: whether a rule would fire on them, and how many there were lately."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, Value

from monitor.doubts import PROVIDERS_FAULTS, DoubtReason, Ending, OddReadings
from monitor.models import DoubtedReading, Product, RangeEntry, Rule, Watch, Watchlist
from monitor.provider.observation import Status
from monitor.recording.circumstances import is_compared
from monitor.recording.pairs import pairs_of
from monitor.rules.kinds import RIVAL_KINDS, Kind

#: The fields that move with a field in doubt.
_WITH = {"price": {"price", "sku_range"}, "status": {"status"}}
#: The span in which readings in doubt are counted.
LATELY = timedelta(minutes=15)
#: At most this many other products are looked at.
MOST_READ = 5_000


def with_rules(fields: Mapping[int, str]) -> set[int]:
    """Return the products whose field in doubt an active rule reads, given the field by product.

    The rule belongs to one of the product's own watches, compares it with others, or is of a followed shop whose range
    seems to lose it. Muted products count: their rules make alerts, only no mails. Two statements.
    """
    watches = Watch.objects.active().filter(product_id__in=list(fields))
    pairs = pairs_of(watches, frozenset(Kind) - RIVAL_KINDS)
    active = Rule.objects.filter(watchlist__in=Watchlist.objects.kept().filter(is_paused=False))
    lost = RangeEntry.objects.filter(product=OuterRef("pk"), missed__gt=0, left_at=None)
    others = Product.objects.filter(is_compared(active) | Exists(lost), pk__in=list(fields))
    hearing = {pair.product_id for pair in pairs if _WITH[fields[pair.product_id]] & pair.condition.fields}
    return hearing.union(others.values_list("pk", flat=True))


def lately(now: datetime, besides: Collection[int]) -> tuple[list[OddReadings], datetime | None]:
    """Return the odd readings of the last `LATELY` by shop, settled or not, except those of the products `besides`,
    and the time of the first. First readings do not count: mistyped IDs are no fault of the provider's. One
    statement."""
    reasons = [reason.value for reason in PROVIDERS_FAULTS]
    known = Product.objects.filter(data_time__isnull=False).exclude(pk__in=besides).order_by()
    waiting = known.filter(doubted_at__gt=now - LATELY, doubt__reason__in=reasons).values("shop")
    in_doubt = waiting.annotate(n=Count("pk"), first=Min("doubted_at"))
    ended = DoubtedReading.objects.filter(ended_at__gt=now - LATELY, reason__in=reasons).order_by()
    by_ending = ended.values("product__shop", "ending", "reason").annotate(n=Count("pk"), first=Min("seen_at"))
    both = in_doubt.values_list("shop", "n", Value(""), Value(""), "first").union(
        by_ending.values_list("product__shop", "n", "ending", "reason", "first"), all=True
    )
    rows = [(*row[:2], Ending(row[2]) if row[2] else None, *row[3:]) for row in both]
    seen = [OddReadings(shop, n, ending, reason != DoubtReason.WORTHLESS) for shop, n, ending, reason, _ in rows]
    return seen, min((first for *_, first in rows), default=None)


def on_sale(since: datetime, most: int, besides: Collection[int]) -> tuple[Counter[int | None], datetime | None]:
    """Return how many of the `most` products on sale that were checked last were read so after `since`, by shop; and
    when the last one was read so at all. Those in doubt and `besides` do not count. One statement.

    The index of the products table has them in this order: it does not matter how many products there are.
    """
    products = Product.objects.filter(status=Status.ON_SALE.value, doubted_at=None).exclude(pk__in=besides)
    newest = Product.objects.filter(pk__in=products.by_last_check()[: min(most, MOST_READ)].values("pk")).order_by()
    read = Count("pk", filter=Q(answered_at__gt=since))
    rows = list(newest.values_list("shop").annotate(n=read, at=Max("answered_at")))
    return Counter({shop: n for shop, n, _ in rows if n}), max((at for *_, at in rows if at), default=None)
