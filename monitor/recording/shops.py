"""Shops as products' replies tell of them. Many products tell of one shop, each as of its own data time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.changes import SHOP_STATE_FIELDS, shop_after, shop_changes
from monitor.models import Change, Shop, ShopScore
from monitor.models.catalog import DOUYIN
from monitor.recording.plan import Plan

SCORED_FIELDS = tuple(name for name in SHOP_STATE_FIELDS if name not in ("name", "company_name"))


@dataclass(slots=True)
class ShopWrites:
    """What the shops of one batch add to the history."""

    changes: list[Change]
    scores: list[ShopScore]


def record_shops(plans: Sequence[Plan]) -> ShopWrites:
    """Write the shops that the plans tell of and set each plan's `product.shop_id`. Three statements at most.

    The rows are locked in the order of their keys, so two workers that meet at the same shops take turns.
    """
    telling = sorted((plan for plan in plans if plan.shop), key=lambda plan: (plan.data_time or datetime.min))
    writes = ShopWrites([], [])
    if not telling:
        return writes
    wanted = sorted({plan.shop.shop_id for plan in telling if plan.shop})
    locked = Shop.objects.filter(platform=DOUYIN, shop_id__in=wanted).select_for_update().order_by("pk")
    shops = {shop.shop_id: shop for shop in locked}
    touched: dict[str, Shop] = {}
    pending: list[tuple[Shop, Change | ShopScore]] = []
    for plan in telling:
        assert plan.shop is not None and plan.data_time is not None
        shop = shops.setdefault(plan.shop.shop_id, Shop(platform=DOUYIN, shop_id=plan.shop.shop_id))
        if shop.pk is None:
            touched[shop.shop_id] = shop
        if shop.data_time is None or plan.data_time > shop.data_time:
            pending += _apply(shop, plan, touched)
    _write(touched)
    for shop, row in pending:
        row.shop = shop
        (writes.changes if isinstance(row, Change) else writes.scores).append(row)  # type: ignore[arg-type]
    for plan in telling:
        assert plan.shop is not None
        plan.product.shop = shops[plan.shop.shop_id]
    ShopScore.objects.bulk_create(writes.scores, ignore_conflicts=True)
    return writes


def _apply(shop: Shop, plan: Plan, touched: dict[str, Shop]) -> list[tuple[Shop, Change | ShopScore]]:
    """Lay what `plan` tells over `shop`; return the history rows that follow from it."""
    assert plan.shop is not None and plan.data_time is not None
    before = shop.state
    after = shop_after(before, plan.shop)
    # The product's own earlier data time bounds the change too: until then it told of the shop as it was.
    seen = max((time for time in (shop.data_time, plan.before_data_time) if time), default=None)
    last_seen = seen if shop.data_time else None
    shop.data_time = plan.data_time
    if plan.shop.logo and plan.shop.logo != shop.logo:
        shop.logo = plan.shop.logo
        touched[shop.shop_id] = shop
    if after == before:
        return []
    touched[shop.shop_id] = shop
    rows: list[tuple[Shop, Change | ShopScore]] = [
        (
            shop,
            Change(
                field=change.field,
                before=change.before,
                after=change.after,
                last_seen_before=last_seen or plan.data_time,
                first_seen_after=plan.data_time,
                request_id=plan.request_id,
            ),
        )
        for change in shop_changes(before, after)
    ]
    for name in SHOP_STATE_FIELDS:
        setattr(shop, name, getattr(after, name))
    if any(getattr(before, name) != getattr(after, name) for name in SCORED_FIELDS):
        scores = {name: getattr(after, name) for name in SCORED_FIELDS}
        rows.append((shop, ShopScore(data_time=plan.data_time, last_seen_before=last_seen, **scores)))
    return rows


def _write(touched: dict[str, Shop]) -> None:
    """Insert new shops and update known ones in one statement; afterwards all have primary keys."""
    shops = [Shop(**_columns(shop)) for _, shop in sorted(touched.items())]
    if not shops:
        return
    written = Shop.objects.bulk_create(
        shops,
        update_conflicts=True,
        unique_fields=["platform", "shop_id"],
        update_fields=[*SHOP_STATE_FIELDS, "logo", "data_time"],
    )
    for row in written:
        touched[row.shop_id].pk = row.pk


def _columns(shop: Shop) -> dict[str, object]:
    return {name: getattr(shop, name) for name in ("platform", "shop_id", "logo", "data_time", *SHOP_STATE_FIELDS)}
