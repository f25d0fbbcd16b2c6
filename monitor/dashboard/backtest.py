"""A rule tried on history before it is saved: when it would have fired lately, for what, and at which values."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.utils.text import capfirst
from django.utils.translation import get_language

from monitor import formatting
from monitor.backtest import Fired, Past, replay_product, replay_shop
from monitor.changes import CONTENT_FIELDS, SHOP_STATE_FIELDS, FieldChange, ProductState, ShopState
from monitor.dashboard.rules import RuleSet, judged
from monitor.models import Change, Outage, Product, Watch
from monitor.models.changes import FIELD_CHOICES
from monitor.rules import SHOP_KINDS, Condition, Firing, Kind, Step

DAYS = 30
#: Of longer lists the first products are tried, and as many of them as have so many changes.
MOST_PRODUCTS, MOST_CHANGES = 1000, 50_000
#: Firings that are told one by one.
NAMED = 4
_OF_PRODUCT = tuple(f"product__{name}" for name in ("title", "num_iid", "first_data_time", "price", "sales", "status"))
_OF_SHOP = ("product__first_data_time", *(f"product__shop__{name}" for name in ("shop_id", *SHOP_STATE_FIELDS)))


class Told(NamedTuple):
    """A firing in words. `of` is the product or the shop; '' stands for a value that is too long to be told."""

    at: datetime
    of: str
    value: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule would have done in the last `DAYS`.

    `tried` counts the products or, with `of_shops`, the shops of which something is known; `fired_for` those of them
    for which the rule would have fired. `begins` is when the first of their histories does, if it is later than the
    `DAYS` do. With `is_part` there were more than are read at once.
    """

    tried: int
    moments: Sequence[datetime]
    fired_for: int
    latest: Sequence[Told]
    begins: datetime | None
    of_shops: bool
    is_part: bool

    @property
    def days(self) -> int:
        return DAYS

    @property
    def unix_moments(self) -> str:
        """In whole seconds, for a chart to mark."""
        return " ".join(str(int(at.timestamp())) for at in self.moments)


class _Subject(NamedTuple):
    """A product or a shop: its name, when its history begins and how it is at present."""

    name: str
    begins: datetime
    present: ProductState | ShopState


def try_on_history(rule_set: RuleSet, condition: Condition, now: datetime, cooldown: timedelta = timedelta(0)) -> Trial:
    """Two queries, however many products the rule is for, and one more for a product of one's own."""
    if condition.kind is Kind.SILENT:
        return _try_silence(rule_set, timedelta(hours=condition.threshold or 0), now)
    of_shops = condition.kind in SHOP_KINDS
    watches = judged(rule_set).filter(product__first_data_time__isnull=False).order_by("product_id")
    rows = list(_told_of(watches, of_shops)[: MOST_PRODUCTS + 1])
    subjects = (_shops if of_shops else _products)(rows[:MOST_PRODUCTS])
    since = now - timedelta(days=DAYS)
    pasts, unread_from = _pasts("shop" if of_shops else "product", subjects, condition, since)
    tried = {pk: one for pk, one in subjects.items() if unread_from is None or pk < unread_from}
    own = _own_prices(condition, since)
    replayed = ((pk, _replay(condition, pasts[pk], one, own, cooldown)) for pk, one in tried.items())
    fired = [(pk, one) for pk, all_fired in replayed for one in all_fired if one.at > since]
    latest = heapq.nlargest(NAMED, fired, key=lambda one: one[1].at)
    begins = min((one.begins for one in tried.values()), default=since)
    return Trial(
        tried=len(tried),
        moments=sorted(one.at for _, one in fired),
        fired_for=len({pk for pk, _ in fired}),
        latest=[Told(one.at, tried[pk].name, _value(one.firing)) for pk, one in latest],
        begins=begins if begins > since else None,
        of_shops=of_shops,
        is_part=len(rows) > MOST_PRODUCTS or unread_from is not None,
    )


