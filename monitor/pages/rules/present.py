"""The present values that a rule looks at, and what its threshold means for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from monitor.changes import CONTENT_FIELDS, GAP_FIELDS, SCORE_FIELDS
from monitor.history.moves import Move
from monitor.models import Product, Shop
from monitor.models.changes import FIELD_CHOICES
from monitor.models.rules import own_of
from monitor.pages.shared.rules.own_products import LONGEST_NAME, name_of
from monitor.pages.shared.rules.reads import RuleSet, judged
from monitor.pages.shared.words import value_in_words
from monitor.provider.observation import GONE
from monitor.recording.circumstances import looks
from monitor.rules.conditions import Condition, Look, Memory, judge
from monitor.rules.kinds import Kind, Subject, Unit, Window
from monitor.rules.own import OwnPriceLack
from monitor.rules.reach import Reach, reach
from monitor.text import formatting
from monitor.text.clock import spoken
from monitor.text.rule_words import days_in_words, threshold_in_words

_BETWEEN = " · "
_LACK_WORDS = {
    OwnPriceLack.NO_PRICE: _("“%(own)s” has no price now: the rule waits for one."),
    OwnPriceLack.UNASKED: _("“%(own)s” is not being checked: the rule waits until it is."),
    OwnPriceLack.STALE: _("No check of “%(own)s” has succeeded for long: the rule waits for one."),
}
#: Numbers that can be shown for a whole list as a range.
_NUMBERS = ("price", "list_price", "sales", *SCORE_FIELDS)


def present(rule_set: RuleSet, condition: Condition) -> dict[str, Any]:
    """What `rules/tried.html` shows: `now`, the present values, for a list from the least to the most; `means`, when a
    rule made now would fire; for a list the `example` and the product or shop `of` it; and `notes` about values that
    the provider has never sent.

    At most four queries. Without a threshold there is no meaning; missing days are the usual ones.
    """
    figures = _figures(rule_set, condition)
    if not figures["all"]:
        return {}
    window = condition.spec.window
    if window in (Window.SALES, Window.PACE) and condition.days is None:
        condition = replace(condition, days=window.usual_days)
    notes = _never_told(rule_set, condition, figures)
    product = _example(rule_set, condition)
    if product is None:
        return {"now": _range(condition, figures), "notes": notes}
    own = own_product(condition)
    if own is not None and (lack := own_of(own).lack(timezone.now())) is not None:
        notes.append(_LACK_WORDS[lack] % _named(own))
    look = _look(product, condition, own)
    now, means = _now(product, condition, look, own), _means(condition, look)
    if rule_set.watch is not None:
        return {"now": now, "means": means, "notes": notes}
    example = {"of": _name(product, condition), "example": now}
    return {"now": _range(condition, figures), **example, "means": means, "notes": notes}


def _named(product: Product) -> dict[str, str]:
    return {"own": name_of(product.title, product.num_iid)}


def _name(product: Product, condition: Condition) -> str:
    if condition.spec.subject is Subject.SHOP and product.shop is not None:
        return formatting.one_line(product.shop.name or product.shop.shop_id, LONGEST_NAME)
    return name_of(product.title, product.num_iid)


# What is known


def _is_known(field: str) -> Q:
    """Selects watches whose product has this value, now or earlier."""
    if field in CONTENT_FIELDS:
        return Q(product__stored_content__parts__has_key=field)
    if field in (*SCORE_FIELDS, *GAP_FIELDS, "score_scale"):
        return Q(**{f"product__shop__{field}__isnull": False})
    return Q(**{f"product__{'sku_min_price' if field == 'sku_range' else field}__isnull": False})


def _columns(condition: Condition) -> Sequence[str]:
    """The columns whose least and largest values are shown for a whole list."""
    subject = "product__shop" if condition.spec.subject is Subject.SHOP else "product"
    return [f"{subject}__{field}" for field in condition.spec.fields if field in _NUMBERS]


def _figures(rule_set: RuleSet, condition: Condition) -> Mapping[str, Any]:
    """One query: how many products were checked, how many of them have a value for each kind, and the ranges."""
    asked: dict[str, Any] = {"all": Count("pk"), "on_sale": Count("pk", filter=Q(product__status="on_sale"))}
    for clause in condition.all:
        known = reduce(or_, map(_is_known, clause.spec.fields), Q())
        asked[f"known_{clause.kind}"] = Count("pk", filter=known) if known else Count("pk")
    for column in _columns(condition):
        usable = _has_current_value(condition)
        asked |= {f"least_{column}": Min(column, filter=usable), f"most_{column}": Max(column, filter=usable)}
    if condition.spec.subject is Subject.CHECKS:
        asked["silent_since"] = Min("product__answered_at")
    return judged(rule_set).filter(product__data_time__isnull=False).aggregate(**asked)


def _has_current_value(condition: Condition) -> Q:
    """Selects watches whose product can be an example: a gone product has no current price."""
    return ~Q(product__status__in=GONE) if condition.spec.is_of_price else Q()


def _never_told(rule_set: RuleSet, condition: Condition, figures: Mapping[str, Any]) -> list[str]:
    """Notes about the values that products or shops have never had; the rule would wait for these."""
    notes, total = [], figures["all"]
    for clause in condition.all:
        words = {"n": total - figures[f"known_{clause.kind}"], "total": total}
        if not words["n"]:
            continue
        if clause.spec.subject is Subject.SHOP:
            of_watch = gettext("This product's shop has no scores yet: the rule waits for them.")
            of_list = ngettext(
                "The shop of %(n)d of %(total)d products has no scores yet: the rule waits for them.",
                "The shops of %(n)d of %(total)d products have no scores yet: the rule waits for them.",
                words["n"],
            )
        else:
            words["field"] = dict(FIELD_CHOICES)[clause.spec.fields[0]]
            of_watch = gettext("Not known for this product: %(field)s. The rule waits for it.")
            of_list = gettext("Not known for %(n)d of %(total)d products: %(field)s. The rule waits for it.")
        notes.append((of_list if rule_set.watch is None else of_watch) % words)
    return list(dict.fromkeys(notes))


def _range(condition: Condition, figures: Mapping[str, Any]) -> str:
    """The values of a whole list, from the least to the largest."""
    if condition.spec.fields == ("status",):
        counts = {"n": figures["on_sale"], "total": figures["all"]}
        return gettext("%(n)d of %(total)d products are on sale") % counts
    if (since := figures.get("silent_since")) is not None:
        return gettext("longest unchecked: since %(time)s") % {"time": spoken(since)}
    ranges = []
    for column in _columns(condition):
        least, most = figures[f"least_{column}"], figures[f"most_{column}"]
        if least is not None:
            field = column.rpartition("__")[2]
            ranges.append("–".join(dict.fromkeys((value_in_words(field, least), value_in_words(field, most)))))
    return gettext("now %(values)s") % {"values": _BETWEEN.join(ranges)} if ranges else ""


# One product, or the example of a list


def _example(rule_set: RuleSet, condition: Condition) -> Product | None:
    """The rule's product, or the first one of the list that has the values. One query."""
    if rule_set.watch is not None:
        return rule_set.watch.product
    if not _columns(condition) or (condition.spec.needs_own and condition.own is None):
        return None
    known = Q(**{f"{column}__isnull": False for column in _columns(condition)})
    watches = judged(rule_set).filter(known, _has_current_value(condition), product__data_time__isnull=False)
    watches = watches.exclude(product=condition.own)
    first = watches.select_related("product__shop").order_by("product_id").first()
    return first.product if first is not None else None


