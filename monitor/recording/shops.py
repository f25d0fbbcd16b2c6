"""Shops as products' replies tell of them. Many products tell of one shop, each as of its own data time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from django.db.models import OuterRef, Subquery

from monitor.changes import SHOP_STATE_FIELDS, shop_after, shop_changes
from monitor.models import Change, Product, Shop, ShopScore
from monitor.models.catalog import DOUYIN
from monitor.provider.observation import ShopObservation
from monitor.recording.bulk import update_rows
from monitor.recording.plan import RecordingPlan

SCORED_FIELDS = tuple(name for name in SHOP_STATE_FIELDS if name not in ("name", "company_name"))


@dataclass(frozen=True, slots=True)
class _Telling:
    """One product's word on its shop."""

    plan: RecordingPlan
    shop: ShopObservation
    data_time: datetime


@dataclass(slots=True)
class _Writes:
    """What a batch adds to its shops: rows to write, and the history that follows."""

    touched: dict[int, Shop] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    scores: list[ShopScore] = field(default_factory=list)
    renamed: set[int] = field(default_factory=set)


class ShopNews(NamedTuple):
    """Changes, unsaved; the keys of the shops of which any score was told anew, be it for the first time; and of those
    with another name."""

    changes: Sequence[Change] = ()
    rescored: frozenset[int] = frozenset()
    renamed: frozenset[int] = frozenset()


def record_shops(plans: Sequence[RecordingPlan]) -> ShopNews:
    """Write the shops that the plans tell of, set each plan's `product.shop`, and return what is new of them.

    The shops are compared as they were when their products were claimed. No statement as long as they are as known, a
    fixed number otherwise.
    """
    telling = [_Telling(plan, plan.shop, plan.data_time) for plan in plans if plan.shop and plan.data_time]
    if not telling:
        return ShopNews()
    telling.sort(key=lambda one: one.data_time)
    wanted = sorted({one.shop.shop_id for one in telling})
    known = (one.plan.claimed.shop for one in telling)
    shops = {shop.shop_id: shop for shop in known if shop is not None and shop.platform == DOUYIN}
    news = ShopNews()
    if any(_differs(shops.get(one.shop.shop_id), one.shop) for one in telling):
        missing = [Shop(platform=DOUYIN, shop_id=shop_id) for shop_id in wanted if shop_id not in shops]
        Shop.objects.bulk_create(missing, ignore_conflicts=True)
        shops = _locked(wanted)
        news = _apply_all(telling, shops)
    for one in telling:
        one.plan.product.shop = shops[one.shop.shop_id]
    return news


def _differs(shop: Shop | None, told: ShopObservation) -> bool:
    if shop is None or (told.logo and told.logo != shop.logo):
        return True
    state = shop.state
    return shop_after(state, told) != state


def _locked(shop_ids: Sequence[str]) -> dict[str, Shop]:
    """The rows, locked in the order of their keys: two workers that meet at the same shops take turns.

    Their `data_time` is moved to the newest one at which any product told of the shop, as `Product.shop_told_at` has
    it: until then the shop is known to have been as its row says.
    """
    told = Product.objects.filter(shop=OuterRef("pk"), shop_told_at__isnull=False).order_by("-shop_told_at")
    shops = (
        Shop.objects.filter(platform=DOUYIN, shop_id__in=shop_ids)
        .annotate(told_at=Subquery(told.values("shop_told_at")[:1]))
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )
    for shop in shops:
        shop.data_time = max((time for time in (shop.data_time, shop.told_at) if time), default=None)
    return {shop.shop_id: shop for shop in shops}


def _apply_all(telling: Sequence[_Telling], shops: dict[str, Shop]) -> ShopNews:
    writes = _Writes()
    for one in telling:
        shop = shops[one.shop.shop_id]
        if shop.data_time is None or one.data_time > shop.data_time:
            _apply(shop, one, writes)
    update_rows(list(writes.touched.values()), (*SHOP_STATE_FIELDS, "logo", "data_time"))
    ShopScore.objects.bulk_create(writes.scores, ignore_conflicts=True)
    rescored = frozenset(one.shop_id for one in writes.scores)
    return ShopNews(writes.changes, rescored, frozenset(writes.renamed))


def _apply(shop: Shop, told: _Telling, writes: _Writes) -> None:
    """Lay what is told over `shop`, and note the history that follows from it."""
    before, after = shop.state, shop_after(shop.state, told.shop)
    last_seen = shop.data_time
    shop.data_time = told.data_time
    shop.logo = told.shop.logo or shop.logo
    writes.touched[shop.pk] = shop
    if after == before:
        return
    if after.name != before.name:
        writes.renamed.add(shop.pk)
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
