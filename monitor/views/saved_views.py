"""Views of the products table that people keep under a name."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from monitor import formatting
from monitor.dashboard.watchlists import watchlist_choices
from monitor.forms.product_filters import ProductFilterForm
from monitor.forms.saved_views import ViewNameForm
from monitor.models import SavedView
from monitor.views.pages import PageRequest, signed_in
from monitor.views.products import table, table_again
from monitor.views.table import TableState
from monitor.views.undoable import remember
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
