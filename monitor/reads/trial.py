"""Tries a rule on history before it is saved: when it would have fired, for which products, at
which values."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple

from django.db.models import QuerySet

from monitor import throttle
from monitor.changes import CONTENT_FIELDS, SCORE_FIELDS, FieldChange, ProductState, ShopState
from monitor.models import Change, Outage, Product, RangeEntry, User, Watch
from monitor.reads.rules import RuleSet
from monitor.reads.words import score_name, value_in_words
from monitor.recording.ageing import paces_at
from monitor.recording.circumstances import offers_of, pasts_of, state_of, units_of
from monitor.rules.backtest import Fired, PastChange, replay
from monitor.rules.conditions import Condition
from monitor.rules.judging import Firing, Offer
from monitor.rules.kinds import UNITS_KINDS, Subject

DAYS = 30
#: Of longer lists only the first products are tried, up to this number of products and changes.
MOST_PRODUCTS, MOST_CHANGES = 1000, 50_000
#: The same of products whose sales are estimated for each day: with three rivals each they take
#: less than a second.
MOST_ESTIMATED = 50
#: Firings that the page shows one by one.
NAMED = 4
#: Products with rules of their own that the page names.
OWN_NAMED = 5


class _TrialSubject(NamedTuple):
    """The name of a product or shop, when its history begins, and its present state."""

    name: str
    begins: datetime
    present: ProductState | ShopState


def try_on_history(
    rule_set: RuleSet,
    condition: Condition,
    by: User,
    now: datetime,
    cooldown: timedelta = timedelta(0),
) -> dict[str, Any]:
    """Return what `rules/trial.html` shows: what a rule would have done in the last `DAYS`. Two
    queries, and one more for rivals. Raises `TooOftenError` while the user has many others made."""
    with throttle.HeldPlace(throttle.TRIALS, str(by.pk), now):
        return _tried(rule_set, condition, now, cooldown)


def _tried(
    rule_set: RuleSet, condition: Condition, now: datetime, cooldown: timedelta
) -> dict[str, Any]:
    of_shops = condition.spec.subject.is_shop
    since = now - timedelta(days=DAYS)
    if condition.spec.subject.is_followed:
        subjects, is_part = _followed(rule_set, of_shops)
    else:
        most = MOST_ESTIMATED if condition.kind in UNITS_KINDS else MOST_PRODUCTS
        subjects, is_part = _subjects(rule_set.judged_by(condition), of_shops, most)
    if condition.spec.subject is Subject.CHECKS:
        replayed = _silences(subjects, timedelta(hours=condition.threshold or 0), now)
    else:
        others = {} if of_shops else rule_set.compared_with(condition, subjects)
        compared = {other.pk: other for other in chain(*others.values())}
        pasts, unread_from = _pasts(
            "shop" if of_shops else "product", {*subjects, *compared}, condition, since
        )
        if unread_from is not None:
            subjects, is_part = (
                {pk: subject for pk, subject in subjects.items() if pk < unread_from},
                True,
            )
        offers = (
            _offers(condition, Product.objects.in_bulk(subjects) | compared, pasts, now)
            if compared
            else {}
        )
        replayed = {
            pk: replay(
                condition,
                pasts[pk],
                subject.present,
                begins=subject.begins,
                since=since - timedelta(days=condition.days_back or 0),
                offers=offers.get(pk, ()),
                others={other.pk: offers[other.pk] for other in others.get(pk, ())},
                cooldown=cooldown,
            )
            for pk, subject in subjects.items()
        }
    fired = [
        (pk, firing) for pk, firings in replayed.items() for firing in firings if firing.at > since
    ]
    begins = min((subject.begins for subject in subjects.values()), default=since)
    moments = sorted(firing.at for _, firing in fired)
    return {
        "days": DAYS,
        # The products or, with `of_shops`, the shops with any history; and those for which the rule
        # would have fired.
        "tried": len(subjects),
        "of_shops": of_shops,
        "is_part": is_part,
        # Of a list: the products that its rules do not judge.
        "own_rules": [] if of_shops else rule_set.with_own_rules(OWN_NAMED),
        "fired_for": len({pk for pk, _ in fired}),
        "moments": moments,
        # In whole seconds, for a chart to mark.
        "unix_moments": " ".join(str(int(at.timestamp())) for at in moments),
        # When, for which product or shop, and the value, '' if it is too long.
        "latest": [
            {"at": firing.at, "of": subjects[pk].name, "value": _value(firing.firing)}
            for pk, firing in heapq.nlargest(NAMED, fired, key=lambda pair: pair[1].at)
        ],
        # The start of the oldest history, if it is within the `DAYS`.
        "begins": begins if begins > since else None,
    }


def _subjects(
    judged: QuerySet[Watch], of_shops: bool, most: int
) -> tuple[dict[int, _TrialSubject], bool]:
    """Return the products or shops to which a rule applies, ordered by key, and whether there are
    more. A shop's history begins with the first of its products."""
    watches = judged.filter(product__first_data_time__isnull=False).select_related("product")
    if of_shops:
        watches = watches.filter(product__shop__isnull=False).select_related("product__shop")
    products = [watch.product for watch in watches.order_by("product_id")[: most + 1]]
    subjects: dict[int, _TrialSubject] = {}
    for product in products[:most]:
        begins = product.first_data_time
        assert begins is not None
        if of_shops and (shop := product.shop) is not None:
            since = subjects[shop.pk].begins if shop.pk in subjects else begins
            subjects[shop.pk] = _TrialSubject(
                shop.name or shop.shop_id, min(begins, since), shop.state
            )
        else:
            subjects[product.pk] = _TrialSubject(
                product.title or product.num_iid, begins, state_of(product)
            )
    return dict(sorted(subjects.items())), len(products) > most


