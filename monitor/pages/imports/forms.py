"""Adding products: what is pasted or uploaded, and the list and interval that it is for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from monitor.models import Pace, User, Watchlist
from monitor.models.names import refuse_web_addresses
from monitor.models.watchlists import DEFAULT_INTERVAL, USUAL_INTERVALS
from monitor.pages.shared.fields import choices_of, styled
from monitor.text import formatting
from monitor.uploads.files import Refusal, UnreadableUpload
from monitor.uploads.links import UploadLine
from monitor.watchlists.imports import Source, Target
from monitor.watchlists.names import is_taken, name_key
from monitor.watchlists.reading import read_file, read_pasted
from monitor.watchlists.words import REFUSAL_WORDS

NEW = "new"
FILE_TYPES = ".csv,.txt,.tsv,.xlsx,.xlsm,text/csv,text/plain"
EXAMPLE_LINES = "https://haohuo.jinritemai.com/views/product/item2?id=3514453298386183303\n3514453298386183303"


class TargetForm(forms.Form):
    """The list that products go to, an own one by a new name included, and how often they are checked."""

    watchlist = forms.ChoiceField(
        label=_("Onto the watchlist"), required=False, widget=styled(forms.Select, "form-select")
    )
    list_name = forms.CharField(
        label=_("Name of the new list"), required=False, max_length=100, widget=styled(forms.TextInput)
    )
    pace = forms.ChoiceField(
        label=_("How products are checked"),
        choices=[(Pace.ADAPTIVE, _("As often as they change")), (Pace.FIXED, _("At a fixed interval"))],
        required=False,
        widget=styled(forms.Select, "form-select"),
    )
    interval = forms.TypedChoiceField(
        label=_("Every, or at least every"),
        required=False,
        coerce=lambda seconds: timedelta(seconds=int(seconds)),
        empty_value=None,
        widget=styled(forms.Select, "form-select"),
    )

    def __init__(
        self, *args: Any, owner: User, lists: Sequence[Watchlist], is_final: bool = True, **kwargs: Any
    ) -> None:
        """While somebody still chooses, `is_final` is False, and a new list needs no name yet."""
        super().__init__(*args, **kwargs)
        self.owner, self.is_final = owner, is_final
        self.by_key = {str(one.pk): one for one in lists}
        field = self.fields["watchlist"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            *((key, formatting.one_line(one.name)) for key, one in self.by_key.items()),
            (NEW, _("A new list…")),
        ]
        self.intervals = sorted({*USUAL_INTERVALS, *(one.interval for one in lists)})
        choices_of(self, "interval").choices = [
            (_seconds(interval), formatting.duration(interval)) for interval in self.intervals
        ]
        self.initial.setdefault("watchlist", next(iter(self.by_key), NEW))
        self.initial.setdefault("list_name", _("My products") if not lists else "")
        self.initial.setdefault("interval", _seconds(DEFAULT_INTERVAL))
        self.initial.setdefault("pace", Pace.ADAPTIVE)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("watchlist") not in self.by_key and "list_name" in cleaned:
            name = formatting.one_line(cleaned["list_name"])
            if not name_key(name) and self.is_final:
                self.add_error("list_name", _("Give the new list a name."))
            elif name and is_taken(self.owner, name):
                self.add_error("list_name", _("You have a watchlist of that name already: choose it above."))
            try:
                refuse_web_addresses(name)
            except forms.ValidationError as error:
                self.add_error("list_name", error)
            cleaned["list_name"] = name
        return cleaned

    @property
    def target(self) -> Target:
        """What a valid form says. Without an interval, or a pace, the list's own counts."""
        watchlist = self.by_key.get(self.cleaned_data["watchlist"])
        interval = self.cleaned_data["interval"] or (watchlist.interval if watchlist else DEFAULT_INTERVAL)
        name = "" if watchlist else self.cleaned_data["list_name"]
        return Target(watchlist, name, interval, self.cleaned_data["pace"])


class ImportForm(TargetForm):
    """Links, share texts and IDs in a box, or in a file."""

    text = forms.CharField(
        label=_("Links, share texts or IDs"),
        required=False,
        strip=False,
        widget=styled(forms.Textarea, rows=7, spellcheck="false", autocapitalize="off", placeholder=EXAMPLE_LINES),
    )
    file = forms.FileField(
        label=_("Or a file"),
        required=False,
        allow_empty_file=True,
        widget=styled(
            forms.ClearableFileInput,
            accept=FILE_TYPES,
            **{"aria-labelledby": "file-label file-button", "aria-describedby": "file-name"},
        ),
    )

    field_order = ("text", "file", "watchlist", "list_name", "pace", "interval")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Here pace and interval are those of a new list. The usual ones are sent as '', which for a list that is there
        means its own."""
        told = dict(kwargs.pop("initial", None) or {})
        super().__init__(*args, initial=dict(told), **kwargs)
        asked = self.data if self.is_bound else told
        for name, usual in (("pace", Pace.ADAPTIVE.value), ("interval", str(_seconds(DEFAULT_INTERVAL)))):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            if str(asked.get(name, "")) != usual:
                choices = cast("list[tuple[Any, Any]]", field.choices)
                field.choices = [("" if str(value) == usual else value, words) for value, words in choices]
                self.initial[name] = asked.get(name, "")

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"]).replace("\0", "")
        self.lines = lines_of(text)
        return text

    def clean_file(self) -> UploadedFile[Any] | None:
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        self.rows: tuple[UploadLine, ...] = ()
        if file is not None:
            self.rows = rows_of(file)
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if "text" in cleaned and "file" in cleaned and not self.lines and not self.rows:
            self.add_error("text", _("Paste at least one link or ID, or choose a file."))
        return cleaned

    def refuse_too_large(self) -> None:
        """Say that the file did not get through, since it is larger than any upload may be."""
        self.add_error("file", REFUSAL_WORDS[Refusal.LARGE_FILE])
        self.errors.pop("text", None)

    @property
    def source(self) -> Source:
        """What a valid form brings."""
        file = self.cleaned_data["file"]
        return Source(self.cleaned_data["text"], self.lines, (file.name or "") if file else "", self.rows)


def _seconds(length: timedelta) -> int:
    return int(length.total_seconds())


def lines_of(text: str) -> tuple[UploadLine, ...]:
    """What a pasted text names. Raises ValidationError with what to do where it cannot be read."""
    try:
        return read_pasted(text)
    except UnreadableUpload as error:
        raise forms.ValidationError(REFUSAL_WORDS[error.refusal]) from None


def rows_of(file: UploadedFile[Any]) -> tuple[UploadLine, ...]:
    """What an uploaded table names. Raises ValidationError with what to do where it cannot be read."""
    try:
        rows = read_file(file.read())
    except UnreadableUpload as error:
        raise forms.ValidationError(REFUSAL_WORDS[error.refusal]) from None
    if not rows:
        raise forms.ValidationError(_("There is nothing in this file."))
    return rows
