"""Tries a rule on history before it is saved: when it would have fired, for which products, at
which values."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Min, QuerySet

from monitor.judging.changes import CONTENT_FIELDS, SCORE_FIELDS
from monitor.judging.rules.backtest import Fired, replay
from monitor.judging.rules.conditions import Condition
from monitor.judging.rules.judging import Firing, RuleCase
from monitor.judging.rules.kinds import Subject
from monitor.models import AssortmentEntry, Outage, Product, Shop, User
from monitor.people import throttle
from monitor.polling.recording.evidence import Evidence, evidence_of, pasts_of
from monitor.showing.reads.rules import RuleSet
from monitor.showing.reads.words import score_name, value_in_words

DAYS = 30
#: Of longer lists only the first products are tried. Sales change every hour: a rule that reads
#: them is tried on fewer.
MOST_PRODUCTS, MOST_OF_SALES = 1000, 100
#: Firings that the page shows one by one.
NAMED = 4
#: Products with rules of their own that the page names.
OWN_NAMED = 5


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
    most = MOST_OF_SALES if "sales" in condition.fields_read else MOST_PRODUCTS
    rows = _subjects(rule_set, condition).filter(begins__isnull=False).order_by("pk")
    subjects: list[Any] = list(rows[: most + 1])
    is_part = len(subjects) > most
    subjects = subjects[:most]
    if condition.spec.subject is Subject.CHECKS:
        keys = [subject.pk for subject in subjects]
        replayed = _silences(keys, timedelta(hours=condition.threshold or 0), now)
    else:
        begins_at = since - timedelta(days=condition.days_back or 0)
        evidence = _evidence(rule_set, condition, subjects, now)
        replayed = {
            pk: replay(condition, of.case, of.past, since=begins_at, cooldown=cooldown)
            for pk, of in evidence.items()
        }
    fired = [
        (pk, firing) for pk, firings in replayed.items() for firing in firings if firing.at > since
    ]
    of = {subject.pk: subject for subject in subjects}
    begins = min((subject.begins for subject in subjects), default=since)
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
            {"at": firing.at, "of": str(of[pk]), "value": _value(firing.firing)}
            for pk, firing in heapq.nlargest(NAMED, fired, key=lambda pair: pair[1].at)
        ],
        # The start of the oldest history, if it is within the `DAYS`.
        "begins": begins if begins > since else None,
    }


def _subjects(rule_set: RuleSet, condition: Condition) -> QuerySet[Any]:
    """Return the products or shops to which a rule applies, each with the time at which its history
    `begins`: that of a shop with the first of its products, or its first reading."""
    of_shops = condition.spec.subject.is_shop
    if condition.spec.subject.is_followed:
        shops = Shop.objects.filter(follows__watchlist=rule_set.watchlist)
        if of_shops:
            return shops.annotate(begins=F("assortment__read_at"))
        read = shops.filter(assortment__read_at__isnull=False)
        entries = AssortmentEntry.objects.filter(shop__in=read, lacked_at=None)
        products = Product.objects.filter(pk__in=entries.values("product"))
        return products.annotate(begins=F("first_data_time"))
    watches = rule_set.judged_by(condition)
    if of_shops:
        shops = Shop.objects.filter(products__watches__in=watches)
        return shops.annotate(begins=Min("products__first_data_time"))
    products = Product.objects.filter(watches__in=watches)
    return products.annotate(begins=F("first_data_time"))


def _evidence(
    rule_set: RuleSet, condition: Condition, subjects: Sequence[Any], now: datetime
) -> dict[int, Evidence]:
    """Return what the rule reads of each product, with its rivals if it compares, or shop."""
    keys = [subject.pk for subject in subjects]
    if condition.spec.subject.is_shop:
        pasts = pasts_of("shop", keys, [condition], now, DAYS)
        return {
            shop.pk: Evidence(RuleCase(shop.state), pasts.get(shop.pk, [])) for shop in subjects
        }
    rivals = rule_set.compared_with(condition, keys)
    known = {rival.pk: rival for others in rivals.values() for rival in others}
    known |= {product.pk: product for product in subjects}
    evidence = evidence_of(known.values(), [condition], now, DAYS)
    for key, others in rivals.items():
        offers = {other.pk: evidence[other.pk].case.offers for other in others}
        evidence[key] = replace(evidence[key], case=replace(evidence[key].case, others=offers))
    return {key: evidence[key] for key in keys}


def _silences(
    products: Collection[int], patience: timedelta, now: datetime
) -> dict[int, list[Fired]]:
    """Find silences from outages: nothing is known about products that were not checked at all."""
    since = now - timedelta(days=DAYS)
    outages = Outage.objects.filter(product__in=products, ended_at__gt=since)
    spans = list(outages.values_list("product_id", "began_at", "ended_at"))
    failing = Product.objects.filter(pk__in=products, failing_since__isnull=False)
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


def _value(firing: Firing) -> str:
    """Return the value that was seen; for a shop with the name of the score."""
    if firing.after is None or firing.field in CONTENT_FIELDS:
        return ""
    value, score = (
        value_in_words(firing.field, firing.after),
        firing.field.replace("_gap", "_score"),
    )
    return f"{score_name(score)} {value}" if score in SCORE_FIELDS else value
