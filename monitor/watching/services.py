"""Writes to watchlists. Each also updates the schedule and the rules."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import batched, chain
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from monitor.models import Pace, Product, Rule, RuleMemory, Shop, User, Watch, Watchlist
from monitor.models.catalog import DOUYIN
from monitor.models.rules import DEFAULT_RULES, USUAL_COOLDOWN
from monitor.models.watchlists import DEFAULT_INTERVAL, DEFAULT_SOONEST, Priority
from monitor.people.allowances import lock, refuse_beyond
from monitor.polling.planning.rescheduling import ASKED, plan_readings, reschedule
from monitor.polling.recording.alerts import start_watching
from monitor.watching.requests import granted

#: Products that are added by one statement.
CHUNK = 500
#: Up to this many products added together are checked at once, because the user waits for them. The
#: first checks of more products are spread over the day.
MOST_AWAITED = 50


@transaction.atomic
def create_watchlist(
    owner: User,
    name: str,
    interval: timedelta = DEFAULT_INTERVAL,
    priority: int = Priority.NORMAL,
    pace: str = Pace.ADAPTIVE,
    *,
    by: User | None = None,
    **more: Any,
) -> Watchlist:
    """Make a watchlist with the default rules. `more` are other columns of `ASKED`; `soonest` fits
    the interval if it is not among them.

    Raises `AllowanceError` if the user who makes it has too many; without `by` an operator makes
    it. Deleted lists count until they are purged: they can be restored. Raises `ValidationError` by
    column, such as for a name that is taken."""
    lock(owner.pk)
    if by is not None:
        refuse_beyond(by, "lists", 1, Watchlist.objects.filter(owner=by).count)
    asked = {
        "soonest": min(DEFAULT_SOONEST, interval),
        "interval": interval,
        "priority": priority,
        "pace": pace,
    }
    watchlist = Watchlist(owner=owner, name=name, **asked | more)
    watchlist.full_clean()
    watchlist.save()
    give_default_rules(watchlist)
    return watchlist


def give_default_rules(watchlist: Watchlist) -> None:
    Rule.objects.bulk_create(
        Rule(
            watchlist=watchlist,
            kind=rule.kind.value,
            threshold=rule.threshold,
            cooldown=USUAL_COOLDOWN,
        )
        for rule in DEFAULT_RULES
    )


def add_products(
    watchlist: Watchlist,
    num_iids: Iterable[str],
    now: datetime,
    *,
    total: int = 0,
    by: User | None = None,
) -> list[str]:
    """Put products on a watchlist, once each; return the IDs that were not on it before, in the
    order given.

    `total` counts all products that are added together. Up to `MOST_AWAITED` are checked at once,
    within the allowance of the user who adds them; the schedule spreads other first checks. Without
    `by` an operator adds them, and no allowance is charged."""
    ids = list(dict.fromkeys(num_iids))
    is_awaited = max(total, len(ids)) <= MOST_AWAITED
    added: list[str] = []
    for chunk in batched(ids, CHUNK):
        added += _add_chunk(watchlist, chunk, now, by, is_awaited=is_awaited)
    return added


@transaction.atomic
def _add_chunk(
    watchlist: Watchlist, ids: Sequence[str], now: datetime, by: User | None, *, is_awaited: bool
) -> list[str]:
    if is_awaited and by is not None:
        lock(by.payer_id(now))  # Before products, as everywhere: no deadlock.
    # Locked, so that none is deleted before it is watched. One may be deleted before it is locked.
    known = (
        Product.objects.filter(platform=DOUYIN, num_iid__in=ids)
        .order_by("pk")
        .select_for_update(no_key=True)
    )
    while missing := set(ids) - (keys := dict(known.values_list("num_iid", "pk"))).keys():
        products_made = [Product(platform=DOUYIN, num_iid=num_iid) for num_iid in sorted(missing)]
        Product.objects.bulk_create(products_made, ignore_conflicts=True)
    there = set(
        watchlist.watches.filter(product__in=keys.values()).values_list("product_id", flat=True)
    )
    new = [num_iid for num_iid in ids if keys[num_iid] not in there]
    Watch.objects.bulk_create(
        [Watch(watchlist=watchlist, product_id=keys[num_iid]) for num_iid in new],
        ignore_conflicts=True,
    )
    products = Product.objects.filter(pk__in=[keys[num_iid] for num_iid in new])
    unchecked = products.filter(checked_at__isnull=True)
    awaited: Sequence[int] = ()
    if is_awaited and not watchlist.is_paused:
        awaited = (
            list(unchecked.values_list("pk", flat=True))
            if by is None
            else granted(unchecked, by, now).products
        )
    reschedule(products, now, awaited=awaited, by=by, by_operator=by is None)
    watches = watchlist.watches.filter(product__in=[keys[num_iid] for num_iid in new])
    start_watching(watches.values_list("pk", flat=True), now=now)
    return new


def pause(watches: QuerySet[Watch], now: datetime, *, paused: bool = True) -> int:
    """Stop checks and alerts for these watches, or resume them. Other watches of the same products
    go on."""
    return set_columns(watches, now, is_paused=paused)


@transaction.atomic
def set_columns(watches: QuerySet[Watch], now: datetime, **columns: Any) -> int:
    """Set columns of watches, and reschedule their products; return how many."""
    products = list(watches.values_list("product_id", flat=True))
    count = watches.update(**columns)
    reschedule(Product.objects.filter(pk__in=products), now)
    return count


@transaction.atomic
def remove(watches: QuerySet[Watch], now: datetime) -> int:
    """Remove watches and the memories of their lists' rules. The products and their histories
    stay."""
    products: dict[int, list[int]] = defaultdict(list)
    for watchlist, product in watches.values_list("watchlist_id", "product_id"):
        products[watchlist].append(product)
    for watchlist, removed in products.items():
        RuleMemory.objects.filter(rule__watchlist_id=watchlist, product_id__in=removed).delete()
    watches.delete()
    reschedule(Product.objects.filter(pk__in=list(chain(*products.values()))), now)
    return sum(map(len, products.values()))


@transaction.atomic
def save_watchlist(watchlist: Watchlist, now: datetime) -> None:
    """Save a list's name and its settings of the checks, and reschedule its products.

    Raises `ValidationError` when its owner has another list of that name meanwhile.
    """
    lock(watchlist.owner_id)
    watchlist.full_clean()
    watchlist.save(update_fields=["name", *ASKED])
    watchlist_changed(watchlist, now)


@transaction.atomic
def save_watch(watch: Watch, now: datetime) -> None:
    """Save a watch's own settings of the checks, and reschedule its product."""
    watch.save(update_fields=ASKED)
    reschedule(Product.objects.filter(pk=watch.product_id), now)


@transaction.atomic
def pause_watchlist(watchlist: Watchlist, now: datetime, *, paused: bool) -> None:
    """Pause or resume a list."""
    watchlist.is_paused = paused
    watchlist.save(update_fields=["is_paused"])
    watchlist_changed(watchlist, now)


def watchlist_changed(watchlist: Watchlist, now: datetime) -> None:
    """Reschedule a list's products and followed shops: call it after a change of the list."""
    reschedule(Product.objects.filter(watches__watchlist=watchlist), now)
    plan_readings(Shop.objects.filter(follows__watchlist=watchlist), now)


@transaction.atomic
def rule_changed(rule: Rule, now: datetime, *, is_news: bool = True) -> None:
    """Let a new or changed rule start afresh: where that `is_news`, it fires at once if it is
    already true."""
    RuleMemory.objects.filter(rule=rule).delete()
    if rule.is_active:
        watches = (
            rule.watchlist.watches.all()
            if rule.watch is None
            else Watch.objects.filter(pk=rule.watch.pk)
        )
        keys = list(watches.values_list("pk", flat=True))
        for chunk in batched(keys, CHUNK):
            start_watching(chunk, now=now, is_news=is_news)
