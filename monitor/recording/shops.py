"""Shops as products' replies tell of them. Many products tell of one shop, each as of its own data time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.changes import SHOP_STATE_FIELDS, shop_after, shop_changes
from monitor.models import Change, Shop, ShopScore
from monitor.models.catalog import DOUYIN
from monitor.provider.observation import ShopObservation
from monitor.recording.plan import Plan

SCORED_FIELDS = tuple(name for name in SHOP_STATE_FIELDS if name not in ("name", "company_name"))


@dataclass(frozen=True, slots=True)
class _Telling:
    """One product's word on its shop."""

    plan: Plan
    shop: ShopObservation
    data_time: datetime


@dataclass(slots=True)
class _Writes:
    """What a batch adds to its shops: rows to write whole, and the history that follows."""

    touched: dict[str, Shop] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    scores: list[ShopScore] = field(default_factory=list)


def record_shops(plans: Sequence[Plan]) -> list[Change]:
    """Write the shops that the plans tell of and set each plan's `product.shop`; return the changes, unsaved.

    Three statements at most. The rows are locked in the order of their keys, so two workers that meet at the
    same shops take turns.
    """
    telling = [_Telling(plan, plan.shop, plan.data_time) for plan in plans if plan.shop and plan.data_time]
    if not telling:
        return []
    telling.sort(key=lambda one: one.data_time)
    wanted = sorted({one.shop.shop_id for one in telling})
    locked = Shop.objects.filter(platform=DOUYIN, shop_id__in=wanted).select_for_update().order_by("pk")
    shops = {shop.shop_id: shop for shop in locked}
    writes = _Writes()
    for one in telling:
        shop = shops.get(one.shop.shop_id)
        if shop is None:
            shop = shops[one.shop.shop_id] = Shop(platform=DOUYIN, shop_id=one.shop.shop_id)
            writes.touched[shop.shop_id] = shop
        if shop.data_time is None or one.data_time > shop.data_time:
            _apply(shop, one, writes)
    _write(writes)
    for one in telling:
        one.plan.product.shop = shops[one.shop.shop_id]
    return writes.changes


def _apply(shop: Shop, told: _Telling, writes: _Writes) -> None:
    """Lay what is told over `shop`, and note the history that follows from it."""
    before, after = shop.state, shop_after(shop.state, told.shop)
    # The product's own earlier data time bounds a change too: until then it told of the shop as it was.
    seen = [time for time in (shop.data_time, told.plan.before_data_time) if time]
    last_seen = max(seen) if shop.data_time else None
    shop.data_time = told.data_time
    if told.shop.logo and told.shop.logo != shop.logo:
        shop.logo = told.shop.logo
        writes.touched[shop.shop_id] = shop
    if after == before:
        return
    writes.touched[shop.shop_id] = shop
    for name in SHOP_STATE_FIELDS:
        setattr(shop, name, getattr(after, name))
    writes.changes += [
        Change(
            shop=shop,
            field=change.field,
            before=change.before,
            after=change.after,
            last_seen_before=last_seen or told.data_time,
            first_seen_after=told.data_time,
            request_id=told.plan.request_id,
        )
        for change in shop_changes(before, after)
    ]
    if any(getattr(before, name) != getattr(after, name) for name in SCORED_FIELDS):
        scores = {name: getattr(after, name) for name in SCORED_FIELDS}
        writes.scores.append(ShopScore(shop=shop, data_time=told.data_time, last_seen_before=last_seen, **scores))


def _write(writes: _Writes) -> None:
    """Insert new shops and update known ones in one statement, then their history."""
    columns = [*SHOP_STATE_FIELDS, "logo", "data_time"]
    copies = [
        Shop(platform=shop.platform, shop_id=shop.shop_id, **{name: getattr(shop, name) for name in columns})
        for _, shop in sorted(writes.touched.items())
    ]
    written = Shop.objects.bulk_create(
        copies, update_conflicts=True, unique_fields=["platform", "shop_id"], update_fields=columns
    )
    for row in written:
        writes.touched[row.shop_id].pk = row.pk
    for change in writes.changes:
        change.shop = change.shop  # Takes over the key that the shop has got since.
    for score in writes.scores:
        score.shop = score.shop
    ShopScore.objects.bulk_create(writes.scores, ignore_conflicts=True)
