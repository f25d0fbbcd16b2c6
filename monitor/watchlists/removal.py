"""Removals that can be taken back: what is removed leaves a receipt, short even for thousands of products."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate, batched, pairwise
from typing import Any

from django.db import transaction

from monitor.models import Product, Rule, User, Watch, Watchlist
from monitor.models.rules import condition_as_json, condition_from_json
from monitor.recording.alerts import start_watching
from monitor.watchlists.rescheduling import reschedule
from monitor.watchlists.rules import Terms
from monitor.watchlists.services import CHUNK, remove

#: For each list and each set of own settings: both, and the keys of the products, each as its distance from the one
#: before, which compresses well. Ready for JSON.
type Receipt = list[tuple[int, dict[str, Any], list[int]]]


@transaction.atomic
def remove_for_now(watches: Sequence[int], now: datetime) -> Receipt:
    """Remove watches, by their keys, and return what `put_back` needs. All or none: a part would have no receipt."""
    groups: dict[tuple[int, str], list[int]] = defaultdict(list)
    for keys in batched(watches, CHUNK):
        chunk = Watch.objects.filter(pk__in=keys)
        for watch in chunk.prefetch_related("rules"):
            groups[watch.watchlist_id, json.dumps(_own(watch))].append(watch.product_id)
        remove(chunk, now)
    return [(watchlist, json.loads(own), distances(products)) for (watchlist, own), products in groups.items()]


@transaction.atomic
def put_back(user: User, receipt: Receipt, now: datetime) -> int:
    """Make removed watches again, on lists that `user` may still edit; return how many. Rules start afresh."""
    lists = Watchlist.objects.editable_by(user).in_bulk()
    wanted: dict[int, dict[int, dict[str, Any]]] = defaultdict(dict)
    for watchlist, own, distances in receipt:
        wanted[watchlist] |= dict.fromkeys(accumulate(distances), own)
    return sum(
        _make_again(lists[watchlist], dict(chunk), now)
        for watchlist, settings in wanted.items()
        if watchlist in lists
        for chunk in batched(settings.items(), CHUNK)
    )


def _own(watch: Watch) -> dict[str, Any]:
    """What is set for this watch alone; nothing for most."""
    own = {
        "note": watch.note,
        "is_paused": watch.is_paused,
        "interval": watch.interval.total_seconds() if watch.interval else None,
        "priority": watch.priority,
        "pace": watch.pace,
        "soonest": watch.soonest.total_seconds() if watch.soonest else None,
        "hours": None if watch.hours_from is None else [watch.hours_from, watch.hours_until],
        "rules": [_terms(rule) for rule in watch.rules.all()],
    }
    return {name: value for name, value in own.items() if value}


def _terms(rule: Rule) -> dict[str, Any]:
    return {
        "condition": condition_as_json(rule.condition),
        "cooldown": rule.cooldown.total_seconds(),
        "is_urgent": rule.is_urgent,
        "is_active": rule.is_active,
    }


def distances(keys: Iterable[int]) -> list[int]:
    """Keys as they are kept: each as its distance from the one before; `accumulate` gives them back."""
    return [after - before for before, after in pairwise([0, *sorted(keys)])]


def _make_again(watchlist: Watchlist, settings: dict[int, dict[str, Any]], now: datetime) -> int:
    """One chunk of one list. What was added again meanwhile is left as it is."""
    there = watchlist.watches.filter(product__in=settings).values("product")
    products = list(Product.objects.filter(pk__in=settings).exclude(pk__in=there).values_list("pk", flat=True))
    Watch.objects.bulk_create(
        [_watch(watchlist, product, settings[product]) for product in products], ignore_conflicts=True
    )
    again = dict(watchlist.watches.filter(product__in=products).values_list("product_id", "pk"))
    Rule.objects.bulk_create(list(_rules(watchlist, again, settings)))
    reschedule(Product.objects.filter(pk__in=products), now)
    start_watching(again.values(), now=now)
    return len(again)


def _watch(watchlist: Watchlist, product: int, own: dict[str, Any]) -> Watch:
    plain = ("note", "is_paused", "priority", "pace")
    fields: dict[str, Any] = {name: own[name] for name in plain if name in own}
    for name in ("interval", "soonest"):
        fields[name] = timedelta(seconds=own[name]) if name in own else None
    fields["hours_from"], fields["hours_until"] = own.get("hours", (None, None))
    return Watch(watchlist=watchlist, product_id=product, **fields)


def _rules(watchlist: Watchlist, again: dict[int, int], settings: dict[int, dict[str, Any]]) -> Iterator[Rule]:
    for product, watch in again.items():
        for rule in settings[product].get("rules", ()):
            if "condition" not in rule:
                continue  # Of another version of this program: kept for minutes, while that was replaced.
            condition, rest = condition_from_json(rule["condition"]), timedelta(seconds=rule["cooldown"])
            terms = Terms(condition, rest, rule["is_urgent"])
            yield terms.put_on(Rule(watchlist=watchlist, watch_id=watch, is_active=rule["is_active"]))
