"""The present values that a rule looks at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.utils import timezone
from django.utils.translation import gettext

from monitor.changes import CONTENT_FIELDS, GAP_FIELDS, SCORE_FIELDS
from monitor.models import Product, Shop
from monitor.models.changes import FIELD_CHOICES
from monitor.provider.observation import GONE
from monitor.reads.rules import RuleSet
from monitor.reads.words import value_in_words
from monitor.recording.evidence import rule_cases
from monitor.rules.conditions import Condition, judge
from monitor.rules.judging import Memory, RuleCase
from monitor.rules.kinds import UNITS_KINDS, Subject
from monitor.text import formatting
from monitor.text.clock import spoken

_BETWEEN = " · "
#: Values of which a list shows the least and the most.
_NUMBERS = ("price", "list_price", "sales", *SCORE_FIELDS)


def present(rule_set: RuleSet, condition: Condition) -> dict[str, Any]:
    """Return what `rules/present.html` shows. At most two queries.

    `now`: the present values, for a list from the least to the most. `notes`: values that are
    missing, for which the rule waits."""
    if condition.spec.subject.is_followed:
        is_following = rule_set.watchlist.follows.exists()
        return (
            {}
            if is_following
            else {"notes": [gettext("This list follows no shop yet: the rule waits for one.")]}
        )
    figures = _figures(rule_set, condition)
    if not figures["all"]:
        waits = gettext("No product here has rivals yet: the rule waits for one.")
        return {"notes": [waits]} if condition.spec.among_rivals else {}
    notes = _never_told(rule_set, condition, figures)
    return {"now": _now(rule_set, condition, figures), "notes": notes}


# What is known


def _is_known(field: str) -> Q:
    """Select watches whose product has this value, now or earlier."""
    if field in CONTENT_FIELDS:
        return Q(product__stored_content__parts__has_key=field)
    if field in (*SCORE_FIELDS, *GAP_FIELDS, "score_scale"):
        return Q(**{f"product__shop__{field}__isnull": False})
    return Q(**{f"product__{'sku_min_price' if field == 'sku_range' else field}__isnull": False})


def _columns(condition: Condition, *, of_one: bool = False) -> Sequence[str]:
    """Return the columns whose least and most are shown; of one product or shop also those that are
    no numbers."""
    if condition.kind in UNITS_KINDS:  # It judges what is sold a day, not the count of sales.
        return []
    subject = "product__shop" if condition.spec.subject is Subject.SHOP else "product"
    shown = (*_NUMBERS, *GAP_FIELDS, "status") if of_one else _NUMBERS
    return [f"{subject}__{field}" for field in condition.spec.fields if field in shown]


def _figures(rule_set: RuleSet, condition: Condition) -> Mapping[str, Any]:
    """Return how many products were checked, how many of them have a value for each kind, and the
    ranges. One query."""
    asked: dict[str, Any] = {
        "all": Count("pk"),
        "on_sale": Count("pk", filter=Q(product__status="on_sale")),
    }
    for clause in condition.all:
        known = reduce(or_, map(_is_known, clause.spec.fields), Q())
        asked[f"known_{clause.kind}"] = Count("pk", filter=known) if known else Count("pk")
    for column in _columns(condition, of_one=rule_set.watch is not None):
        usable = _has_current_value(condition)
        asked |= {
            f"least_{column}": Min(column, filter=usable),
            f"most_{column}": Max(column, filter=usable),
        }
    if condition.spec.subject is Subject.CHECKS:
        asked["silent_since"] = Min("product__answered_at")
    return rule_set.judged_by(condition).filter(product__data_time__isnull=False).aggregate(**asked)


def _has_current_value(condition: Condition) -> Q:
    """Select watches whose product can be an example: a gone product has no current price."""
    return ~Q(product__status__in=GONE) if condition.spec.is_of_price else Q()


def _never_told(rule_set: RuleSet, condition: Condition, figures: Mapping[str, Any]) -> list[str]:
    """Return notes about the values that products or shops have never had: the rule would wait for
    these."""
    notes, total = [], figures["all"]
    for clause in condition.all:
        if n := total - figures[f"known_{clause.kind}"]:
            field = next(name for name in clause.spec.fields if name != "score_scale")
            words = {"n": n, "total": total, "field": dict(FIELD_CHOICES)[field]}
            of_watch = gettext("Not known for this product: %(field)s. The rule waits for it.")
            of_list = gettext(
                "Not known for %(n)d of %(total)d products: %(field)s. The rule waits for it."
            )
            notes.append((of_list if rule_set.watch is None else of_watch) % words)
    return list(dict.fromkeys(notes))


def _now(rule_set: RuleSet, condition: Condition, figures: Mapping[str, Any]) -> str:
    """Return the present values; of a whole list from the least to the most."""
    watch, spec = rule_set.watch, condition.spec
    if watch is None and spec.fields == ("status",):
        counts = {"n": figures["on_sale"], "total": figures["all"]}
        return gettext("%(n)d of %(total)d products are on sale") % counts
    if (since := figures.get("silent_since")) is not None:
        text = (
            gettext("longest unchecked: since %(time)s")
            if watch is None
            else gettext("last check %(time)s")
        )
        return text % {"time": spoken(since)}
    if watch is not None and spec.is_of_price and watch.product.is_gone:
        return gettext("gone, last price %(value)s") % {
            "value": formatting.money(watch.product.price)
        }
    ranges = []
    for column in _columns(condition, of_one=watch is not None):
        least, most = figures[f"least_{column}"], figures[f"most_{column}"]
        if least is not None:
            field = column.rpartition("__")[2]
            ranges.append(
                "–".join(dict.fromkeys((value_in_words(field, least), value_in_words(field, most))))
            )
    return gettext("now %(values)s") % {"values": _BETWEEN.join(ranges)} if ranges else ""


# For what a new rule would fire at once

#: Products that the page names.
NAMED = 3
#: Of longer lists only these are judged.
MOST_JUDGED = 1000


def true_already(rule_set: RuleSet, condition: Condition) -> dict[str, Any] | None:
    """Return what `rules/true_already.html` shows; None if it is true of nothing. At most four
    queries.

    `count`: how many products or, with `of_shops`, shops fulfil a condition now. `named`: some of
    them, by the `name`, with the `value` in words that makes it true. `is_part`: not all were
    judged. A new rule has no memory yet."""
    if condition.spec.subject.is_followed:
        return None
    watches = rule_set.judged_by(condition).filter(is_paused=False, watchlist__is_paused=False)
    if of_shops := condition.spec.subject is Subject.SHOP:
        shops = (
            Shop.objects.filter(products__watches__in=watches.values("pk"))
            .distinct()
            .order_by("name", "pk")
        )
        subjects = [
            (shop.name or shop.shop_id, RuleCase(shop.state)) for shop in shops[: MOST_JUDGED + 1]
        ]
    else:
        order = "-price" if condition.spec.way > 0 else "price"
        products = Product.objects.filter(data_time__isnull=False, watches__in=watches).order_by(
            order, "pk"
        )
        rows = list(products[: MOST_JUDGED + 1])
        seen = _cases_of(rule_set, rows, condition)
        subjects = [(row.title or row.num_iid, case) for row, case in zip(rows, seen, strict=True)]
    judged = ((name, judge(condition, Memory(), case)[0]) for name, case in subjects[:MOST_JUDGED])
    named = [
        {"name": name, "value": value_in_words(fired[0].field, fired[0].after)}
        for name, fired in judged
        if fired
    ]
    if not named:
        return None
    return {
        "count": len(named),
        "named": named[:NAMED],
        "of_shops": of_shops,
        "is_part": len(subjects) > MOST_JUDGED,
    }


def _cases_of(
    rule_set: RuleSet, products: Sequence[Product], condition: Condition
) -> list[RuleCase]:
    """Return what a condition sees of the products now. At most three queries."""
    others = rule_set.compared_with(condition, [product.pk for product in products])
    return rule_cases(
        [(product, condition, others.get(product.pk, ())) for product in products], timezone.now()
    )
