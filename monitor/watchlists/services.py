"""Writes to watchlists, each followed by what it means for the schedule and the rules."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from monitor.models import Pace, Product, Rule, RuleMemory, User, Watch, Watchlist
from monitor.models.catalog import DOUYIN
from monitor.models.rules import DEFAULT_RULES, USUAL_COOLDOWN
from monitor.models.watchlists import DEFAULT_INTERVAL, Priority
from monitor.recording.alerts import start_watching
from monitor.watchlists.requests import granted
from monitor.watchlists.rescheduling import ASKED, reschedule

#: Products are added in pieces of this many, so that one statement never carries a whole catalogue.
CHUNK = 500
#: So many that are added together are checked at once, however much of the day's budget is spent by then: whoever adds
#: them waits for it. More than these keep to the even share of the day.
MOST_AWAITED = 50


@transaction.atomic
def create_watchlist(
    owner: User,
    name: str,
    interval: timedelta = DEFAULT_INTERVAL,
    priority: int = Priority.NORMAL,
    pace: str = Pace.ADAPTIVE,
    **more: Any,
) -> Watchlist:
    """A new watchlist with the default rules: any price change, any status change, any fall of a shop score. `more` are
    others of the columns that are `ASKED`."""
    asked = {"interval": interval, "priority": priority, "pace": pace, **more}
    watchlist = Watchlist.objects.create(owner=owner, name=name, **asked)
    give_default_rules(watchlist)
    return watchlist


def give_default_rules(watchlist: Watchlist) -> None:
    Rule.objects.bulk_create(
        Rule(watchlist=watchlist, kind=rule.kind.value, threshold=rule.threshold, cooldown=USUAL_COOLDOWN)
        for rule in DEFAULT_RULES
    )


def add_products(
    watchlist: Watchlist, num_iids: Iterable[str], now: datetime, *, of: int = 0, by: User | None = None
) -> list[str]:
    """Put products on a watchlist, once each; return the IDs that were not on it before, in the order given.

    They may be a piece `of` so many that are added together. Those who add a few wait for the first checks, which are
    made at once as far as the allowance of the person who adds them goes; the schedule spreads the others, and those of
    many. Where an operator adds them, nobody's allowance is charged.
    """
    ids = list(dict.fromkeys(num_iids))
    is_awaited = max(of, len(ids)) <= MOST_AWAITED
    added: list[str] = []
    for chunk in batched(ids, CHUNK):
        added += _add_chunk(watchlist, chunk, now, by, is_awaited=is_awaited)
    return added


@transaction.atomic
def _add_chunk(
    watchlist: Watchlist, ids: Sequence[str], now: datetime, by: User | None, *, is_awaited: bool
) -> list[str]:
    Product.objects.bulk_create(
        [Product(platform=DOUYIN, num_iid=num_iid) for num_iid in sorted(ids)], ignore_conflicts=True
    )
    keys = dict(Product.objects.filter(platform=DOUYIN, num_iid__in=ids).values_list("num_iid", "pk"))
    there = set(watchlist.watches.filter(product__in=keys.values()).values_list("product_id", flat=True))
    new = [num_iid for num_iid in ids if keys[num_iid] not in there]
    Watch.objects.bulk_create(
        [Watch(watchlist=watchlist, product_id=keys[num_iid]) for num_iid in new], ignore_conflicts=True
    )
    products = Product.objects.filter(pk__in=[keys[num_iid] for num_iid in new])
    _schedule_first_checks(watchlist, products, now, by, is_awaited=is_awaited)
    watches = watchlist.watches.filter(product__in=[keys[num_iid] for num_iid in new])
    start_watching(watches.values_list("pk", flat=True), now=now)
    return new


def _schedule_first_checks(
    watchlist: Watchlist, products: QuerySet[Product], now: datetime, by: User | None, *, is_awaited: bool
) -> None:
    unchecked = products.filter(checked_at__isnull=True)
    awaited: Sequence[int] = ()
    if is_awaited and not watchlist.is_paused:
        awaited = list(unchecked.values_list("pk", flat=True)) if by is None else granted(unchecked, by, now).products
    reschedule(products, now, awaited=awaited, by_operator=by is None)


@transaction.atomic
def pause(watches: QuerySet[Watch], now: datetime) -> int:
    """Stop checks and alerts for these watches; a product that others watch goes on for them."""
    return _set_paused(watches, True, now)


@transaction.atomic
def resume(watches: QuerySet[Watch], now: datetime) -> int:
    return _set_paused(watches, False, now)


def _set_paused(watches: QuerySet[Watch], paused: bool, now: datetime) -> int:
    products = list(watches.values_list("product_id", flat=True))
    count = watches.update(is_paused=paused)
    reschedule(Product.objects.filter(pk__in=products), now)
    return count


@transaction.atomic
def remove(watches: QuerySet[Watch], now: datetime) -> int:
    """Take watches off their lists, with what the lists' rules remember. The products and their histories stay."""
    removed = list(watches.values_list("watchlist_id", "product_id"))
    products = [product for _, product in removed]
    for watchlist in {watchlist for watchlist, _ in removed}:
        gone = [product for owner, product in removed if owner == watchlist]
        RuleMemory.objects.filter(rule__watchlist_id=watchlist, product_id__in=gone).delete()
    watches.delete()
    reschedule(Product.objects.filter(pk__in=products), now)
    return len(products)


@transaction.atomic
def save_watchlist(watchlist: Watchlist, now: datetime) -> None:
    """Write a list's name, priority and how often it is checked, and reschedule its products with them.

    Raises `IntegrityError` when its owner has got another list of that name meanwhile.
    """
    watchlist.save(update_fields=["name", *ASKED])
    watchlist_changed(watchlist, now)


@transaction.atomic
def save_watch(watch: Watch, now: datetime) -> None:
    """Write what a watch says itself of its product's checks, and reschedule the product with it."""
    watch.save(update_fields=ASKED)
    reschedule(Product.objects.filter(pk=watch.product_id), now)


@transaction.atomic
def pause_watchlist(watchlist: Watchlist, now: datetime, *, paused: bool) -> None:
    """Let a whole list rest, or have it go on."""
    watchlist.is_paused = paused
    watchlist.save(update_fields=["is_paused"])
    watchlist_changed(watchlist, now)


def watchlist_changed(watchlist: Watchlist, now: datetime) -> None:
    """After a new interval or a pause of the whole list."""
    reschedule(Product.objects.filter(watches__watchlist=watchlist), now)


@transaction.atomic
def rule_changed(rule: Rule, now: datetime) -> None:
    """After a rule was made or altered: it starts afresh, and fires at once where it is true already."""
    RuleMemory.objects.filter(rule=rule).delete()
    if rule.is_active:
        watches = rule.watchlist.watches.all() if rule.watch is None else Watch.objects.filter(pk=rule.watch.pk)
        keys = list(watches.values_list("pk", flat=True))
        for start in range(0, len(keys), CHUNK):
            start_watching(keys[start : start + CHUNK], now=now)
