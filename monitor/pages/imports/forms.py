"""Adding products: a pasted text or an upload, and the list and interval for its products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from monitor.models import Pace, User, Watchlist
from monitor.models.names import refuse_web_addresses
from monitor.models.watchlists import DEFAULT_INTERVAL, USUAL_INTERVALS
from monitor.pages.shared.fields import FILE_PICK, StyledForm, offer, seconds
from monitor.text import formatting
from monitor.uploads.files import Refusal, UnreadableUpload
from monitor.uploads.links import UploadLine
from monitor.watchlists.imports import Source, Target
from monitor.watchlists.names import is_taken, name_key
from monitor.watchlists.reading import read_file, read_pasted
from monitor.watchlists.words import REFUSAL_WORDS

NEW = "new"
EXAMPLE_LINES = "https://haohuo.jinritemai.com/views/product/item2?id=3514453298386183303\n3514453298386183303"


class ImportForm(StyledForm):
    """Links, share texts and IDs in a box, or in a file; the list for the products, and how they are checked."""

    text = forms.CharField(
        label=_("Links, share texts or IDs"),
        required=False,
        strip=False,
        widget=forms.Textarea(
            {
                "rows": 7,
                "spellcheck": "false",
                "autocapitalize": "off",
                "autofocus": True,
                "placeholder": EXAMPLE_LINES,
            }
        ),
    )
    file = forms.FileField(
        label=_("Or a file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(FILE_PICK),
    )
    watchlist = forms.ChoiceField(label=_("Add to watchlist"), required=False)
    list_name = forms.CharField(label=_("Name of the new list"), required=False, max_length=100)
    pace = forms.ChoiceField(
        label=_("How they are checked"),
        choices=[(Pace.ADAPTIVE, _("Smart")), (Pace.FIXED, _("Fixed"))],
        required=False,
    )
    interval = forms.TypedChoiceField(
        label=_("Check at least every"),
        required=False,
        coerce=lambda seconds: timedelta(seconds=int(seconds)),
        empty_value=None,
    )

    def __init__(self, *args: Any, owner: User, lists: Sequence[Watchlist], **kwargs: Any) -> None:
        """Pace and interval are for a new list. The usual ones are sent as '', which for an existing list means its
        own."""
        super().__init__(*args, **kwargs)
        self.owner = owner
        self.by_key = {str(watchlist.pk): watchlist for watchlist in lists}
        names = [(key, formatting.one_line(watchlist.name)) for key, watchlist in self.by_key.items()]
        offer(self, "watchlist", [*names, (NEW, _("A new list…"))])
        intervals = sorted({*USUAL_INTERVALS, *(watchlist.interval for watchlist in lists)})
        offer(self, "interval", [(seconds(interval), formatting.duration(interval)) for interval in intervals])
        self.initial.setdefault("watchlist", next(iter(self.by_key), NEW))
        self.initial.setdefault("list_name", _("My products") if not lists else "")
        chosen = self.data if self.is_bound else dict(self.initial)
        for name, usual in (("pace", Pace.ADAPTIVE.value), ("interval", str(seconds(DEFAULT_INTERVAL)))):
            if str(chosen.get(name, "")) != usual:
                choices: Any = cast("forms.ChoiceField", self.fields[name]).choices
                offer(self, name, [("" if str(value) == usual else value, words) for value, words in choices])
                self.initial.setdefault(name, "")

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
        cleaned = super().clean() or self.cleaned_data
        if "text" in cleaned and "file" in cleaned and not self.lines and not self.rows:
            self.add_error("text", _("Paste at least one link or ID, or choose a file."))
        if cleaned.get("watchlist") not in self.by_key and "list_name" in cleaned:
            cleaned["list_name"] = self._name_of_new_list(formatting.one_line(cleaned["list_name"]))
        return cleaned

    def _name_of_new_list(self, name: str) -> str:
        if not name_key(name):
            self.add_error("list_name", _("Give the new list a name."))
        elif is_taken(self.owner, name):
            self.add_error("list_name", _("You have this watchlist already: choose it above."))
        try:
            refuse_web_addresses(name)
        except forms.ValidationError as error:
            self.add_error("list_name", error)
        return name

    def refuse_too_large(self) -> None:
        """Add the error that the file is larger than an upload may be: it was not received."""
        self.add_error("file", REFUSAL_WORDS[Refusal.LARGE_FILE])
        self.errors.pop("text", None)

    @property
    def target(self) -> Target:
        """The target of a valid form. An empty interval or pace means the list's own."""
        watchlist = self.by_key.get(self.cleaned_data["watchlist"])
        interval = self.cleaned_data["interval"] or (watchlist.interval if watchlist else DEFAULT_INTERVAL)
        name = "" if watchlist else self.cleaned_data["list_name"]
        return Target(watchlist, name, interval, self.cleaned_data["pace"])

    @property
    def source(self) -> Source:
        """The products of a valid form."""
        file = self.cleaned_data["file"]
        return Source(self.cleaned_data["text"], self.lines, (file.name or "") if file else "", self.rows)


def lines_of(text: str) -> tuple[UploadLine, ...]:
    """Reads a pasted text. Raises `ValidationError` with advice if that is impossible."""
    return _read(read_pasted, text)


def rows_of(file: UploadedFile[Any]) -> tuple[UploadLine, ...]:
    """Reads an uploaded table. Raises `ValidationError` with advice if that is impossible."""
    rows = _read(read_file, file.read())
    if not rows:
        raise forms.ValidationError(_("There is nothing in this file."))
    return rows


def _read[Upload](read: Callable[[Upload], tuple[UploadLine, ...]], upload: Upload) -> tuple[UploadLine, ...]:
    try:
        return read(upload)
    except UnreadableUpload as error:
        raise forms.ValidationError(REFUSAL_WORDS[error.refusal]) from None