def _look(product: Product, condition: Condition, own: Product | None) -> Look:
    """One query, or none: as far back as the condition looks, or the usual days for its prices."""
    if condition.spec.subject is Subject.SHOP and product.shop is not None:
        return Look(product.shop.state)
    asked = replace(condition, also=())
    if condition.spec.is_of_price and not condition.spec.window:
        asked = Condition(Kind.PRICE_LOWEST, days=Window.PRICE.usual_days)
    [look] = looks_at([product], asked, own)
    return look


def _now(product: Product, condition: Condition, look: Look, own: Product | None) -> str:
    spec = condition.spec
    if spec.subject is Subject.CHECKS:
        at = product.answered_at
        return gettext("last check %(time)s") % {"time": spoken(at)} if at else ""
    if spec.subject is Subject.SHOP:
        return _scores(look, condition)
    if spec.fields == ("sales",):
        return _sold(product, condition, look)
    if spec.is_of_price and product.is_gone:
        return gettext("gone, last price %(value)s") % {"value": formatting.money(product.price)}
    if not spec.is_of_price or product.price is None:
        value = _single(product, spec.fields[0])
        return gettext("now %(value)s") % {"value": value} if value else ""
    parts = [gettext("now %(value)s") % {"value": formatting.money(product.price)}]
    if own is not None:
        parts.append(f"“{_named(own)['own']}” {formatting.money(own.price)}")
    elif not spec.needs_own:
        parts.append(_extremes(condition, look))
    return _BETWEEN.join(parts)


def _single(product: Product, field: str) -> str:
    if field == "sku_range":
        low, high = product.sku_min_price, product.sku_max_price
        return "" if low is None or high is None else value_in_words(field, [low, high])
    if field in CONTENT_FIELDS:
        return ""
    value = getattr(product, field)
    return "" if value is None else formatting.one_line(value_in_words(field, value), LONGEST_NAME)


