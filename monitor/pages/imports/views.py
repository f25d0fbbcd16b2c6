"""Adding products: paste or upload, decide what is doubtful, and watch the first checks."""

import re
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django_htmx.http import push_url

from monitor.models import Import, Pace, Watchlist
from monitor.models.catalog import NUM_IID
from monitor.pages.imports.forms import NEW, ImportForm
from monitor.pages.imports.reads import import_cost, import_progress, import_rows
from monitor.pages.shared.answers import (
    PageRequest,
    frame_of,
    number_in,
    page,
    signed_in,
    wants_region,
)
from monitor.pages.shared.fields import seconds
from monitor.people.allowances import AllowanceError
from monitor.showing.reads.imports import first_checks
from monitor.showing.reads.words import allowance_in_words
from monitor.watching import imports
from monitor.watching.short_links import with_products

REGION = "step"
#: An address may put this many characters into the box.
LONGEST_SHARED = 10_000


@signed_in("GET", "POST")
def add(request: PageRequest) -> HttpResponse:
    """Show the box. A POST reads it and adds its products, or leads to the preview if the user has
    to decide first."""
    if request.method != "POST":
        form = ImportForm(initial=_initial(request), owner=request.user, lists=_lists(request))
        return _box(request, form)
    form = ImportForm(request.POST, request.FILES, owner=request.user, lists=_lists(request))
    if not form.is_valid():
        return _box(request, form)
    source = with_products(form.source, request.user, request.now)
    try:
        draft = imports.start_import(request.user, source, form.target, request.now)
    except AllowanceError as error:
        form.add_error("file" if source.file_name else "text", allowance_in_words(error))
        return _box(request, form)
    is_over = import_cost(draft, frame_of(request))["over"]
    is_decided = imports.is_plain(draft) and not is_over
    return _add(request, draft) if is_decided else _go_to(request, draft)


@signed_in("GET", "POST")
def import_(request: PageRequest, draft: int) -> HttpResponse:
    """Show an import: its preview until it is added, then its result. A POST adds; with `doubtful`
    also the rows with a doubtful ID."""
    import_ = _own(request, draft)
    if request.method != "POST":
        return _preview(request, import_) if import_.saved_at is None else _result(request, import_)
    if import_.saved_at is None and "doubtful" in request.POST:
        imports.choose_doubtful(import_)
    return _add(request, import_)


@signed_in("POST")
def undo(request: PageRequest, draft: int) -> HttpResponse:
    """Remove the added products again."""
    import_ = _own(request, draft)
    if import_.saved_at is None or import_.undone_at is not None:
        raise Http404
    try:
        imports.take_back(import_, request.now)
    except Watchlist.DoesNotExist:
        return _result(request, import_, is_gone=True)
    return _go_to(request, _own(request, draft))


def _initial(request: PageRequest) -> dict[str, Any]:
    """Return the initial values of the form: the list and product in the address, or an import to
    correct."""
    if (again := number_in(request.GET.get("again", ""))) is not None:
        return _as_it_was(_own(request, again))
    lists, text = (
        {str(watchlist.pk) for watchlist in _lists(request)},
        _text_in_address(request.GET),
    )
    chosen = request.GET.get("list", "")
    if chosen not in lists:
        chosen = str(imports.last_list(request.user) or "")
    return {"text": text, **({"watchlist": chosen} if chosen in lists else {})}


def _text_in_address(query: QueryDict) -> str:
    """Return the text that a link, the bookmarklet or a phone's share sheet puts into the box."""
    product = query.get("product", "")
    if re.fullmatch(NUM_IID, product):
        return product
    text, url = query.get("text", ""), query.get("url", "")
    shared = [text, url if url not in text else ""] if text or url else [query.get("title", "")]
    return "\n".join(filter(None, shared))[:LONGEST_SHARED]


def _as_it_was(import_: Import) -> dict[str, Any]:
    """Return an import as initial values."""
    return {
        "text": import_.text,
        "watchlist": str(import_.watchlist_id or NEW),
        "list_name": import_.list_name,
        "pace": import_.pace or Pace.ADAPTIVE,
        "interval": seconds(import_.interval),
    }


def _lists(request: PageRequest) -> list[Watchlist]:
    return list(Watchlist.objects.editable_by(request.user).order_by("name", "pk"))


def _own(request: PageRequest, pk: int) -> Import:
    rows = Import.objects.select_related("owner", "watchlist__owner")
    return get_object_or_404(rows, owner=request.user, pk=pk)


def _add(request: PageRequest, import_: Import) -> HttpResponse:
    """Add the next part of the chosen rows."""
    try:
        if import_.undone_at is None:
            imports.add_some(import_, request.now)
    except Watchlist.DoesNotExist:
        return _result(request, import_, is_gone=True)
    except AllowanceError as error:
        return _at_its_address(
            _preview(request, import_, refusal=allowance_in_words(error)), import_
        )
    return _go_to(request, _own(request, import_.pk))


def _box(request: PageRequest, form: ImportForm) -> HttpResponse:
    box = f"{request.build_absolute_uri(reverse('monitor:add'))}?text="
    # Dragged to the bookmarks bar it runs on other sites; on this one the content security policy
    # forbids it.
    bookmarklet = f"javascript:void(location.href='{box}'+encodeURIComponent(location.href))"
    return _step(request, "box", form=form, bookmarklet=bookmarklet)


def _preview(request: PageRequest, import_: Import, refusal: str = "") -> HttpResponse:
    rows, cost = import_rows(import_), import_cost(import_, frame_of(request))
    return _step(request, "preview", job=import_, rows=rows, cost=cost, refusal=refusal)


def _result(request: PageRequest, import_: Import, *, is_gone: bool = False) -> HttpResponse:
    rows, cost = import_rows(import_), import_cost(import_, frame_of(request))
    counts = first_checks(import_, request.now)
    progress = import_progress(import_, request.now, counts, rows["to_add"])
    context = {"job": import_, "rows": rows, "cost": cost, "progress": progress}
    return _step(request, "result", **context, is_gone=is_gone)


def _step(request: PageRequest, step: str, **context: Any) -> HttpResponse:
    return page(
        request, "imports.html", {"nav": "products", "step": step, **context}, region=REGION
    )


def _go_to(request: PageRequest, import_: Import) -> HttpResponse:
    if not wants_region(request):
        return redirect("monitor:import", import_.pk)
    response = _preview(request, import_) if import_.saved_at is None else _result(request, import_)
    return _at_its_address(response, import_)


def _at_its_address(response: HttpResponse, import_: Import) -> HttpResponse:
    return push_url(response, reverse("monitor:import", args=[import_.pk]))
