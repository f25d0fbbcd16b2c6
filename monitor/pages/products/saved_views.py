"""Views of the products table that people keep under a name."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from monitor.models import SavedView
from monitor.pages.products.forms import ProductFilterForm
from monitor.pages.products.saved_view_forms import ViewNameForm
from monitor.pages.products.table import TableState
from monitor.pages.products.views import table, table_again
from monitor.pages.shared.answers import PageRequest, signed_in
from monitor.pages.shared.undoable import remember
from monitor.pages.shared.watchlist_reads import watchlist_choices
from monitor.text import formatting
from monitor.watchlists.saved_views import rename_view, save_view


@signed_in
@require_POST
def save(request: PageRequest) -> HttpResponse:
    """Keep the table's state as the URL has it; a view of the same name is altered."""
    state = TableState(ProductFilterForm(request.GET, watchlists=watchlist_choices(request.user)).state)
    form = ViewNameForm(request.POST, user=request.user, query=state.unpaged)
    if not form.is_valid():
        return table(request, view_form=form)
    name = form.cleaned_data["name"]
    former = save_view(request.user, name, state.unpaged)
    if former is None or former == state.unpaged:
        messages.success(request, _("Saved as “%(name)s”.") % {"name": name})
    else:
        _remember(request, name, former)
    return table_again(request)


@signed_in
@require_POST
def rename(request: PageRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(SavedView, pk=pk, user=request.user)
    form = ViewNameForm(request.POST, user=request.user, view=view)
    if not form.is_valid():
        return table(request, rename_form=form)
    rename_view(view, form.cleaned_data["name"])
    return table_again(request)


@signed_in
@require_POST
def delete(request: PageRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(SavedView, pk=pk, user=request.user)
    _remember(request, view.name, view.query)
    view.delete()
    return table_again(request)


def _remember(request: PageRequest, name: str, query: str) -> None:
    text = _("The view “%(name)s” is no longer what it was.") % {"name": formatting.one_line(name)}
    remember(request, "view", text, {"name": name, "query": query})
