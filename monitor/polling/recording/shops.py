"""Shops as the replies of their products describe them. Each reply describes its shop as of the
reply's data time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import OuterRef, Subquery

from monitor.judging.changes import SHOP_STATE_FIELDS, shop_after, shop_changes
from monitor.models import Change, Product, Shop, ShopScore
from monitor.models.catalog import DOUYIN
from monitor.polling.recording.bulk import update_rows
from monitor.polling.recording.updates import ProductUpdate
from monitor.provider.observation import ShopObservation

SCORED_FIELDS = tuple(name for name in SHOP_STATE_FIELDS if name not in ("name", "company_name"))


@dataclass(frozen=True, slots=True)
class _Report:
    """What one product's reply says of its shop."""

    update: ProductUpdate
    shop: ShopObservation
    data_time: datetime


@dataclass(slots=True)
class ShopNews:
    """What a batch changes: unsaved changes, and new scores (also first ones)."""

    changes: list[Change] = field(default_factory=list)
    scores: list[ShopScore] = field(default_factory=list)


def record_shops(updates: Sequence[ProductUpdate]) -> ShopNews:
    """Write the shops of the updates, set each update's `product.shop`, and return what is new.

    The shops are compared with what was read when their products were claimed. If nothing differs,
    that costs no statement, otherwise a fixed number."""
    reports = [
        _Report(update, update.shop, update.data_time)
        for update in updates
        if update.shop and update.data_time
    ]
    if not reports:
        return ShopNews()
    reports.sort(key=lambda report: report.data_time)
    shop_ids = sorted({report.shop.shop_id for report in reports})
    known = (report.update.claimed.shop for report in reports)
    shops = {shop.shop_id: shop for shop in known if shop is not None and shop.platform == DOUYIN}
    news = ShopNews()
    if any(_differs(shops.get(shop.shop_id), shop) for shop in {report.shop for report in reports}):
        missing = [
            Shop(platform=DOUYIN, shop_id=shop_id) for shop_id in shop_ids if shop_id not in shops
        ]
        Shop.objects.bulk_create(missing, ignore_conflicts=True)
        shops = _locked(shop_ids)
        news = _apply_all(reports, shops)
    for report in reports:
        report.update.product.shop = shops[report.shop.shop_id]
    return news


def _differs(shop: Shop | None, observation: ShopObservation) -> bool:
    if shop is None or (observation.logo and observation.logo != shop.logo):
        return True
    state = shop.state
    return shop_after(state, observation) != state


def _locked(shop_ids: Sequence[str]) -> dict[str, Shop]:
    """Return the rows, locked in the order of their keys: two workers with the same shops take
    turns.

    Each shop's `data_time` becomes the newest data time of its products' replies
    (`Product.shop_told_at`): until then the shop was as its row says."""
    products = Product.objects.filter(shop=OuterRef("pk"), shop_told_at__isnull=False).order_by(
        "-shop_told_at"
    )
    shops = (
        Shop.objects.filter(platform=DOUYIN, shop_id__in=shop_ids)
        .annotate(told_at=Subquery(products.values("shop_told_at")[:1]))
        .select_for_update(of=("self",), no_key=True)
        .order_by("pk")
    )
    for shop in shops:
        shop.data_time = max(
            (time for time in (shop.data_time, shop.told_at) if time), default=None
        )
    return {shop.shop_id: shop for shop in shops}


def _apply_all(reports: Sequence[_Report], shops: dict[str, Shop]) -> ShopNews:
    news, touched = ShopNews(), {}
    for report in reports:
        shop = shops[report.shop.shop_id]
        if shop.data_time is None or report.data_time > shop.data_time:
            touched[shop.pk] = shop
            _apply(shop, report, news)
    update_rows(list(touched.values()), (*SHOP_STATE_FIELDS, "logo", "data_time"))
    ShopScore.objects.bulk_create(news.scores, ignore_conflicts=True)
    return news


def _apply(shop: Shop, report: _Report, news: ShopNews) -> None:
    """Lay the report over `shop`, and collect the history that follows."""
    before, after = shop.state, shop_after(shop.state, report.shop)
    last_seen = shop.data_time
    shop.data_time = report.data_time
    shop.logo = report.shop.logo or shop.logo
    if after == before:
        return
    for name in SHOP_STATE_FIELDS:
        setattr(shop, name, getattr(after, name))
    news.changes += [
        Change(
            shop=shop,
            field=change.field,
            before=change.before,
            after=change.after,
            last_seen_before=last_seen or report.data_time,
            first_seen_after=report.data_time,
            request_id=report.update.request_id,
        )
        for change in shop_changes(before, after)
    ]
    if any(getattr(before, name) != getattr(after, name) for name in SCORED_FIELDS):
        scores = {name: getattr(after, name) for name in SCORED_FIELDS}
        news.scores.append(
            ShopScore(shop=shop, data_time=report.data_time, last_seen_before=last_seen, **scores)
        )
