"""Pairs of a rule and a watch it applies to, with the rule's memory: the input of `judgement`, in one statement."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from monitor.models import Mute, Rule, RuleMemory, Watch
from monitor.models.rules import condition_from_json
from monitor.models.watchlists import all_see
from monitor.provider.observation import GONE
from monitor.rules.conditions import Condition, Memory
from monitor.rules.kinds import Kind
from monitor.rules.own import OwnPrice

_RULE = ("pk", "kind", "threshold", "days", "own", "also", "cooldown", "is_urgent")
_OWN = ("title", "num_iid", "data_time", "price", "status", "answered_at", "interval")
_COLUMNS = (
    *("watchlist_id", "product_id", "product__shop_id"),
    *(f"watchlist__rules__{name}" for name in _RULE),
    *(f"watchlist__rules__own__{name}" for name in _OWN),
    *("is_paused", "watchlist__is_paused", "watchlist__deleted_at", "is_muted", "product_memory", "shop_memory"),
    "all_see_own",
)


class Pair(NamedTuple):
    """A rule and a watch that it applies to, with what the rule remembers of the watch's product and shop.

    Paused watches and those of deleted lists are judged too, which keeps the memory right, but make no alerts.
    """

    watchlist_id: int
    product_id: int
    shop_id: int | None
    rule_id: int
    condition: Condition
    cooldown: timedelta
    is_urgent: bool
    #: Of the user's own product that the condition compares with. Without a price it compares nothing for now.
    own_price: int | None
    own_data_time: datetime | None
    own_name: str
    is_paused: bool
    #: A user has muted the product.
    is_muted: bool
    product_memory: Memory
    shop_memory: Memory


def pairs_of(watches: QuerySet[Watch], kinds: Iterable[Kind], now: datetime) -> list[Pair]:
    """The active rules of `kinds` that apply to `watches`: a watch's own rules replace its list's."""
    return _pairs(watches, Q(watchlist__rules__kind__in=[kind.value for kind in kinds]), now)


def pairs_of_rules(rules: Iterable[int], products: Iterable[int], now: datetime) -> list[Pair]:
    """The pairs of these rules in which one of the products is watched, or is what others are compared with."""
    keys = list(products)
    concerned = Q(product__in=keys) | Q(watchlist__rules__own__in=keys)
    return _pairs(Watch.objects.all(), Q(watchlist__rules__in=list(rules)) & concerned, now)


def _pairs(watches: QuerySet[Watch], which: Q, now: datetime) -> list[Pair]:
    remembered = RuleMemory.objects.filter(rule_id=OuterRef("watchlist__rules__pk"))
    has_own_rules = Exists(Rule.objects.filter(watch=OuterRef("pk"), is_active=True))
    rows = (
        # In one filter() call all conditions mean the same rule.
        watches.filter(
            Q(watchlist__rules__watch_id=F("pk")) | (Q(watchlist__rules__watch__isnull=True) & ~has_own_rules),
            which,
            watchlist__rules__is_active=True,
        )
        .annotate(
            is_muted=Exists(Mute.objects.in_force(now).filter(product=OuterRef("product_id"))),
            product_memory=Subquery(remembered.filter(product_id=OuterRef("product_id")).values("memory")[:1]),
            shop_memory=Subquery(remembered.filter(shop_id=OuterRef("product__shop_id")).values("memory")[:1]),
            all_see_own=all_see("watchlist__rules__own"),
        )
        .order_by("watchlist__rules__pk", "pk")
        .values_list(*_COLUMNS)
    )
    return [_pair(row, now) for row in rows]


def _pair(row: Sequence[Any], now: datetime) -> Pair:
    """A pair from the values of `_COLUMNS`."""
    watchlist_id, product_id, shop_id, rule_id, kind, threshold, days, own, also, cooldown, is_urgent = row[:11]
    own_title, own_num_iid, own_data_time, last_price, own_status, answered_at, interval = row[11:18]
    is_paused, list_is_paused, deleted_at, is_muted, of_product, of_shop, all_see_own = row[18:]
    own_price = None if own_status in GONE else last_price
    return Pair(
        watchlist_id=watchlist_id,
        product_id=product_id,
        shop_id=shop_id,
        rule_id=rule_id,
        condition=Condition(Kind(kind), threshold, days, own, tuple(map(condition_from_json, also)) if also else ()),
        cooldown=cooldown,
        is_urgent=is_urgent,
        own_price=OwnPrice(own_price, answered_at, interval, all_see_own).price_at(now),
        own_data_time=own_data_time,
        own_name=own_title or own_num_iid or "",
        is_paused=is_paused or list_is_paused or deleted_at is not None,
        is_muted=is_muted,
        product_memory=RuleMemory.load(of_product),
        shop_memory=RuleMemory.load(of_shop),
    )
