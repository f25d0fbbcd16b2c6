"""One shop: its scores against the category's average now and over time, its changes and its watched products."""

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from monitor.changes import GAP_FIELDS, SCORE_FIELDS
from monitor.history import timeline
from monitor.models import Shop
from monitor.pages.shared.answers import PageRequest, not_modified, page, signed_in, wants_region
from monitor.pages.shared.change_rows import moment_rows
from monitor.pages.shared.charts import as_json, frame, line
from monitor.pages.shared.ranges import chosen_before, chosen_range, odd_range, range_labels
from monitor.pages.shared.words import score_name
from monitor.pages.shop import reads as shops
from monitor.pages.shop.reads import ScoreHistory
from monitor.provider.text import image_url
from monitor.text import formatting

REGIONS = ("history", "moments")
#: Rows of the table beside the chart.
MOST_ROWS = 100


@signed_in
@require_safe
def shop(request: PageRequest, pk: int) -> HttpResponse:
    """The page; HTMX may ask for the history alone, or for more of the timeline."""
    region = request.htmx.target if request.htmx.target in REGIONS else "moments"
    found = _shop(request, pk)
    if unchanged := not_modified(request, pk, tells_news=True):
        return unchanged
    return page(request, "shop.html", _context(request, found), region=region)


@signed_in
@require_safe
def series(request: PageRequest, pk: int) -> HttpResponse:
    """The three scores in a range, in hundredths, each with how it stood against the average."""
    found = _shop(request, pk)
    past = shops.score_history(found, chosen_range(request), request.now)
    lines = [
        {
            "name": score_name(score),
            "score": line(past.held(score), past.start),
            "gaps": _gaps(past, gap),
        }
        for score, gap in zip(SCORE_FIELDS, GAP_FIELDS, strict=True)
    ]
    return as_json({**frame(past.start, past.end), "lines": lines, "scale": (found.score_scale or 0) * 100})


def _gaps(past: ScoreHistory, field: str) -> list[tuple[int, int, str]]:
    language = get_language() or "en"
    return [(start, end, formatting.field_value(field, gap, language)) for gap, start, end in past.held(field)]


def _shop(request: PageRequest, pk: int) -> Shop:
    try:
        return shops.shop_for(request.user, pk)
    except Shop.DoesNotExist:
        raise Http404 from None


def _context(request: PageRequest, found: Shop) -> dict[str, Any]:
    name = chosen_range(request)
    past = shops.score_history(found, name, request.now)
    before = chosen_before(request)
    moments = timeline.shop_moments(request.user, found, since=past.start, before=before)
    return {
        "shop": found,
        "logo": image_url(found.logo, "logo", []),
        "range": name,
        "ranges": range_labels(),
        "range_label": range_labels()[name],
        "ignored": odd_range(request),
        "scores": shops.scores(found, past),
        "rows": past.newest(MOST_ROWS),
        "moments": moments,
        "moment_rows": moment_rows(moments),
        "follows": before is not None and wants_region(request),
        "products": shops.watched_products(request.user, found),
        "nav": "products",
    }
