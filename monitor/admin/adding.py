"""What an operator puts on a watchlist: lines in a box, a file's rows, and the account of what became of them."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from monitor.admin.values import short
from monitor.formatting import column_letter, space
from monitor.forms.imports import FILE_TYPES, rows_of
from monitor.watchlists.links import Line, read_text
from monitor.watchlists.services import Import
from monitor.watchlists.words import PROBLEM_WORDS

#: Faults that are listed; the others are counted.
LISTED_FAULTS = 50
MOST_LINES = 2000


class WatchlistForm(forms.ModelForm):  # type: ignore[type-arg]
    lines = forms.CharField(
        label=_("Add products"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 80}),
        help_text=_("Product links, share texts or IDs, one a line."),
    )
    file = forms.FileField(
        label=_("Or a file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": FILE_TYPES}),
        help_text=_(
            "CSV, text or Excel (.xlsx), up to 5 MB and 50,000 rows. "
            "A column called “商品ID”, “ID” or “链接” is found by its heading."
        ),
    )

    def clean_lines(self) -> list[Line]:
        lines: list[str] = self.cleaned_data["lines"].splitlines()
        if len(lines) > MOST_LINES:
            raise forms.ValidationError(
                _("These are %(count)d lines; at most %(most)d can be pasted at once."),
                params={"count": len(lines), "most": MOST_LINES},
            )
        return list(read_text("\n".join(lines)))

    def clean_file(self) -> Sequence[Line]:
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        return rows_of(file) if file else ()


def account(result: Import) -> str:
    """What became of every line, in numbers."""
    repeated, bad = len(result.repeated), len(result.bad)
    added, already = len(result.added), len(result.already)
    parts = [ngettext("%(count)d product was added.", "%(count)d products were added.", added) % {"count": added}]
    if already:
        text = ngettext("%(count)d was on the list already.", "%(count)d were on the list already.", already)
        parts.append(text % {"count": already})
    if repeated:
        text = ngettext("%(count)d was named twice.", "%(count)d were named twice.", repeated)
        parts.append(text % {"count": repeated})
    if bad:
        text = ngettext("%(count)d was not understood.", "%(count)d were not understood.", bad)
        parts.append(text % {"count": bad})
    return space().join(parts)


def faults(bad: Sequence[Line], *, is_from_file: bool) -> SafeString:
    """Each line or row that named no product for sure, with its place and what to do."""
    listed = [_fault(line, is_from_file=is_from_file) for line in bad[:LISTED_FAULTS]]
    hidden = len(bad) - LISTED_FAULTS
    if hidden > 0:
        listed.append(ngettext("and %(shown)s more", "and %(shown)s more", hidden) % {"shown": f"{hidden:,}"})
    items = format_html_join("", "<li>{}</li>", ((one,) for one in listed))
    return format_html("{}<ul>{}</ul>", gettext("Not understood:"), items)


def _fault(line: Line, *, is_from_file: bool) -> str:
    place = (gettext("row %(n)s") if is_from_file else gettext("line %(n)s")) % {"n": line.number}
    if line.column:
        column = gettext("column %(letter)s") % {"letter": column_letter(line.column)}
        place = gettext("%(row)s, %(column)s") % {"row": place, "column": column}
    words = {"place": place, "text": short(line.text), "problem": PROBLEM_WORDS[line.problem or ""]}
    if not line.text:
        return gettext("%(place)s: %(problem)s") % words
    return gettext("%(place)s (%(text)s): %(problem)s") % words
