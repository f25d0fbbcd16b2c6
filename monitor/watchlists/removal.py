"""Removals with undo: a removal returns a receipt, which is short even for thousands of products."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import accumulate, batched, pairwise
from typing import Any

from django.db import transaction

from monitor.models import Product, Rule, User, Watch, Watchlist
from monitor.recording.alerts import start_watching
from monitor.watchlists.rescheduling import reschedule
from monitor.watchlists.rules import rule_as_json, rule_from_json
from monitor.watchlists.services import CHUNK, remove

#: For each list and each set of own settings: the list's key, the settings, and the `distances` of the products' keys,
#: which compress well. Ready for JSON.
type Receipt = list[tuple[int, dict[str, Any], list[int]]]


@transaction.atomic
def remove_for_now(watches: Sequence[int], now: datetime) -> Receipt:
    """Remove watches, by their keys, all in one transaction, and return what `put_back` needs."""
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
    removed: dict[int, dict[int, dict[str, Any]]] = defaultdict(dict)
    for watchlist, own, distances in receipt:
        removed[watchlist] |= dict.fromkeys(accumulate(distances), own)
    return sum(
        _make_again(lists[watchlist], dict(chunk), now)
        for watchlist, settings in removed.items()
        if watchlist in lists
        for chunk in batched(settings.items(), CHUNK)
    )


def _own(watch: Watch) -> dict[str, Any]:
    """The settings of this watch alone; most watches have none."""
    own = {
        "note": watch.note,
        "is_paused": watch.is_paused,
        "interval": watch.interval.total_seconds() if watch.interval else None,
        "priority": watch.priority,
        "pace": watch.pace,
        "soonest": watch.soonest.total_seconds() if watch.soonest else None,
        "hours": None if watch.hours_from is None else [watch.hours_from, watch.hours_until],
        "rules": [rule_as_json(rule) for rule in watch.rules.all()],
    }
    return {name: value for name, value in own.items() if value}


def distances(keys: Iterable[int]) -> list[int]:
    """Sorted keys, each as its distance from the one before; `accumulate` gives the keys again."""
    return [after - before for before, after in pairwise([0, *sorted(keys)])]


def _make_again(watchlist: Watchlist, settings: dict[int, dict[str, Any]], now: datetime) -> int:
    """Make one chunk of one list. Products that were added again meanwhile stay as they are."""
    there = watchlist.watches.filter(product__in=settings).values("product")
    products = list(Product.objects.filter(pk__in=settings).exclude(pk__in=there).values_list("pk", flat=True))
    Watch.objects.bulk_create(
        [_watch(watchlist, product, settings[product]) for product in products], ignore_conflicts=True
    )
    again = dict(watchlist.watches.filter(product__in=products).values_list("product_id", "pk"))
    Rule.objects.bulk_create(
        rule_from_json(rule, watchlist.pk, watch)
        for product, watch in again.items()
        for rule in settings[product].get("rules", ())
        if "condition" in rule  # A receipt lives for minutes. Another version of this program may have written it.
    )
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
