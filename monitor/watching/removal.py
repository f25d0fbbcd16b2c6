"""Removals with undo: a removal returns a receipt, which is short even for thousands of
products."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import accumulate, batched, pairwise
from typing import Any

from django.db import transaction

from monitor.models import Product, Rule, User, Watch, Watchlist
from monitor.polling.planning.rescheduling import ASKED, reschedule
from monitor.polling.recording.alerts import start_watching
from monitor.watching.pairings import pair_again
from monitor.watching.rules import rule_as_json, rule_from_json
from monitor.watching.services import CHUNK, remove
from monitor.watching.tags import set_tags

_OWN = ("note", "cost", "profit", "is_paused", *ASKED)
#: For each list and each set of own settings: the list's key, the settings, and the `_distances` of
#: the products' keys, which compress well. Ready for JSON.
type Receipt = Sequence[tuple[int, dict[str, Any], list[int]]]


@transaction.atomic
def remove_for_now(watches: Sequence[int], now: datetime) -> Receipt:
    """Remove watches, by their keys, all in one transaction, and return what `put_back` needs."""
    groups: dict[tuple[int, str], list[int]] = defaultdict(list)
    for keys in batched(watches, CHUNK):
        chunk = Watch.objects.filter(pk__in=keys)
        for watch in chunk.prefetch_related("rules", "tags", "pairings"):
            groups[watch.watchlist_id, json.dumps(_own(watch))].append(watch.product_id)
        remove(chunk, now)
    return [
        (watchlist, json.loads(own), _distances(products))
        for (watchlist, own), products in groups.items()
    ]


@transaction.atomic
def put_back(user: User, receipt: Receipt, now: datetime) -> int:
    """Make removed watches again, on lists that `user` may still edit; return how many. Rules start
    afresh.

    The lists are locked: a second undo at the same time finds the watches made.
    """
    theirs = Watchlist.objects.editable_by(user).filter(
        pk__in={watchlist for watchlist, *_ in receipt}
    )
    lists = theirs.order_by("pk").select_for_update(no_key=True).in_bulk()
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
    """Return the settings of this watch alone; most watches have none."""
    usual = Watch()
    own = {
        name: _plain(getattr(watch, name))
        for name in _OWN
        if getattr(watch, name) != getattr(usual, name)
    }
    more = {
        "rules": [rule_as_json(rule) for rule in watch.rules.all()],
        "tags": [tag.name for tag in watch.tags.all()],
        "rivals": [pairing.rival_id for pairing in watch.pairings.all()],
    }
    return own | {name: values for name, values in more.items() if values}


def _plain(value: Any) -> Any:
    """Return a column's value, ready for JSON: `_stored` gives it again."""
    return value.total_seconds() if isinstance(value, timedelta) else value


def _stored(field: str, value: Any) -> Any:
    return (
        timedelta(seconds=value)
        if field in ("interval", "soonest") and value is not None
        else value
    )


def _distances(keys: Iterable[int]) -> list[int]:
    """Sorted keys, each as its distance from the one before; `accumulate` gives the keys again."""
    return [after - before for before, after in pairwise([0, *sorted(keys)])]


def _make_again(watchlist: Watchlist, settings: dict[int, dict[str, Any]], now: datetime) -> int:
    """Make one chunk of one list. Products that were added again meanwhile stay as they are."""
    there = watchlist.watches.filter(product__in=settings).values("product")
    # Locked, so that none is deleted for want of a watch.
    gone = Product.objects.filter(pk__in=settings).exclude(pk__in=there).order_by("pk")
    products = list(gone.select_for_update(no_key=True).values_list("pk", flat=True))
    Watch.objects.bulk_create(
        [_watch(watchlist, product, settings[product]) for product in products],
        ignore_conflicts=True,
    )
    again = dict(watchlist.watches.filter(product__in=products).values_list("product_id", "pk"))
    Rule.objects.bulk_create(
        rule_from_json(rule, watchlist.pk, watch)
        for product, watch in again.items()
        for rule in settings[product].get("rules", ())
        if "condition"
        in rule  # A receipt lives for minutes. Another version of this program may have written it.
    )
    if tags := {
        watch: settings[product]["tags"]
        for product, watch in again.items()
        if "tags" in settings[product]
    }:
        set_tags(tags)
    pair_again(
        {watch: (product, settings[product].get("rivals", ())) for product, watch in again.items()}
    )
    reschedule(Product.objects.filter(pk__in=products), now)
    start_watching(again.values(), now=now)
    return len(again)


def _watch(watchlist: Watchlist, product: int, own: dict[str, Any]) -> Watch:
    settings = {name: _stored(name, own[name]) for name in _OWN if name in own}
    return Watch(watchlist=watchlist, product_id=product, **settings)
