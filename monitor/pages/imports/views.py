"""Adding products: paste or upload, look over what it will cost, add, and see the first checks happen."""

import csv
import re
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import push_url, reswap
from django_htmx.http import retarget as aim

from monitor.models import Import, Watchlist
from monitor.models.catalog import NUM_IID
from monitor.models.imports import ADDABLE, RowTrouble
from monitor.pages.imports.forms import NEW, ImportForm, TargetForm
from monitor.pages.imports.reads import asked_for, first_checks, import_cost, import_progress, preview_groups, problems
from monitor.pages.shared.answers import PageRequest, frame_of, not_modified, page, signed_in, wants_region
from monitor.pages.shared.undoable import offered, remember, take, tell_undone
from monitor.planning.calls import ListPace
from monitor.text.formatting import csv_text
from monitor.watchlists import imports
from monitor.watchlists.words import PROBLEM_WORDS

#: The region that holds a whole step; the smaller one with the cost answers a tick or another interval.
REGION = "step"
#: Seconds after which those who wait for first checks are told anew how long it takes, or that nobody is at work.
WAIT_TELLS = 30


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: PageRequest) -> HttpResponse:
    """The box and the file; a POST reads them and leads to the preview."""
    if request.method != "POST":
        form = ImportForm(initial=_initial(request), owner=request.user, lists=_lists(request))
        return _step(request, "box", form=form)
    form = ImportForm(request.POST, request.FILES, owner=request.user, lists=_lists(request))
    if getattr(request, "is_too_large", False):
        form.refuse_too_large()
    if not form.is_valid():
        return _step(request, "box", form=form)
    return _go_to(request, imports.start_import(request.user, form.source, form.target, request.now))


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def import_(request: PageRequest, draft: int) -> HttpResponse:
    """An import: its preview until it is added, then its result. A POST changes the choice, or adds."""
    found = _own(request, draft)
    if request.method != "POST":
        return _preview(request, found) if found.saved_at is None else _result(request, found)
    if found.saved_at is not None:
        return _add(request, found)
    is_final = "add" in request.POST
    _choose(request, found)
    form = TargetForm(request.POST, owner=request.user, lists=_lists(request), is_final=is_final)
    if not form.is_valid():
        return _preview(request, found, form=form)
    was_for = found.watchlist_id
    _aim_at(request, found, form)
    if is_final and not found.saved_at:
        return _add(request, found)
    if wants_region(request) and found.watchlist_id == was_for and not request.POST.keys() & {"fit", "all"}:
        response = page(request, "imports/cost.html", _cost(request, found, form))
        return reswap(aim(response, "#cost"), "outerHTML")
    return _preview(request, found) if wants_region(request) else redirect("monitor:import", found.pk)


@signed_in
@require_POST
def undo(request: PageRequest, draft: int) -> HttpResponse:
    """Take what was added off the list again."""
    found = _own(request, draft)
    if found.saved_at is None or found.undone_at is not None:
        raise Http404
    try:
        imports.take_back(found, request.now)
    except Watchlist.DoesNotExist:
        return _result(request, found, is_gone=True)
    return _go_to(request, _own(request, draft))


@signed_in
@require_POST
def remove(request: PageRequest, draft: int) -> HttpResponse:
    """Take what was not found, or fails, off the list again."""
    found = _own(request, draft)
    trouble = request.POST.get("trouble", "")
    if found.saved_at is None or found.undone_at is not None or trouble not in RowTrouble:
        raise Http404
    try:
        receipt = imports.remove_added(found, RowTrouble(trouble), request.now)
    except Watchlist.DoesNotExist:
        return _result(request, found, is_gone=True)
    if n := len(receipt["rows"]):
        text = ngettext("%(n)s product was taken off the list.", "%(n)s products were taken off the list.", n)
        remember(request, "import", text % {"n": f"{n:,}"}, receipt)
    return _go_to(request, found)


@signed_in
@require_POST
def put_back(request: PageRequest, draft: int) -> HttpResponse:
    """Undo that."""
    found = _own(request, draft)
    done = take(request)
    is_ours = done is not None and done.kind == "import" and done.receipt["source"] == found.pk
    is_back = is_ours and done is not None and imports.put_back_added(request.user, done.receipt, request.now) > 0
    tell_undone(request, done, is_back=is_back)
    return _go_to(request, found)


@signed_in
@require_safe
def import_problems(request: PageRequest, draft: int) -> HttpResponse:
    """Everything that was not understood or is doubted, as a CSV file."""
    return problems_file(_own(request, draft))


def problems_file(found: Import) -> HttpResponse:
    """The CSV file, for whoever may see the import."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="problems-{found.pk}.csv"'
    response.write("\ufeff")  # Excel takes it for UTF-8 by this alone.
    writer = csv.writer(response)
    writer.writerow([_("line or row"), _("column"), _("text"), _("problem")])
    for row in problems(found):
        writer.writerow([row.number, row.column or "", csv_text(row.text), PROBLEM_WORDS[row.problem]])
    return response


def _initial(request: PageRequest) -> dict[str, Any]:
    """What the box begins with: the list and the product that the address names, or an import's text to be mended."""
    if (again := _key(request, "again")) is not None:
        return _as_it_was(_own(request, again))
    if (key := _key(request, "draft")) is not None and (draft := imports.draft_of(request.user, key)):
        return _as_it_was(draft)
    chosen = request.GET.get("list", "")
    here = {str(one.pk): one for one in _lists(request)}
    product = request.GET.get("product", "")
    text = {"text": product} if re.fullmatch(NUM_IID, product) else {}
    return {"watchlist": chosen, **text} if chosen in here else text


