"""A shop as one user sees it: who follows it, its scores now and over time, and its products that
the user watches."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from django.shortcuts import get_object_or_404

from monitor.judging.changes import GAP_FIELDS, SCORE_FIELDS
from monitor.models import Follow, Product, Shop, ShopScore, User, Watch
from monitor.models.clock import seconds
from monitor.showing.history.moves import move
from monitor.showing.history.reads import RANGES, StateHistory
from monitor.showing.history.series import held, known
from monitor.showing.reads.watchlists import editable
from monitor.watching.imports import lists_by_use

#: The page shows only these of the watched products; the products page has all.
MOST_PRODUCTS = 20


class ScoreState(NamedTuple):
    """A shop's scores in one reply. Times are Unix seconds, scores hundredths."""

    data_time: int
    last_seen_before: int | None
    score_scale: int | None
    product_score: int | None
    logistics_score: int | None
    service_score: int | None
    product_gap: int | None
    logistics_gap: int | None
    service_gap: int | None


def shop_for(user: User, key: int) -> Any:
    """Return the shop with its assortment if the user watches one of its products or a list of
    theirs follows it, otherwise 404. One query.

    `watched_count`: the number of such products; `scores_known_until`: when one of them last told
    the scores; `is_followed`: by a list of the user."""
    watched = _watched(user).filter(shop=OuterRef("pk")).order_by().values("shop")
    shops = Shop.objects.select_related("assortment").annotate(
        watched_count=Coalesce(Subquery(watched.values(n=Count("pk"))), 0),
        scores_known_until=Subquery(watched.values(at=Max("shop_told_at"))),
        is_followed=Exists(Follow.objects.for_user(user).filter(shop=OuterRef("pk"))),
    )
    return get_object_or_404(shops.filter(Q(watched_count__gt=0) | Q(is_followed=True)), pk=key)


def _watched(user: User) -> QuerySet[Product]:
    return Product.objects.filter(pk__in=Watch.objects.for_user(user).values("product"))


def editable_lists(user: User) -> list[Any]:
    """Return the lists that the user may edit, the last used first; 404 without any. One query."""
    lists = list(lists_by_use(user))
    if not lists:
        raise Http404
    return lists


def follows_of(user: User, shop: Shop) -> list[Any]:
    """Return the user's lists that follow the shop, each with `editable` and `on_list`. One
    query."""
    follows = (
        Follow.objects.for_user(user)
        .with_added()
        .filter(shop=shop)
        .select_related("watchlist", "shop")
    )
    return list(
        follows.annotate(editable=editable(user, "watchlist")).order_by("watchlist__name", "pk")
    )


def score_history(shop: Any, name: str, now: datetime) -> StateHistory[ScoreState]:
    """Return the scores of a shop from `shop_for`, on its present scale, in a range of `RANGES`.
    One query.

    'all' begins with the first scores.
    """
    length = RANGES[name]
    rows = ShopScore.objects.filter(shop=shop)
    if length is not None:
        before = (
            rows.filter(data_time__lte=now - length).order_by("-data_time").values("data_time")[:1]
        )
        rows = rows.filter(data_time__gte=Coalesce(Subquery(before), now - length))
    states = [
        ScoreState(seconds(data_time), None if last_seen is None else seconds(last_seen), *scores)
        for data_time, last_seen, *scores in rows.order_by("data_time").values_list(
            *ScoreState._fields
        )
    ]
    states = [state for state in states if state.score_scale == shop.score_scale]
    start = now - length if length else now
    if not length and states:
        start = datetime.fromtimestamp(states[0].data_time, now.tzinfo)
    until = max(filter(None, (shop.scores_known_until, shop.data_time)), default=start)
    spans = held(states, until=seconds(until))
    return StateHistory(start, now, known(spans, [], seconds(start), seconds(now)))


def current_scores(shop: Shop, past: StateHistory[ScoreState]) -> list[dict[str, Any]]:
    """Return the three scores, each with its gap to the category's average and its move since the
    range began."""
    scores = []
    for score, gap in zip(SCORE_FIELDS, GAP_FIELDS, strict=True):
        spans, value = past.held(score), getattr(shop, score)
        moved = move(spans[0].value, value) if spans else None
        scores.append({"field": score, "value": value, "gap": getattr(shop, gap), "moved": moved})
    return scores


def watched_products(user: User, shop: Shop) -> list[Product]:
    """Return the shop's products that the user watches, the latest changed first. One query."""
    products = _watched(user).filter(shop=shop).order_by("-changed_at", "pk")
    return list(products[:MOST_PRODUCTS])
