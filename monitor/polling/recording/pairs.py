"""Pairs of a rule and a watch it applies to, with the rule's memory: the input of `judgement`.

One statement, and another one if rules compare with rivals.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.judging import Memory
from monitor.judging.rules.kinds import FOLLOWED_KINDS, Kind
from monitor.models import Follow, Pairing, Product, Rule, RuleMemory, Watch
from monitor.models.rules import condition_from_json, follows_list
from monitor.polling.recording.evidence import rivals_of

_RULE = ("kind", "threshold", "days", "also", "cooldown", "is_urgent", "is_target")
_WATCH = (
    "watchlist_id",
    "product_id",
    "product__shop_id",
    "is_paused",
    "watchlist__is_paused",
    "watchlist__deleted_at",
)


class Pair(NamedTuple):
    """A rule and a watch that it applies to, with what the rule remembers of the watch's product
    and shop.

    Paused watches and those of deleted lists are judged too, which keeps the memory right, but make
    no alerts."""

    watchlist_id: int
    product_id: int
    shop_id: int | None
    rule_id: int
    condition: Condition
    cooldown: timedelta
    is_urgent: bool
    is_target: bool
    is_paused: bool
    product_memory: Memory
    shop_memory: Memory
    #: The rivals that the condition compares with: those that all users of the list see.
    others: Sequence[Product] = ()


def pairs_of(watches: QuerySet[Watch], kinds: Iterable[Kind]) -> list[Pair]:
    """Return the active rules of `kinds` that apply to `watches`: a watch's own rules replace its
    list's, but a target price is judged beside either."""
    names = [kind.value for kind in kinds]
    return _pairs(watches, lambda rules: Q(**{f"{rules}__kind__in": names}))


def pairs_of_rules(rules: Iterable[int], products: Iterable[int]) -> list[Pair]:
    """Return the pairs of these rules in which one of the products is watched, or is what others
    are compared with."""
    wanted, keys = list(rules), list(products)
    concerned = Q(product__in=keys) | Q(
        pk__in=Pairing.objects.filter(rival__in=keys).values("watch")
    )
    return _pairs(Watch.objects.filter(concerned), lambda rules: Q(**{f"{rules}__in": wanted}))


def pairs_of_followers(shop: int, products: Iterable[int]) -> list[Pair]:
    """Return the active rules about followed shops of all lists that follow this one, each with
    each of the products, or once if it judges the shop. Three statements."""
    keys = list(products)
    rules = Rule.objects.filter(
        watchlist__follows__shop=shop,
        watch=None,
        is_active=True,
        kind__in=[kind.value for kind in FOLLOWED_KINDS],
    )
    rows = list(rules.order_by("pk"))
    active = set(Follow.objects.active().filter(shop=shop).values_list("watchlist", flat=True))
    stored = RuleMemory.objects.filter(Q(shop=shop) | Q(product__in=keys), rule__in=rows)
    memories = {(row.rule_id, row.product_id): RuleMemory.load(row.memory) for row in stored}
    return [
        Pair(
            watchlist_id=rule.watchlist_id,
            product_id=product or 0,
            shop_id=shop,
            rule_id=rule.pk,
            condition=rule.condition,
            cooldown=rule.cooldown,
            is_urgent=rule.is_urgent,
            is_target=False,
            is_paused=rule.watchlist_id not in active,
            product_memory=memories.get((rule.pk, product), Memory()),
            shop_memory=memories.get((rule.pk, None), Memory()),
        )
        for rule in rows
        for product in ([None] if rule.condition.spec.subject.is_shop else keys)
    ]


def _pairs(watches: QuerySet[Watch], which: Callable[[str], Q]) -> list[Pair]:
    """Return the pairs whose rules fulfil `which`, given the path that leads from a watch to its
    rules.

    A watch's own rules and its list's are joined apart: in one join, each watch would meet the
    rules of all the others on its list."""
    of_list = watches.filter(
        follows_list(),
        which("watchlist__rules"),
        watchlist__rules__watch__isnull=True,
        watchlist__rules__is_active=True,
    )
    own = watches.filter(which("rules"), rules__is_active=True)
    rows = _rows(own, "rules").union(_rows(of_list, "watchlist__rules"), all=True)
    pairs = list(map(_pair, rows))
    among = {
        (pair.watchlist_id, pair.product_id) for pair in pairs if pair.condition.spec.among_rivals
    }
    rivals = rivals_of(*map(set, zip(*among, strict=True))) if among else {}
    pairs = [
        pair._replace(others=rivals.get((pair.watchlist_id, pair.product_id), ()))
        if pair.condition.spec.among_rivals
        else pair
        for pair in pairs
    ]
    return sorted(pairs, key=attrgetter("rule_id", "product_id"))


def _rows(watches: QuerySet[Watch], rules: str) -> QuerySet[Watch, tuple[Any, ...]]:
    """Return the columns of pairs, by the same names on either way to a rule."""
    remembered = RuleMemory.objects.filter(rule_id=OuterRef(f"{rules}__pk"))
    return watches.annotate(
        rule_id=F(f"{rules}__pk"),
        **{name: F(f"{rules}__{name}") for name in _RULE},
        product_memory=Subquery(
            remembered.filter(product_id=OuterRef("product_id")).values("memory")[:1]
        ),
        shop_memory=Subquery(
            remembered.filter(shop_id=OuterRef("product__shop_id")).values("memory")[:1]
        ),
    ).values_list(*_WATCH, "rule_id", *_RULE, "product_memory", "shop_memory", named=True)


def _pair(row: Any) -> Pair:
    return Pair(
        watchlist_id=row.watchlist_id,
        product_id=row.product_id,
        shop_id=row.product__shop_id,
        rule_id=row.rule_id,
        condition=Condition(
            Kind(row.kind), row.threshold, row.days, tuple(map(condition_from_json, row.also))
        ),
        cooldown=row.cooldown,
        is_urgent=row.is_urgent,
        is_target=row.is_target,
        is_paused=row.is_paused
        or row.watchlist__is_paused
        or row.watchlist__deleted_at is not None,
        product_memory=RuleMemory.load(row.product_memory),
        shop_memory=RuleMemory.load(row.shop_memory),
    )
