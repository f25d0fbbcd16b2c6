"""Queries about answers in doubt: whether a rule would fire on them, and how many of the last
answers are."""

from collections.abc import Collection, Mapping

from django.db.models import Exists, OuterRef

from monitor.judging.doubts import PROVIDERS_FAULTS
from monitor.judging.rules.kinds import RIVAL_KINDS, Kind
from monitor.models import AssortmentEntry, Product, Rule, Watch, Watchlist
from monitor.polling.recording.evidence import is_compared
from monitor.polling.recording.pairs import pairs_of
from monitor.provider.observation import GONE

#: The fields that move with a field in doubt.
_WITH = {"price": {"price", "sku_range"}, "status": {"status"}}


def with_rules(fields: Mapping[int, str]) -> set[int]:
    """Return the products whose field in doubt an active rule reads, given the field by product.

    The rule belongs to one of the product's own watches, compares it with others, or is of a
    followed shop whose assortment seems to lose it. Muted products count: their rules make alerts,
    only no mails. Two statements."""
    watches = Watch.objects.active().filter(product_id__in=list(fields))
    pairs = pairs_of(watches, frozenset(Kind) - RIVAL_KINDS)
    active = Rule.objects.filter(watchlist__in=Watchlist.objects.kept().filter(is_paused=False))
    lost = AssortmentEntry.objects.filter(product=OuterRef("pk"), missed__gt=0, left_at=None)
    others = Product.objects.filter(is_compared(active) | Exists(lost), pk__in=list(fields))
    hearing = {
        pair.product_id for pair in pairs if _WITH[fields[pair.product_id]] & pair.condition.fields
    }
    return hearing.union(others.values_list("pk", flat=True))


def odd_among(most: int, besides: Collection[int]) -> int:
    """Return how many of the `most` products that were checked last, `besides` others, have a
    answer in doubt that may be the provider's fault. Those that were gone before, or never found,
    do not count. One statement.

    The index of the products table has them in this order: it does not matter how many products
    there are."""
    there = Product.objects.filter(data_time__isnull=False, answered_at__isnull=False).exclude(
        status__in=GONE
    )
    last = there.exclude(pk__in=besides).by_last_check()[:most]
    return sum(
        reason in PROVIDERS_FAULTS for reason in last.values_list("doubt__reason", flat=True)
    )
