"""Writes to watchlists, each followed by what it means for the schedule and the rules."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import (
    Case,
    DateTimeField,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, Least

from monitor.models import Product, Rule, RuleMemory, User, Watch, Watchlist
from monitor.models.catalog import DOUYIN
from monitor.models.rules import DEFAULT_RULES, USUAL_COOLDOWN
from monitor.models.watchlists import DEFAULT_INTERVAL, Priority
from monitor.recording.alerts import start_watching

#: Products are added in pieces of this many, so that one statement never carries a whole catalogue.
CHUNK = 500
#: So many that are added by one call are looked at at once, however much of the day's budget is spent by then: whoever
#: adds them waits for it. More than these keep to the even share of the day.
MOST_AWAITED = 50


@transaction.atomic
def create_watchlist(
    owner: User, name: str, interval: timedelta = DEFAULT_INTERVAL, priority: int = Priority.NORMAL
) -> Watchlist:
    """A new watchlist with the default rules: any price change, any status change, any fall of a shop score."""
    watchlist = Watchlist.objects.create(owner=owner, name=name, interval=interval, priority=priority)
    give_default_rules(watchlist)
    return watchlist


def give_default_rules(watchlist: Watchlist) -> None:
    Rule.objects.bulk_create(
        Rule(watchlist=watchlist, kind=rule.kind.value, threshold=rule.threshold, cooldown=USUAL_COOLDOWN)
        for rule in DEFAULT_RULES
    )


def add_products(watchlist: Watchlist, num_iids: Iterable[str], now: datetime) -> list[str]:
    """Put products on a watchlist, once each; return the IDs that were not on it before, in the order given."""
    ids = list(dict.fromkeys(num_iids))
    added: list[str] = []
    for start in range(0, len(ids), CHUNK):
        added += _add_chunk(watchlist, ids[start : start + CHUNK], now, is_awaited=len(ids) <= MOST_AWAITED)
    return added


@transaction.atomic
def _add_chunk(watchlist: Watchlist, ids: list[str], now: datetime, *, is_awaited: bool) -> list[str]:
    Product.objects.bulk_create(
        [Product(platform=DOUYIN, num_iid=num_iid) for num_iid in sorted(ids)], ignore_conflicts=True
    )
    keys = dict(Product.objects.filter(platform=DOUYIN, num_iid__in=ids).values_list("num_iid", "pk"))
    there = set(watchlist.watches.filter(product__in=keys.values()).values_list("product_id", flat=True))
    new = [num_iid for num_iid in ids if keys[num_iid] not in there]
    Watch.objects.bulk_create(
        [Watch(watchlist=watchlist, product_id=keys[num_iid]) for num_iid in new], ignore_conflicts=True
    )
    reschedule(Product.objects.filter(pk__in=[keys[num_iid] for num_iid in new]), now, is_awaited=is_awaited)
    watches = watchlist.watches.filter(product__in=[keys[num_iid] for num_iid in new])
    start_watching(watches.values_list("pk", flat=True), now=now)
    return new


@transaction.atomic
def reschedule(products: QuerySet[Product], now: datetime, *, is_awaited: bool = False) -> None:
    """Give products the shortest interval that an active watch asks for; those without one are not checked.

    `is_awaited`: somebody waits for the first look at them, which is made at once as if he had asked for it.

    The rows are locked first, in the order of their keys and by a statement of its own: what another transaction
    does to a watch of the same product is then either seen here or sees this.
    """
    wanted = (
        Watch.objects.active()
        .filter(product=OuterRef("pk"))
        .order_by()
        .values("product")
        .annotate(shortest=Min(Coalesce("interval", "watchlist__interval")))
        .values("shortest")
    )
    keys = sorted(set(products.values_list("pk", flat=True)))
    for start in range(0, len(keys), CHUNK):
        chunk = Product.objects.filter(pk__in=keys[start : start + CHUNK])
        list(chunk.select_for_update(no_key=True).order_by("pk").values_list("pk"))
        chunk.update(interval=Subquery(wanted))
        after_interval = ExpressionWrapper(F("checked_at") + F("interval"), output_field=DateTimeField())
        # What the new interval would have had checked already is due from now on: it is not late.
        due = Greatest(after_interval, Value(now), output_field=DateTimeField())
        is_new = Q(next_check_at__isnull=True, checked_at__isnull=True, interval__isnull=False)
        awaited = {"asked_at": Case(When(is_new, then=Value(now)), default=F("asked_at"))} if is_awaited else {}
        chunk.update(
            **awaited,
            asked_since=Case(When(next_check_at__isnull=True, then=Value(now)), default=F("asked_since")),
            next_check_at=Case(
                When(interval__isnull=True, then=Value(None)),
                When(next_check_at__isnull=True, checked_at__isnull=True, then=Value(now)),
                When(next_check_at__isnull=True, then=due),
                # A claimed product keeps the end of its lease.
                When(lease__isnull=True, checked_at__isnull=False, then=Least(F("next_check_at"), due)),
                default=F("next_check_at"),
                output_field=DateTimeField(),
            ),
        )


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
    """Write a list's name, interval and priority, and reschedule its products with them.

    Raises `IntegrityError` when its owner has got another list of that name meanwhile.
    """
    watchlist.save(update_fields=["name", "interval", "priority"])
    watchlist_changed(watchlist, now)


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
