"""Every rule with every watch it applies to, and what the rule remembers: the input of judging, in one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from monitor.models import Mute, Rule, RuleMemory, Watch
from monitor.rules import Condition, Kind, Memory

_COLUMNS = (
    *("watchlist_id", "product_id", "product__shop_id"),
    *("watchlist__rules__pk", "watchlist__rules__kind", "watchlist__rules__threshold"),
    "watchlist__rules__is_urgent",
    *("is_paused", "watchlist__is_paused", "watchlist__deleted_at", "is_muted", "product_memory", "shop_memory"),
)


@dataclass(frozen=True, slots=True)
class Pair:
    """A rule and a watch that it applies to, with what the rule remembers of the watch's product or shop.

    A paused watch, or one of a deleted list, is judged like any other, so that its rules' memory stays true, but
    makes no alert.
    """

    watchlist_id: int
    product_id: int
    shop_id: int | None
    rule_id: int
    condition: Condition
    is_urgent: bool
    is_paused: bool
    #: Somebody has muted the product.
    is_muted: bool
    product_memory: Memory
    shop_memory: Memory


def pairs_of(watches: QuerySet[Watch], kinds: Iterable[Kind], now: datetime) -> list[Pair]:
    """The active rules of `kinds` that apply to `watches`: a watch's own rules replace its list's."""
    remembered = RuleMemory.objects.filter(rule_id=OuterRef("watchlist__rules__pk"))
    has_own_rules = Exists(Rule.objects.filter(watch=OuterRef("pk"), is_active=True))
    rows = (
        # One filter() call, so that all conditions speak of the same rule.
        watches.filter(
            Q(watchlist__rules__watch_id=F("pk")) | (Q(watchlist__rules__watch__isnull=True) & ~has_own_rules),
            watchlist__rules__is_active=True,
            watchlist__rules__kind__in=[kind.value for kind in kinds],
        )
        .annotate(
            is_muted=Exists(Mute.objects.in_force(now).filter(product=OuterRef("product_id"))),
            product_memory=Subquery(remembered.filter(product_id=OuterRef("product_id")).values("memory")[:1]),
            shop_memory=Subquery(remembered.filter(shop_id=OuterRef("product__shop_id")).values("memory")[:1]),
        )
        .order_by("watchlist__rules__pk", "pk")
        .values_list(*_COLUMNS)
    )
    return [_pair(row) for row in rows]


def _pair(row: Sequence[Any]) -> Pair:
    """The values of `_COLUMNS` as a pair."""
    return Pair(
        watchlist_id=row[0],
        product_id=row[1],
        shop_id=row[2],
        rule_id=row[3],
        condition=Condition(Kind(row[4]), row[5]),
        is_urgent=row[6],
        is_paused=row[7] or row[8] or row[9] is not None,
        is_muted=row[10],
        product_memory=RuleMemory.load(row[11]),
        shop_memory=RuleMemory.load(row[12]),
    )
