"""A rule tried on history before it is saved: when it would have fired lately, for what, and at which values."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils.text import capfirst
from django.utils.translation import get_language

from monitor.changes import CONTENT_FIELDS, SCORE_FIELDS, FieldChange, ProductState, ShopState
from monitor.models import Change, Outage, Product
from monitor.models.changes import FIELD_CHOICES
from monitor.pages.rules.reads import RuleSet, judged
from monitor.recording.circumstances import state_of
from monitor.rules.backtest import Fired, PastChange, replay
from monitor.rules.conditions import Condition, Firing, KnownValue
from monitor.rules.kinds import Subject
from monitor.text import formatting

DAYS = 30
#: Of longer lists the first products are tried, and as many of them as have so many changes.
MOST_PRODUCTS, MOST_CHANGES = 1000, 50_000
#: Firings that are told one by one.
NAMED = 4


class TrialFiring(NamedTuple):
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
    latest: Sequence[TrialFiring]
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


class _TrialSubject(NamedTuple):
    """A product or a shop: its name, when its history begins and how it is at present."""

    name: str
    begins: datetime
    present: ProductState | ShopState


def try_on_history(rule_set: RuleSet, condition: Condition, now: datetime, cooldown: timedelta = timedelta(0)) -> Trial:
    """Two queries, however many products the rule is for, and one more for a product of one's own."""
    of_shops = condition.spec.subject is Subject.SHOP
    since = now - timedelta(days=DAYS)
    subjects, is_part = _subjects(rule_set, of_shops)
    if condition.spec.subject is Subject.CHECKS:
        replayed = _silences(subjects, timedelta(hours=condition.threshold or 0), now)
    else:
        pasts, unread_from = _pasts("shop" if of_shops else "product", subjects, condition, since)
        if unread_from is not None:
            subjects, is_part = {pk: subject for pk, subject in subjects.items() if pk < unread_from}, True
        own = _own_prices(condition, since)
        replayed = {
            pk: replay(condition, pasts[pk], subject.present, begins=subject.begins, own=own, cooldown=cooldown)
            for pk, subject in subjects.items()
        }
    fired = [(pk, one) for pk, all_fired in replayed.items() for one in all_fired if one.at > since]
    begins = min((subject.begins for subject in subjects.values()), default=since)
    return Trial(
        tried=len(subjects),
        moments=sorted(one.at for _, one in fired),
        fired_for=len({pk for pk, _ in fired}),
        latest=[
            TrialFiring(one.at, subjects[pk].name, _value(one.firing))
            for pk, one in heapq.nlargest(NAMED, fired, key=lambda pair: pair[1].at)
        ],
        begins=begins if begins > since else None,
        of_shops=of_shops,
        is_part=is_part,
    )


def _subjects(rule_set: RuleSet, of_shops: bool) -> tuple[dict[int, _TrialSubject], bool]:
    """The products or shops that a rule is for, in the order of keys; and whether there are more.

    A shop is known since the first of its products is.
    """
    watches = judged(rule_set).filter(product__first_data_time__isnull=False).select_related("product")
    if of_shops:
        watches = watches.filter(product__shop__isnull=False).select_related("product__shop")
    products = [watch.product for watch in watches.order_by("product_id")[: MOST_PRODUCTS + 1]]
    subjects: dict[int, _TrialSubject] = {}
    for product in products[:MOST_PRODUCTS]:
        begins = product.first_data_time
        assert begins is not None
        if of_shops and (shop := product.shop) is not None:
            since = subjects[shop.pk].begins if shop.pk in subjects else begins
            subjects[shop.pk] = _TrialSubject(shop.name or shop.shop_id, min(begins, since), shop.state)
        else:
            subjects[product.pk] = _TrialSubject(product.title or product.num_iid, begins, state_of(product))
    return dict(sorted(subjects.items())), len(products) > MOST_PRODUCTS


def _silences(subjects: Mapping[int, _TrialSubject], patience: timedelta, now: datetime) -> dict[int, list[Fired]]:
    """Silences are told by the spans in which checks failed: of what was not checked at all nothing is known."""
    outages = Outage.objects.filter(product__in=list(subjects), ended_at__gt=now - timedelta(days=DAYS))
    spans = list(outages.values_list("product_id", "began_at", "ended_at"))
    failing = Product.objects.filter(pk__in=list(subjects), failing_since__isnull=False)
    spans += [(pk, began, now) for pk, began in failing.values_list("pk", "failing_since") if began is not None]
    fired: dict[int, list[Fired]] = defaultdict(list)
    for pk, began, ended in spans:
        if ended - began >= patience:
            fired[pk].append(Fired(began + patience, Firing("checks", None, None)))
    return fired


def _pasts(
    subject: str, subjects: Mapping[int, _TrialSubject], condition: Condition, since: datetime
) -> tuple[Mapping[int, list[PastChange]], int | None]:
    """The changes that a replay of a condition needs, by product or shop in the order of keys; and from which key on
    there are too many to be read. What is told at length is not read at all: it fires by having changed.
    """
    fields = condition.fields_read
    values = () if fields <= set(CONTENT_FIELDS) else ("before", "after")
    changes = Change.objects.filter(**{f"{subject}__in": list(subjects)}, field__in=fields)
    if (days := condition.days_back) is not None:
        changes = changes.filter(first_seen_after__gt=since - timedelta(days=days))
    changes = changes.order_by(subject, "first_seen_after")
    rows = list(changes.values_list(f"{subject}_id", "first_seen_after", "field", *values)[: MOST_CHANGES + 1])
    pasts: dict[int, list[PastChange]] = defaultdict(list)
    for pk, at, field, *told in rows:
        before, after = told or (None, None)
        pasts[pk].append(PastChange(at, FieldChange(field, before, after)))
    return pasts, rows[-1][0] if len(rows) > MOST_CHANGES else None


def _own_prices(condition: Condition, since: datetime) -> list[KnownValue]:
    """The prices, from before `since` on, of the product of one's own that a condition compares with."""
    if condition.own is None:
        return []
    changes = Change.objects.filter(product=condition.own, field="price", first_seen_after__gt=since)
    rows = list(changes.order_by("first_seen_after").values_list("first_seen_after", "before", "after"))
    first = rows[0][1] if rows else Product.objects.values_list("price", flat=True).get(pk=condition.own)
    values = [(since, first), *((at, after) for at, _, after in rows)]
    return [KnownValue(at, value) for at, value in values if isinstance(value, int)]


def _value(firing: Firing) -> str:
    """What was seen; of a shop, with the name of the score."""
    if firing.after is None or firing.field in CONTENT_FIELDS:
        return ""
    value = formatting.field_value(firing.field, firing.after, get_language() or "en")
    score = firing.field.replace("_gap", "_score")
    return f"{capfirst(str(dict(FIELD_CHOICES)[score]))} {value}" if score in SCORE_FIELDS else value