def _try_silence(rule_set: RuleSet, patience: timedelta, now: datetime) -> Trial:
    """Silences are told by the spans in which checks failed: of what was not checked at all nothing is known."""
    since = now - timedelta(days=DAYS)
    watches = judged(rule_set).filter(product__first_data_time__isnull=False).order_by("product_id")
    rows = list(_told_of(watches, of_shops=False)[: MOST_PRODUCTS + 1])
    tried = _products(rows[:MOST_PRODUCTS])
    over = Outage.objects.filter(product__in=tried, ended_at__gt=since)
    spans = list(over.values_list("product_id", "began_at", "ended_at"))
    failing = Product.objects.filter(pk__in=tried, failing_since__isnull=False)
    spans += [(pk, began, now) for pk, began in failing.values_list("pk", "failing_since") if began is not None]
    told = [(pk, began + patience) for pk, began, ended in spans if ended - began >= patience]
    fired = sorted(((pk, at) for pk, at in told if at > since), key=itemgetter(1))
    begins = min((one.begins for one in tried.values()), default=since)
    return Trial(
        tried=len(tried),
        moments=[at for _, at in fired],
        fired_for=len({pk for pk, _ in fired}),
        latest=[Told(at, tried[pk].name, "") for pk, at in fired[: -NAMED - 1 : -1]],
        begins=begins if begins > since else None,
        of_shops=False,
        is_part=len(rows) > MOST_PRODUCTS,
    )


def _told_of(watches: QuerySet[Watch], of_shops: bool) -> QuerySet[Watch, tuple[Any, ...]]:
    """The columns of which `_products` and `_shops` are made."""
    if of_shops:
        return watches.filter(product__shop__isnull=False).values_list("product__shop_id", *_OF_SHOP)
    return watches.values_list("product_id", *_OF_PRODUCT)


def _products(rows: Iterable[Sequence[Any]]) -> dict[int, _Subject]:
    return {
        pk: _Subject(title or num_iid, begins, ProductState(price=price, sales=sales, status=status))
        for pk, title, num_iid, begins, price, sales, status in rows
    }


def _shops(rows: Iterable[Sequence[Any]]) -> dict[int, _Subject]:
    """Each once, in the order of keys; known since the first of its products is."""
    shops: dict[int, _Subject] = {}
    for pk, begins, shop_id, *values in sorted(rows, key=lambda row: (row[0], row[1])):
        state = ShopState(**dict(zip(SHOP_STATE_FIELDS, values, strict=True)))
        shops.setdefault(pk, _Subject(state.name or shop_id, begins, state))
    return shops


def _pasts(
    subject: str, subjects: Mapping[int, _Subject], condition: Condition, since: datetime
) -> tuple[Mapping[int, list[Past]], int | None]:
    """The changes that a replay of a condition needs, by product or shop in the order of keys; and from which key on
    there are too many to be read. What is told at length is not read at all: it fires by having changed.
    """
    fields = condition.fields_read
    values = () if fields <= set(CONTENT_FIELDS) else ("before", "after")
    found = Change.objects.filter(**{f"{subject}__in": list(subjects)}, field__in=fields)
    if (days := condition.days_back) is not None:
        found = found.filter(first_seen_after__gt=since - timedelta(days=days))
    found = found.order_by(subject, "first_seen_after")
    rows = list(found.values_list(f"{subject}_id", "first_seen_after", "field", *values)[: MOST_CHANGES + 1])
    pasts: dict[int, list[Past]] = defaultdict(list)
    for pk, at, field, *told in rows:
        before, after = told or (None, None)
        pasts[pk].append(Past(at, FieldChange(field, before, after)))
    return pasts, rows[-1][0] if len(rows) > MOST_CHANGES else None


def _own_prices(condition: Condition, since: datetime) -> list[Step]:
    """The prices, from before `since` on, of the product of one's own that a condition compares with."""
    if condition.own is None:
        return []
    changes = Change.objects.filter(product=condition.own, field="price", first_seen_after__gt=since)
    rows = list(changes.order_by("first_seen_after").values_list("first_seen_after", "before", "after"))
    first = rows[0][1] if rows else Product.objects.values_list("price", flat=True).get(pk=condition.own)
    values = [(since, first), *((at, after) for at, _, after in rows)]
    return [Step(at, value) for at, value in values if isinstance(value, int)]


def _replay(
    condition: Condition, past: Sequence[Past], subject: _Subject, own: Sequence[Step], cooldown: timedelta
) -> list[Fired]:
    present = subject.present
    if isinstance(present, ShopState):
        return replay_shop(condition, past, present, cooldown=cooldown)
    return replay_product(condition, past, present, begins=subject.begins, own=own, cooldown=cooldown)


def _value(firing: Firing) -> str:
    """What was seen; of a shop, with the name of the score."""
    if firing.field in CONTENT_FIELDS:
        return ""
    value = formatting.field_value(firing.field, firing.after, get_language() or "en")
    score = firing.field.replace("_gap", "_score")
    return f"{capfirst(str(dict(FIELD_CHOICES)[score]))} {value}" if score.endswith("_score") else value