def _key(request: PageRequest, name: str) -> int | None:
    """The import that the address names."""
    told = request.GET.get(name, "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 19 else None


def _as_it_was(found: Import) -> dict[str, Any]:
    """Pace and interval, too, where they are not those of the list, or the usual ones of a new one."""
    target, usual = _target_of(found), ListPace.by(found.watchlist or Watchlist())
    own = {"pace": target["pace"] != usual.pace, "interval": found.interval != usual.interval}
    return {"text": found.text, **{name: value for name, value in target.items() if own.get(name, True)}}


def _target_of(found: Import) -> dict[str, Any]:
    return {
        "watchlist": str(found.watchlist_id or NEW),
        "list_name": found.list_name,
        "interval": int(found.interval.total_seconds()),
        "pace": asked_for(found).pace,
    }


def _lists(request: PageRequest) -> list[Watchlist]:
    return list(Watchlist.objects.editable_by(request.user).order_by("name", "pk"))


def _own(request: PageRequest, pk: int) -> Import:
    found = Import.objects.filter(owner=request.user, pk=pk).select_related("owner", "watchlist").first()
    if found is None:
        raise Http404
    return found


def _choose(request: PageRequest, found: Import) -> None:
    """Heed the ticks of the rows that the page showed, and the buttons that tick all of a kind or none."""
    ticked = set(request.POST.getlist("row"))
    shown = [key for key in request.POST.get("shown", "").split(",") if key.isascii() and key.isdigit()]
    imports.choose(found, {int(key): key in ticked for key in shown if len(key) < 19})
    kind, _colon, tick = request.POST.get("all", "").partition(":")
    if kind in ADDABLE:
        imports.choose_all(found, kind, is_chosen=tick == "1")


def _aim_at(request: PageRequest, found: Import, form: TargetForm) -> None:
    """Heed the list, the pace and the interval. Another list brings its own with it."""
    target = form.target
    if target.watchlist is not None and target.watchlist.pk != found.watchlist_id:
        target = imports.Target(target.watchlist, "", target.watchlist.interval, target.watchlist.pace)
    fit = request.POST.get("fit", "")
    fitting = next((one for one in form.intervals if str(int(one.total_seconds())) == fit), None)
    imports.retarget(found, replace(target, interval=fitting or target.interval))


def _add(request: PageRequest, found: Import) -> HttpResponse:
    """Add the next part of the chosen rows."""
    try:
        if found.undone_at is None:
            imports.add_some(found, request.now)
    except Watchlist.DoesNotExist:
        return _result(request, found, is_gone=True)
    return _go_to(request, _own(request, found.pk))


def _preview(request: PageRequest, found: Import, form: TargetForm | None = None) -> HttpResponse:
    form = form or TargetForm(initial=_target_of(found), owner=request.user, lists=_lists(request))
    groups = preview_groups(found)
    shown = ",".join(str(row.pk) for kind in ADDABLE for row in groups[kind].rows)
    return _step(request, "preview", groups=groups, shown=shown, **_cost(request, found, form))


def _cost(request: PageRequest, found: Import, form: TargetForm) -> dict[str, Any]:
    cost = import_cost(found, form.intervals, frame_of(request), request.now)
    return {"form": form, "found": found, "cost": cost}


def _result(request: PageRequest, found: Import, *, is_gone: bool = False) -> HttpResponse:
    counts = first_checks(found, request.now)
    is_paused = found.watchlist is not None and found.watchlist.is_paused
    # While checks are waited for, the clock alone may have something to say.
    waited = counts["unchecked"] and int(request.now.timestamp()) // WAIT_TELLS
    facts = (found.pk, found.finished_at, found.undone_at, is_paused, waited, *counts.items())
    if unchanged := not_modified(request, *facts):
        return unchanged
    progress = import_progress(found, request.now, counts)
    done = offered(request)
    is_ours = done is not None and done.kind == "import" and done.receipt["source"] == found.pk
    is_offered = is_ours and not found.undone_at
    context = {"found": found, "progress": progress, "is_gone": is_gone, "done": done if is_offered else None}
    return _step(request, "result", **context)


def _step(request: PageRequest, step: str, **context: Any) -> HttpResponse:
    return page(request, "imports.html", {"nav": "products", "step": step, **context}, region=REGION)


def _go_to(request: PageRequest, found: Import) -> HttpResponse:
    if not wants_region(request):
        return redirect("monitor:import", found.pk)
    response = _preview(request, found) if found.saved_at is None else _result(request, found)
    return push_url(response, reverse("monitor:import", args=[found.pk]))
