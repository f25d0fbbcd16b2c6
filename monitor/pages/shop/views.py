"""One shop: its scores against the category's average now and over time, its changes and its watched products."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse

from monitor.changes import GAP_FIELDS, SCORE_FIELDS
from monitor.history import timeline
from monitor.history.series import Held
from monitor.models import ProductIndex, Watchlist
from monitor.pages.shared.answers import PageRequest, not_modified, page, signed_in, wants_region
from monitor.pages.shared.change_rows import moment_rows
from monitor.pages.shared.charts import as_json, frame, line, sum_of_sales
from monitor.pages.shared.ranges import RANGE_LABELS, chosen_moment, chosen_range, ignored_range
from monitor.pages.shop.reads import current_scores, score_history, shop_for, watched_products
from monitor.provider.text import image_url
from monitor.reads.sold import MOST_SUMMED, sold_together
from monitor.reads.words import score_name, value_in_words

REGIONS = ("history", "moments")
#: Rows of the table beside the chart.
MOST_ROWS = 100


@signed_in("GET")
def shop(request: PageRequest, pk: int) -> HttpResponse:
    """Show the page. HTMX may ask for the history alone, or for more of the timeline."""
    shop = shop_for(request.user, pk)
    if unchanged := not_modified(request, pk, tells_news=True):
        return unchanged
    range_name, before = chosen_range(request), chosen_moment(request)
    past = score_history(shop, range_name, request.now)
    moments = timeline.shop_moments(request.user, shop, since=past.start, before=before)
    context = {
        "shop": shop,
        "logo": image_url(shop.logo, "logo", []),
        "range": range_name,
        "ranges": RANGE_LABELS,
        "range_label": RANGE_LABELS[range_name],
        "ignored": ignored_range(request),
        "scores": current_scores(shop, past),
        "rows": past.spans[-MOST_ROWS:][::-1],
        "moments": moments,
        "moment_rows": moment_rows(moments),
        "follows": before is not None and wants_region(request),
        "products": watched_products(request.user, shop),
        "sold": sold_together(_products(request, pk)),
        "most_summed": MOST_SUMMED,
        "nav": "products",
    }
    region = request.htmx.target if request.htmx.target in REGIONS else "moments"
    return page(request, "shop.html", context, region=region)


@signed_in("GET")
def series(request: PageRequest, pk: int) -> HttpResponse:
    """Return the three scores in a range, in hundredths, each with its gaps to the average."""
    shop = shop_for(request.user, pk)
    past = score_history(shop, chosen_range(request), request.now)
    lines = [
        {"name": score_name(score), "score": line(past.held(score), past.start), "gaps": _gaps(gap, past.held(gap))}
        for score, gap in zip(SCORE_FIELDS, GAP_FIELDS, strict=True)
    ]
    return as_json({**frame(past.start, past.end), "lines": lines, "scale": (shop.score_scale or 0) * 100})


@signed_in("GET")
def sold(request: PageRequest, pk: int) -> HttpResponse:
    """Return what the shop's products that the user watches sold together on each day of a range."""
    return sum_of_sales(request, _products(request, shop_for(request.user, pk).pk))


def _products(request: PageRequest, shop: int) -> QuerySet[ProductIndex]:
    lists = list(Watchlist.objects.for_user(request.user).values_list("pk", flat=True))
    return ProductIndex.objects.on_lists(lists).filter(shop_key=shop)


def _gaps(field: str, spans: list[Held[int]]) -> list[tuple[Any, ...]]:
    return [(start, end, value_in_words(field, gap)) for gap, start, end in spans]