def _scores(look: Look, condition: Condition) -> str:
    values = [(name, getattr(look.state, name, None)) for name in condition.spec.fields[1:]]
    text = _BETWEEN.join(value_in_words(name, value) for name, value in values if value is not None)
    return gettext("now %(values)s") % {"values": text} if text else ""


def _sold(product: Product, condition: Condition, look: Look) -> str:
    if product.sales is None or look.at is None or condition.days is None:
        return ""
    days = days_in_words(condition.days)
    parts = [gettext("now %(sales)s sold") % {"sales": value_in_words("sales", product.sales, product.sales_step or 1)}]
    base = look.sales_at_start(condition.days)
    if base is not None:
        parts.append(gettext("%(count)s in %(days)s") % {"count": f"{product.sales - base:+,}", "days": days})
    if condition.spec.window is Window.PACE and (sold := look.sold(condition.days)) is not None:
        parts.append(gettext("%(count)s in the %(days)s before") % {"count": f"{sold[1]:+,}", "days": days})
    return _BETWEEN.join(parts)


def _extremes(condition: Condition, look: Look) -> str:
    """The lowest and the highest price, including the present one."""
    days = condition.days if condition.spec.window else Window.PRICE.usual_days
    known = [*look.earlier_prices(days), look.price or 0]
    prices = {"low": formatting.money(min(known)), "high": formatting.money(max(known))}
    if days is None:
        return gettext("lowest ever %(low)s · highest %(high)s") % prices
    return gettext("lowest in %(days)s %(low)s · highest %(high)s") % {**prices, "days": days_in_words(days)}


# What the threshold means


def _means(condition: Condition, look: Look) -> str:
    """When a rule made now would fire, as a sentence, or ''."""
    spec = condition.spec
    if condition.threshold is None and spec.unit is not Unit.NONE:
        return ""
    if spec.is_of_price and look.status in GONE:
        return ""
    values = reach(condition, look)
    if values.distance is not None:
        return _distance(condition, look, values.distance)
    if values.scores:
        return gettext("It fires at %(scores)s or less") % {
            "scores": _BETWEEN.join(map(formatting.score, values.scores))
        }
    if values.most is not None and values.most < 1:
        return gettext("It cannot fall that far: the price would be below ¥0.01.")
    is_of_sales = spec.fields == ("sales",)
    fires = _fires(values, is_of_sales=is_of_sales)
    if not fires or values.amount is None:
        return capfirst(fires)
    amount = f"{values.amount:,}" if is_of_sales else formatting.money(values.amount)
    words = {"share": threshold_in_words(condition), "amount": amount, "fires": fires}
    return gettext("%(share)s is %(amount)s: %(fires)s") % words


def _fires(values: Reach, *, is_of_sales: bool) -> str:
    if is_of_sales:
        return gettext("it fires at %(least)s sold") % {"least": f"{values.least:,}"} if values.least else ""
    words = {"most": formatting.money(values.most), "least": formatting.money(values.least)}
    if values.most is None:
        return gettext("it fires at %(least)s or more") % words if values.least else ""
    if values.least is None:
        return gettext("it fires at %(most)s or less") % words
    return gettext("it fires at %(most)s or less and at %(least)s or more") % words


def _distance(condition: Condition, look: Look, distance: int) -> str:
    """How far the price is from the one that fires the rule."""
    price = look.price or 0
    share = formatting.percent(Move(price, price + distance).percent)
    words = {"distance": formatting.money(distance), "share": share}
    if condition.spec.way < 0:
        return gettext("%(distance)s (%(share)s) below the price now") % words
    return gettext("%(distance)s (%(share)s) above the price now") % words


# For what a new rule would fire at once

#: Products that the page names.
NAMED = 3
#: Of longer lists only these are judged.
MOST_JUDGED = 1000


def true_already(rule_set: RuleSet, condition: Condition) -> dict[str, Any] | None:
    """What `rules/true_already.html` shows; None if it is true of nothing, and for a kind that waits for a change.

    `count`: how many products or, with `of_shops`, shops fulfil a condition now. `named`: some of them, by the `name`,
    with the `value` in words that makes it true. `is_part`: not all were judged. At most four queries.
    """
    spec = condition.spec
    if not spec.is_state:
        return None
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


def _counted(products: QuerySet[Product], condition: Condition) -> dict[str, Any] | None:
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
    return {"count": products.count(), "named": named} if named else None


def _judged(subjects: Iterable[tuple[str, Look]], condition: Condition, **more: Any) -> dict[str, Any] | None:
    """Judges like a new rule, which has no memory yet."""
    firings = ((name, judge(condition, Memory(), look)[0]) for name, look in subjects)
    named = [
        {"name": name, "value": value_in_words(fired[0].field, fired[0].after)} for name, fired in firings if fired
    ]
    return {"count": len(named), "named": named[:NAMED], **more} if named else None


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
