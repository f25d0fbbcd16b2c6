"""What a new rule would fire for at once: what is true of products and shops as they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import get_language

from monitor import formatting
from monitor.changes import Json, ProductState
from monitor.dashboard.rules import RuleSet, judged
from monitor.models import Product, Shop
from monitor.models.rules import own_of
from monitor.provider.observation import GONE
from monitor.recording.circumstances import histories
from monitor.rules import (
    OWN_KINDS,
    SHOP_KINDS,
    STATUSES,
    WINDOW_KINDS,
    Condition,
    Firing,
    History,
    Kind,
    Memory,
    judge_product,
    judge_shop,
)

#: Products that are named when a rule is true of them already.
NAMED = 3
#: Of longer lists so many products are judged.
MOST_JUDGED = 1000
#: Kinds that a product as it is can make true, with what is known of its past and of others.
_OF_NOW = WINDOW_KINDS | OWN_KINDS | STATUSES.keys() | {Kind.PRICE_BELOW, Kind.PRICE_ABOVE}


class Named(NamedTuple):
    """A product or a shop by its name, and the value that makes a condition true, in words."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class TrueAlready:
    """How many products or, with `of_shops`, shops there are for which a condition holds as they are: it fires for each
    at once. Some of them are named. With `is_part` not all were judged, and there may be more.
    """

    count: int = 0
    named: Sequence[Named] = ()
    of_shops: bool = False
    is_part: bool = False


class Asking(NamedTuple):
    """A condition that asks for the past of a product."""

    product_id: int
    condition: Condition


def true_already(rule_set: RuleSet, condition: Condition) -> TrueAlready:
    """What a new rule would fire for at once. Four queries at most; none for a kind that waits for a change."""
    watches = judged(rule_set).filter(is_paused=False, watchlist__is_paused=False)
    if condition.kind in SHOP_KINDS:
        return _shops_already(Shop.objects.filter(products__watches__in=watches.values("pk")), condition)
    if condition.kind not in _OF_NOW:
        return TrueAlready()
    products = Product.objects.filter(data_time__isnull=False, watches__in=watches).order_by("price", "pk")
    of_product = _holds_for_product(condition)
    return _judged_already(products, condition) if of_product is None else _told(products.filter(of_product), condition)


def _holds_for_product(condition: Condition) -> Q | None:
    """That a product is as a condition says, where its row alone tells that; None where more must be known."""
    if condition.also:
        return None
    if condition.kind in STATUSES:
        return Q(status__in=STATUSES[condition.kind])
    match condition.kind:
        case Kind.PRICE_BELOW:
            return Q(price__lt=condition.threshold) & ~Q(status__in=GONE)
        case Kind.PRICE_ABOVE:
            return Q(price__gt=condition.threshold) & ~Q(status__in=GONE)
    return None


def _told(products: QuerySet[Product], condition: Condition) -> TrueAlready:
    field = "status" if condition.kind in STATUSES else "price"
    if condition.kind is Kind.PRICE_ABOVE:
        products = products.order_by("-price", "pk")
    named = [Named(one.title or one.num_iid, _in_words(field, getattr(one, field))) for one in products[:NAMED]]
    return TrueAlready(products.count(), named)


def _judged_already(products: QuerySet[Product], condition: Condition) -> TrueAlready:
    """Judged as the rule will be, with no memory."""
    rows = list(products[: MOST_JUDGED + 1])
    found = [(one, firing) for one, firing in _judge(rows[:MOST_JUDGED], condition) if firing is not None]
    named = [Named(one.title or one.num_iid, _in_words(firing.field, firing.after)) for one, firing in found[:NAMED]]
    return TrueAlready(len(found), named, is_part=len(rows) > MOST_JUDGED)


def _judge(products: Sequence[Product], condition: Condition) -> Iterator[tuple[Product, Firing | None]]:
    past = pasts(products, condition)
    own_price = _price_of(condition.own)
    for one in products:
        history = replace(past.get(one.pk, History()), at=one.data_time, own_price=own_price)
        yield one, judge_product(condition, Memory(), [], state_of(one), history)[0]


def pasts(products: Sequence[Product], condition: Condition) -> dict[int, History]:
    """One query, or none: the past that a condition asks for, by product."""
    asking = [Asking(one.pk, condition) for one in products]
    return histories(asking, {one.pk: one for one in products}, timezone.now())


def _price_of(product: int | None) -> int | None:
    """What prices are compared with, if it may be for the present; a form has seen to it that all see the product. One
    query, or none."""
    own = None if product is None else Product.objects.filter(pk=product).first()
    return None if own is None else own_of(own).price_at(timezone.now())


def state_of(product: Product) -> ProductState:
    """As much of its state as a condition may ask for."""
    return ProductState(price=product.price, sales=product.sales, status=product.status)


def _shops_already(shops: QuerySet[Shop], condition: Condition) -> TrueAlready:
    """Judged as the rule will be: a list has few shops."""
    found = []
    for shop in shops.distinct().order_by("name", "pk"):
        fired, _ = judge_shop(condition, Memory(), [], shop.state)
        if fired:
            found.append(Named(shop.name or shop.shop_id, _in_words(fired[0].field, fired[0].after)))
    return TrueAlready(len(found), found[:NAMED], of_shops=True)


def _in_words(field: str, value: Json) -> str:
    return formatting.field_value(field, value, get_language() or "en")
