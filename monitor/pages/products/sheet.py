"""Updating many products by a sheet: the upload, a preview, and the writing."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from monitor.models import SheetUpdate, User
from monitor.pages.shared.answers import PageRequest, page, signed_in
from monitor.pages.shared.fields import FILE_PICK, StyledForm, or_refusal
from monitor.people.allowances import AllowanceError
from monitor.showing.reads.words import allowance_in_words
from monitor.text import formatting
from monitor.watching import sheets
from monitor.watching.parsing import read_sheet
from monitor.watching.sheets import WatchChange
from monitor.watching.uploads.sheets import Value
from monitor.watching.words import problem_in_words

#: The preview shows only these rows of each part.
SHOWN = 200
#: Unknown products that one address can hand over to the page that adds them.
MOST_TO_ADD = 150
LABELS = {
    "target": gettext_lazy("Target price"),
    "cost": gettext_lazy("Cost"),
    "profit": gettext_lazy("Wanted profit"),
    "tags": gettext_lazy("Tags"),
    "note": gettext_lazy("Note"),
}


class SheetForm(StyledForm):
    file = forms.FileField(
        label=gettext_lazy("Excel or CSV"),
        allow_empty_file=True,
        widget=forms.FileInput(FILE_PICK),
        error_messages={"required": gettext_lazy("Choose a file.")},
    )

    #: Set by the view before it validates.
    owner: User

    def clean_file(self) -> Any:
        """Read the rows of the file."""
        file = self.cleaned_data["file"]
        self.rows = or_refusal(read_sheet, file.read(), self.owner)
        if not self.rows:
            raise forms.ValidationError(
                _("No row has a value. Fill in target prices, costs, tags or notes.")
            )
        return file


@signed_in("GET", "POST")
def sheet(request: PageRequest) -> HttpResponse:
    """Show the form for the upload. A POST reads the file and leads to the preview."""
    if request.method != "POST":
        return _show(request, form=SheetForm())
    form = SheetForm(request.POST, request.FILES)
    form.owner = request.user
    if form.is_valid():
        try:
            return redirect(
                "monitor:sheet-preview",
                sheets.start_update(request.user, form.rows, request.now).pk,
            )
        except AllowanceError as error:
            form.add_error("file", allowance_in_words(error))
    return _show(request, form=form)


@signed_in("GET", "POST")
def preview(request: PageRequest, sheet: int) -> HttpResponse:
    """Show what the sheet would change. A POST applies it and leads to the products page."""
    update = get_object_or_404(
        SheetUpdate.objects.select_related("owner"), owner=request.user, pk=sheet
    )
    if request.method == "POST":
        _apply(request, update)
    if request.method == "POST" or not update.stored_rows:
        return redirect("monitor:products")
    plan = sheets.plan_of(update)
    return _show(
        request,
        update=update,
        plan=plan,
        changes=[(change, _in_words(change)) for change in plan.changes[:SHOWN]],
        more_changes=len(plan.changes[SHOWN:]),
        problems=[(row, problem_in_words(row.problem)) for row in plan.problems[:SHOWN]],
        more_problems=len(plan.problems[SHOWN:]),
        to_add="\n".join(plan.unknown[:MOST_TO_ADD]),
        most_to_add=MOST_TO_ADD,
    )


def _apply(request: PageRequest, update: SheetUpdate) -> None:
    try:
        plan = sheets.apply(update, request.now)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return
    if n := plan.products:
        text = ngettext("%(number)s product was updated.", "%(number)s products were updated.", n)
        messages.success(request, text % {"number": f"{n:,}"})
    else:
        messages.info(request, _("Nothing was changed."))


def _in_words(change: WatchChange) -> list[tuple[Any, str, str]]:
    """Return for each changed field its label, the old value and the new one, in the order of the
    labels: what PostgreSQL stores as JSON loses its own."""
    changed = [
        (label, change.values[name]) for name, label in LABELS.items() if name in change.values
    ]
    return [(label, _text(old), _text(new)) for label, (old, new) in changed]


def _text(value: Value) -> str:
    if isinstance(value, int):
        return formatting.money(value)
    return formatting.listed(value) if isinstance(value, list) else formatting.one_line(value or "")


def _show(request: PageRequest, **context: Any) -> HttpResponse:
    return page(request, "sheet.html", {"nav": "products", **context})
