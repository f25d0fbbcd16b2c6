"""The note and the tags of a product on one list."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monitor.models import Watch
from monitor.pages.shared.fields import StyledForm
from monitor.text.formatting import listed, one_line
from monitor.uploads.sheets import CLEAR, LONGEST_NOTE, BadCell, read_tags
from monitor.watchlists.words import PROBLEM_WORDS


class WordsForm(StyledForm):
    note = forms.CharField(label=_("Note"), required=False, max_length=LONGEST_NOTE)
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=500,
        widget=forms.TextInput({"placeholder": _("with commas or spaces in between")}),
    )

    def __init__(self, *args: Any, watch: Watch, tags: list[str] | None = None, **kwargs: Any) -> None:
        initial = {"note": one_line(watch.note), "tags": listed(tags or [])}
        super().__init__(*args, initial=initial, prefix=f"watch-{watch.pk}", **kwargs)
        self.watch = watch

    def clean_note(self) -> str:
        note = one_line(self.cleaned_data["note"])
        return "" if note == CLEAR else note

    def clean_tags(self) -> list[str]:
        try:
            return read_tags(self.cleaned_data["tags"])
        except BadCell as error:
            raise forms.ValidationError(str(PROBLEM_WORDS[error.problem])) from None