def _followed(rule_set: RuleSet, of_shops: bool) -> tuple[dict[int, _TrialSubject], bool]:
    """Return the same of the followed shops: the shops, or the products of their ranges."""
    follows = rule_set.watchlist.follows.filter(shop__range__read_at__isnull=False).select_related(
        "shop__range"
    )
    shops = {follow.shop_id: follow.shop for follow in follows.order_by("shop_id")}
    if of_shops:
        read = [(shop, shop.range.read_at) for shop in shops.values()]
        return {
            shop.pk: _TrialSubject(str(shop), read_at, shop.state)
            for shop, read_at in read
            if read_at
        }, False
    entries = RangeEntry.objects.filter(
        shop__in=shops, lacked_at=None, product__first_data_time__isnull=False
    )
    rows = [
        entry.product
        for entry in entries.select_related("product").order_by("product")[: MOST_PRODUCTS + 1]
    ]
    subjects = {
        row.pk: _TrialSubject(str(row), row.first_data_time, state_of(row))
        for row in rows[:MOST_PRODUCTS]
        if row.first_data_time
    }
    return subjects, len(rows) > MOST_PRODUCTS


def _silences(
    subjects: Mapping[int, _TrialSubject], patience: timedelta, now: datetime
) -> dict[int, list[Fired]]:
    """Find silences from outages: nothing is known about products that were not checked at all."""
    outages = Outage.objects.filter(
        product__in=list(subjects), ended_at__gt=now - timedelta(days=DAYS)
    )
    spans = list(outages.values_list("product_id", "began_at", "ended_at"))
    failing = Product.objects.filter(pk__in=list(subjects), failing_since__isnull=False)
    spans += [
        (pk, began, now)
        for pk, began in failing.values_list("pk", "failing_since")
        if began is not None
    ]
    fired: dict[int, list[Fired]] = defaultdict(list)
    for pk, began, ended in spans:
        if ended - began >= patience:
            fired[pk].append(Fired(began + patience, Firing("checks", None, None)))
    return fired


def _pasts(
    subject: str, subjects: Collection[int], condition: Condition, since: datetime
) -> tuple[Mapping[int, list[PastChange]], int | None]:
    """Return the changes that a replay needs, by product or shop ordered by key; and the key from
    which on there were too many to read. Values of content are not read: such a rule fires on any
    change."""
    fields = condition.fields_read
    values = () if fields <= set(CONTENT_FIELDS) else ("before", "after")
    changes = Change.objects.filter(**{f"{subject}__in": list(subjects)}, field__in=fields)
    if (days := condition.days_back) is not None:
        changes = changes.filter(first_seen_after__gt=since - timedelta(days=days))
    pasts = pasts_of(
        changes.order_by(subject, "first_seen_after")[: MOST_CHANGES + 1], subject, values
    )
    return pasts, next(reversed(pasts)) if sum(map(len, pasts.values())) > MOST_CHANGES else None


def _offers(
    condition: Condition,
    products: Mapping[int, Product],
    pasts: Mapping[int, list[PastChange]],
    now: datetime,
) -> dict[int, list[Offer]]:
    """Return products as they were compared in the past, with the estimates of each day if a
    condition needs them."""
    units: dict[int, list[PastChange]] = defaultdict(list)
    if condition.kind in UNITS_KINDS:
        times = [now - timedelta(days=DAYS - day) for day in range(DAYS + 1)]
        for key, at, pace in paces_at(products, times, now):
            units[key].append(PastChange(at, FieldChange("units", None, units_of(pace))))  # type: ignore[arg-type]
    return {
        key: offers_of(product, [*pasts[key], *units[key]]) for key, product in products.items()
    }


def _value(firing: Firing) -> str:
    """Return the value that was seen; for a shop with the name of the score."""
    if firing.after is None or firing.field in CONTENT_FIELDS:
        return ""
    value, score = (
        value_in_words(firing.field, firing.after),
        firing.field.replace("_gap", "_score"),
    )
    return f"{score_name(score)} {value}" if score in SCORE_FIELDS else value
