"""One product: its page, and a check at once."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext

from monitor.models import Product
from monitor.models.clock import seconds
from monitor.pages.product.check_words import check_words
from monitor.pages.product.forms import OwnValuesForm
from monitor.pages.product.reads import OnList, on_lists
from monitor.pages.shared.answers import (
    PageRequest,
    find_product,
    frame_of,
    page,
    signed_in,
    wants_region,
)
from monitor.pages.shared.change_rows import timeline
from monitor.pages.shared.ranges import RANGE_LABELS, chosen_moment, chosen_range
from monitor.showing.history import reads as history
from monitor.showing.history.facts import position
from monitor.showing.history.moves import move
from monitor.showing.history.reads import ProductHistory
from monitor.showing.history.sales_days import sales_days
from monitor.showing.history.timeline import About, product_changes
from monitor.showing.reads.watchlists import watch_for
from monitor.showing.reads.words import refused_in_words
from monitor.watching import access
from monitor.watching.access import WatchedBy
from monitor.watching.own_values import save_values
from monitor.watching.requests import ask

#: A price is compared with the prices of this length of time before it.
MONTH = timedelta(days=30)


@signed_in("GET")
def product(request: PageRequest, num_iid: str) -> HttpResponse:
    """Show the page. HTMX may ask for one of its regions, or for more of the changes."""
    product = find_product(request, num_iid)
    if not wants_region(request):
        return page(request, "product.html", _whole(request, product))
    region = request.htmx.target if request.htmx.target in REGIONS else "moments"
    return page(request, "product.html", REGIONS[region](request, product), region=region)


@signed_in("POST")
def own_values(request: PageRequest, pk: int) -> HttpResponse:
    """Save what the user has written about a product on one list. A target that the price is below
    already is saved when the user confirms it."""
    watch = watch_for(request.user, pk, to_edit=True)
    product = find_product(request, watch.product.num_iid)
    [row] = [row for row in access.watched_by(request.user, product) if row.watch.pk == pk]
    form = _values_form(row, request.POST)
    if form.is_valid() and not form.asks:
        try:
            save_values({pk: form.values}, request.now)
        except ValidationError as error:
            form.refuse(error)
        else:
            if not wants_region(request):
                messages.success(request, gettext("Saved."))
                return redirect("monitor:product", product.num_iid)
            [saved] = _on_lists(request, product, only=pk)
            saved.is_saved = True
            return page(request, "product/on_list.html", {"one": saved, "product": product})
    if not wants_region(request):
        return page(request, "product.html", _whole(request, product, bad=form))
    [one] = _on_lists(request, product, bad=form, only=pk)
    return page(request, "product/on_list.html", {"one": one, "product": product})


@signed_in("POST")
def check(request: PageRequest, num_iid: str) -> HttpResponse:
    """Make the product due at once. This costs a call, so only users who may edit one of its lists
    may ask."""
    product = find_product(request, num_iid)
    if not access.can_edit(request.user, product):
        raise Http404
    refused = ""
    if not frame_of(request).halted_at:
        asked = ask(Product.objects.filter(pk=product.pk), request.user, request.now)
        refused = refused_in_words(asked, request.now)
    if not request.htmx:
        if refused:
            messages.warning(request, refused)
        return redirect("monitor:product", num_iid)
    product.refresh_from_db()
    return page(
        request, "product.html", {**_header(request, product), "refused": refused}, region="header"
    )


def _whole(
    request: PageRequest, product: Product, bad: OwnValuesForm | None = None
) -> dict[str, Any]:
    """Return the context of the whole page. `bad` is a form of own values with errors or with a
    question."""
    lists = _on_lists(request, product, bad)
    start = history.starts_at(product, chosen_range(request), request.now)
    past = history.history_since(product, min(start, request.now - MONTH), request.now)
    return {
        **_state(request, product, [one.watched for one in lists], past),
        **_history(request, product, past.since(start)),
        "nav": "products",
        "lists": lists,
    }


def _on_lists(
    request: PageRequest,
    product: Product,
    bad: OwnValuesForm | None = None,
    only: int | None = None,
) -> list[OnList]:
    """Return the product on each of the user's lists, or on that of the watch `only`. Four
    queries."""
    rows = [row for row in access.watched_by(request.user, product) if only in (None, row.watch.pk)]
    lists = on_lists(request.user, product, rows, request.now)
    for each in lists:
        is_bad = bad is not None and bad.watch.pk == each.watched.watch.pk
        each.form = bad if is_bad else _values_form(each.watched) if each.watched.editable else None
    return lists


def _values_form(row: WatchedBy, data: QueryDict | None = None) -> OwnValuesForm:
    return OwnValuesForm(data, watch=row.watch, target=row.target, tags=row.tags)


def _lists(request: PageRequest, product: Product) -> dict[str, Any]:
    return {"product": product, "lists": _on_lists(request, product)}


def _header(request: PageRequest, product: Product) -> dict[str, Any]:
    month = history.history_since(product, request.now - MONTH, request.now)
    return _state(request, product, access.watches_of(request.user, product), month)


def _state(
    request: PageRequest, product: Product, watches: Sequence[WatchedBy], past: ProductHistory
) -> dict[str, Any]:
    """Return the context of the header. `past` covers a month or more."""
    month = past.since(request.now - MONTH)
    return {
        "product": product,
        "is_paused": product.next_check_at is None,
        "is_pending": _is_pending(product, request.now),
        "is_in_anothers_turn": product.asked_by_id not in (None, request.user.pk)
        and not product.is_claimed,  # type: ignore[attr-defined]
        "can_edit": any(watch.editable for watch in watches),
        "day": move(product.price_a_day_ago, product.current_price),
        "position": None if product.is_gone else position(month.prices, seconds(request.now)),
        "checks": check_words(
            product, [watch.watch for watch in watches], frame_of(request), request.now
        ),
    }


def _history(
    request: PageRequest, product: Product, past: ProductHistory | None = None
) -> dict[str, Any]:
    past = past or history.history(product, chosen_range(request), request.now)
    days = sales_days(product, past.start, past.end, past.states)
    return {
        **_changes(request, product),
        **_figures(request, product, past),
        "is_paused": product.next_check_at is None,
        "ranges": RANGE_LABELS,
        "rows": history.table(past),
        "days": days[::-1] if any(day.units for day in days) else [],
        "hidden_rows": max(0, len(past.spans) - history.TABLE_ROWS),
    }


def _figures(
    request: PageRequest, product: Product, past: ProductHistory | None = None
) -> dict[str, Any]:
    name = chosen_range(request)
    past = past or history.history(product, name, request.now)
    return {
        "product": product,
        "range": name,
        "range_label": RANGE_LABELS[name],
        "history": past,
        "facts": past.price_facts,
    }


def _changes(request: PageRequest, product: Product) -> dict[str, Any]:
    """Return the context of the changes."""
    wanted = request.GET.get("about", "")
    about = About(wanted) if wanted in About else About.PRODUCT
    since = history.starts_at(product, chosen_range(request), request.now)
    # The last answer that was not confirmed stands above the newest changes.
    dropped = product.dropped_doubt
    is_top = about is About.PRODUCT and chosen_moment(request) is None
    return {
        **timeline(request, product_changes(product, about), since),
        "product": product,
        "dropped": dropped if is_top and dropped and dropped.seen_at >= since else None,
        "about": about,
        "abouts": About.choices,
    }


def _is_pending(product: Product, now: datetime) -> bool:
    """Return whether a check is due or under way. The page asks again until it has ended."""
    is_due = product.next_check_at is not None and product.next_check_at <= now
    return is_due or bool(product.is_claimed)  # type: ignore[attr-defined]


#: The regions that HTMX may ask for, and their contexts.
REGIONS = {
    "header": _header,
    "on-lists": _lists,
    "history": _history,
    "figures": _figures,
    "changes": _changes,
    "moments": _changes,
}
