"""One shop: who follows it and what its assortment tells, its scores against the category's
average, and its changes."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from monitor.judging.changes import GAP_FIELDS, SCORE_FIELDS
from monitor.models import Change, Product, Watchlist
from monitor.models.assortments import PAGES_EXPECTED
from monitor.models.watchlists import products_on
from monitor.pages.shared.answers import (
    PageRequest,
    page,
    signed_in,
    wants_region,
)
from monitor.pages.shared.change_rows import timeline
from monitor.pages.shared.charts import as_json, frame, line, sum_of_sales
from monitor.pages.shared.ranges import RANGE_LABELS, chosen_range
from monitor.pages.shared.undoable import FOLLOWS, offered_action
from monitor.pages.shop.figures import assortment_figures
from monitor.pages.shop.forms import FollowForm
from monitor.pages.shop.reads import (
    current_scores,
    follows_of,
    score_history,
    shop_for,
    watched_products,
)
from monitor.polling.recording.sold_together import sold_together
from monitor.provider.text import image_url
from monitor.showing.history.series import Held
from monitor.showing.history.timeline import assortment_changes
from monitor.showing.reads.sold import MOST_SUMMED
from monitor.showing.reads.words import score_name, value_in_words
from monitor.watching.imports import lists_by_use

REGIONS = ("followed", "history", "moments")
ABOUT_LABELS = {"range": _("New and left"), "shop": _("Shop")}
#: Rows of the table beside the chart.
MOST_ROWS = 100


@signed_in("GET")
def shop(request: PageRequest, pk: int) -> HttpResponse:
    """Show the page. HTMX may ask for what is followed or for the history alone, or for more of the
    timeline."""
    shop = shop_for(request.user, pk)
    region = request.htmx.target if request.htmx.target in REGIONS else "moments"
    is_whole = not wants_region(request)
    context = {"shop": shop, "logo": image_url(shop.logo, "logo", []), "nav": "products"}
    if is_whole or region == "followed":
        context |= _followed(request, shop)
    if is_whole or region != "followed":
        figures = context.get("figures")
        context["sold"] = figures.sold if figures else sold_together(_products(request, shop))
        context |= _history(request, shop)
    return page(request, "shop.html", context, region=region)


def _followed(request: PageRequest, shop: Any) -> dict[str, Any]:
    """Return who follows the shop and what its assortment tells; without followers, the products
    that the user watches."""
    follows = follows_of(request.user, shop) if shop.is_followed else []
    there = {follow.watchlist_id for follow in follows}
    lists = [watchlist for watchlist in lists_by_use(request.user) if watchlist.pk not in there]
    assortment: Any = getattr(shop, "assortment", None)
    pages = assortment.calls if assortment else PAGES_EXPECTED
    return {
        "assortment": assortment if follows else None,
        "is_reading": bool(follows)
        and assortment.next_check_at is not None
        and assortment.next_check_at <= request.now,
        "pages": pages,
        "follows": follows,
        "follow_form": FollowForm(lists=lists, pages=pages) if lists else None,
        "asks_follow": "follow" in request.GET,
        "undoable": offered_action(request, FOLLOWS),
        "figures": assortment_figures(shop, request.now) if follows else None,
        "products": [] if follows else watched_products(request.user, shop),
    }


def _history(request: PageRequest, shop: Any) -> dict[str, Any]:
    range_name = chosen_range(request)
    past = score_history(shop, range_name, request.now)
    about = "range" if shop.is_followed and request.GET.get("about") != "shop" else "shop"
    changes = assortment_changes(shop) if about == "range" else Change.objects.filter(shop=shop)
    return {
        **timeline(request, changes, past.start),
        "range": range_name,
        "ranges": RANGE_LABELS,
        "range_label": RANGE_LABELS[range_name],
        "scores": current_scores(shop, past),
        "rows": past.spans[-MOST_ROWS:][::-1],
        "about": about,
        "abouts": ABOUT_LABELS if shop.is_followed else {},
        "most_summed": MOST_SUMMED,
    }


@signed_in("GET")
def series(request: PageRequest, pk: int) -> HttpResponse:
    """Return the three scores in a range, in hundredths, each with its gaps to the average."""
    shop = shop_for(request.user, pk)
    past = score_history(shop, chosen_range(request), request.now)
    lines = [
        {
            "name": score_name(score),
            "score": line(past.held(score), past.start, past.end),
            "gaps": _gaps(gap, past.held(gap)),
        }
        for score, gap in zip(SCORE_FIELDS, GAP_FIELDS, strict=True)
    ]
    return as_json(
        {**frame(past.start, past.end), "lines": lines, "scale": (shop.score_scale or 0) * 100}
    )


@signed_in("GET")
def sold(request: PageRequest, pk: int) -> HttpResponse:
    """Return what the shop's products, those of its assortment or else those that the user watches,
    sold together on each day of a range."""
    return sum_of_sales(request, _products(request, shop_for(request.user, pk)))


def _products(request: PageRequest, shop: Any) -> QuerySet[Product]:
    if shop.is_followed:
        return Product.objects.listed_by(shop.pk)
    lists = list(Watchlist.objects.for_user(request.user).values_list("pk", flat=True))
    return products_on(lists).filter(shop=shop.pk)


def _gaps(field: str, spans: list[Held[int]]) -> list[tuple[Any, ...]]:
    return [(start, end, value_in_words(field, gap)) for gap, start, end in spans]
