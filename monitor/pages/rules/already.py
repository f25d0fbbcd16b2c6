"""The products and shops for which a new rule would fire at once, because its condition is true already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from monitor.models import Product, Shop
from monitor.models.rules import own_of
from monitor.pages.rules.reads import RuleSet, judged
from monitor.pages.shared.words import value_in_words
from monitor.provider.observation import GONE
from monitor.recording.circumstances import looks
from monitor.rules import Condition, Look, Memory, Subject, judge

#: Products that the page names.
NAMED = 3
#: Of longer lists only these are judged.
MOST_JUDGED = 1000


@dataclass(frozen=True, slots=True)
class TrueAlready:
    """How many products or, with `of_shops`, shops fulfil a condition now. `named` are some of them: the
    `name`, and in words the `value` that makes it true. With `is_part` not all were judged, and there may be more.
    """

    count: int = 0
    named: Sequence[Mapping[str, str]] = ()
    of_shops: bool = False
    is_part: bool = False


def true_already(rule_set: RuleSet, condition: Condition) -> TrueAlready:
    """At most four queries; none for a kind that waits for a change."""
    spec = condition.spec
    if not spec.is_state:
        return TrueAlready()
    watches = judged(rule_set).filter(is_paused=False, watchlist__is_paused=False)
    if spec.subject is Subject.SHOP:
        shops = Shop.objects.filter(products__watches__in=watches.values("pk")).distinct().order_by("name", "pk")
        return _judged(((shop.name or shop.shop_id, Look(shop.state)) for shop in shops), condition, of_shops=True)
    products = Product.objects.filter(data_time__isnull=False, watches__in=watches).order_by("price", "pk")
    if not condition.also and (spec.statuses or spec.is_level):
        return _counted(products, condition)
    rows = list(products[: MOST_JUDGED + 1])
    names = [product.title or product.num_iid for product in rows[:MOST_JUDGED]]
    seen = looks_at(rows[:MOST_JUDGED], condition, own_product(condition))
    return _judged(zip(names, seen, strict=True), condition, is_part=len(rows) > MOST_JUDGED)


def _counted(products: QuerySet[Product], condition: Condition) -> TrueAlready:
    """For a kind that the product's row alone decides: counts any number of products."""
    spec = condition.spec
    if spec.statuses:
        products = products.filter(status__in=spec.statuses)
    else:
        is_below = spec.way < 0
        products = products.filter(**{"price__lt" if is_below else "price__gt": condition.threshold})
        products = products.exclude(status__in=GONE).order_by("price" if is_below else "-price", "pk")
    [field] = spec.fields
    named = [
        {"name": row.title or row.num_iid, "value": value_in_words(field, getattr(row, field))}
        for row in products[:NAMED]
    ]
    return TrueAlready(products.count(), named)


def _judged(subjects: Iterable[tuple[str, Look]], condition: Condition, **more: Any) -> TrueAlready:
    """Judges like a new rule, which has no memory yet."""
    firings = ((name, judge(condition, Memory(), look)[0]) for name, look in subjects)
    named = [
        {"name": name, "value": value_in_words(fired[0].field, fired[0].after)} for name, fired in firings if fired
    ]
    return TrueAlready(len(named), named[:NAMED], **more)


def own_product(condition: Condition) -> Product | None:
    """The user's own product that a condition compares with. One query, or none."""
    return None if condition.own is None else Product.objects.filter(pk=condition.own).first()


def looks_at(products: Sequence[Product], condition: Condition, own: Product | None) -> list[Look]:
    """What a condition sees of the products now. One query, or none.

    `own` is the user's product to compare with; the form has checked that everyone on the list may see it.
    """
    now = timezone.now()
    seen = looks({product.pk: product for product in products}, ((product.pk, condition) for product in products), now)
    own_price = own_of(own).price_at(now) if own is not None else None
    return [replace(look, own_price=own_price) for look in seen.values()]
