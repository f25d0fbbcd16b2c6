"""Adding products: a pasted text or an upload, and the list and interval for its products."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from monitor.models import Pace, User, Watchlist
from monitor.models.watchlists import DEFAULT_INTERVAL, USUAL_INTERVALS
from monitor.pages.shared.fields import (
    FILE_PICK,
    FILE_TYPES,
    StyledForm,
    list_choices,
    offer,
    or_refusal,
    seconds,
)
from monitor.text import formatting
from monitor.watching.imports import Source, Target
from monitor.watching.parsing import read_file, read_pasted
from monitor.watching.uploads.lines import UploadLine

NEW = "new"
EXAMPLE_LINES = (
    "https://haohuo.jinritemai.com/views/product/item2?id=3514453298386183303\n3514453298386183303"
)


class TextOrTicks(forms.Textarea):
    """A box for text. A page where products are ticked sends their IDs as `product` instead."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return "\n".join(data.getlist("product")) or super().value_from_datadict(data, files, name)


class ProductsForm(StyledForm):
    """Links, share texts and IDs in a box, or in a file. `by` pastes or uploads them; None is an
    operator."""

    text = forms.CharField(
        label=_("Links, share texts or IDs"),
        required=False,
        strip=False,
        widget=TextOrTicks(
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
        widget=forms.FileInput({"accept": FILE_TYPES}),
    )

    def __init__(self, *args: Any, by: User | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._by = by

    def clean_text(self) -> str:
        text = str(self.cleaned_data["text"]).replace("\0", "")
        self.lines = or_refusal(read_pasted, text, self._by)
        return text

    def clean_file(self) -> UploadedFile[Any] | None:
        file: UploadedFile[Any] | None = self.cleaned_data["file"]
        self.rows: tuple[UploadLine, ...] = ()
        if file is not None:
            self.rows = or_refusal(read_file, file.read(), self._by)
            if not self.rows:
                raise forms.ValidationError(_("There is nothing in this file."))
        return file

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "text" in cleaned and "file" in cleaned and not self.lines and not self.rows:
            self.add_error("text", _("Paste at least one link or ID, or choose a file."))
        return cleaned

    @property
    def source(self) -> Source:
        """The products of a valid form."""
        file = self.cleaned_data["file"]
        name = (file.name or "") if file else ""
        return Source(self.cleaned_data["text"], (*self.lines, *self.rows), name)


class ImportForm(ProductsForm):
    """Products and their list; the name, the pace and the interval are for a new one."""

    watchlist = forms.ChoiceField(label=_("Add to watchlist"), required=False)
    list_name = forms.CharField(label=_("Name of the new list"), required=False, max_length=100)
    pace = forms.ChoiceField(
        label=_("How they are checked"),
        choices=[(Pace.ADAPTIVE, _("Smart")), (Pace.FIXED, _("Fixed"))],
        initial=Pace.ADAPTIVE,
        required=False,
    )
    interval = forms.TypedChoiceField(
        label=_("Check at least every"),
        required=False,
        choices=lambda: [
            (seconds(interval), formatting.duration(interval)) for interval in USUAL_INTERVALS
        ],
        initial=seconds(DEFAULT_INTERVAL),
        coerce=lambda seconds: timedelta(seconds=int(seconds)),
        empty_value=None,
    )

    def __init__(self, *args: Any, owner: User, lists: Sequence[Watchlist], **kwargs: Any) -> None:
        super().__init__(*args, by=owner, **kwargs)
        self.owner = owner
        self.fields["file"].widget.attrs |= FILE_PICK
        self.by_key = {str(watchlist.pk): watchlist for watchlist in lists}
        offer(self, "watchlist", [*list_choices(lists), (NEW, _("A new list…"))])
        self.initial.setdefault("watchlist", next(iter(self.by_key), NEW))
        self.initial.setdefault("list_name", _("My products") if not lists else "")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("watchlist") not in self.by_key and "list_name" in cleaned:
            new_list = Watchlist(owner=self.owner, name=cleaned["list_name"])
            try:
                new_list.clean_fields()
                cleaned["list_name"] = new_list.name
            except forms.ValidationError as error:
                self.add_error("list_name", error.message_dict["name"])
        return cleaned

    @property
    def target(self) -> Target:
        """The target of a valid form."""
        chosen = self.cleaned_data
        if watchlist := self.by_key.get(chosen["watchlist"]):
            return Target(watchlist)
        interval, pace = chosen["interval"] or DEFAULT_INTERVAL, chosen["pace"] or Pace.ADAPTIVE
        return Target(None, chosen["list_name"], interval, pace)
