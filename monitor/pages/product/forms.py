"""What the user writes about a product on one list: target price, cost, wanted profit, note and
tags."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from monitor.models import Watch
from monitor.pages.shared.fields import AmountField, StyledForm
from monitor.provider.limits import LONGEST_NOTE
from monitor.text.formatting import listed, one_line
from monitor.watching.own_values import AMOUNTS, FIELDS, alerts_at_once
from monitor.watching.uploads.sheets import CLEAR, BadCell, read_tags
from monitor.watching.words import PROBLEM_WORDS


def _amount(label: Any) -> AmountField:
    widget = forms.TextInput({"inputmode": "decimal", "placeholder": "¥", "autocomplete": "off"})
    return AmountField(label=label, required=False, widget=widget)


class OwnValuesForm(StyledForm):
    """`sure` is the target price that the user has confirmed although the price is below it
    already."""

    target = _amount(_("Target price"))
    cost = _amount(_("Cost"))
    profit = _amount(_("Wanted profit"))
    note = forms.CharField(label=_("Note"), required=False, max_length=LONGEST_NOTE)
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=500,
        widget=forms.TextInput({"placeholder": _("commas in between")}),
    )
    sure = forms.CharField(required=False, max_length=30)

    def __init__(
        self, *args: Any, watch: Watch, target: int | None, tags: list[str], **kwargs: Any
    ) -> None:
        initial = {
            "target": target,
            "cost": watch.cost,
            "profit": watch.profit,
            "note": one_line(watch.note),
        }
        super().__init__(
            *args, initial=initial | {"tags": listed(tags)}, prefix=f"watch-{watch.pk}", **kwargs
        )
        self.watch = watch

    @property
    def amounts(self) -> list[forms.BoundField]:
        return [self[name] for name in AMOUNTS]

    def clean_note(self) -> str:
        note = one_line(self.cleaned_data["note"])
        return "" if note == CLEAR else note

    def clean_tags(self) -> list[str]:
        try:
            return read_tags(self.cleaned_data["tags"])
        except BadCell as error:
            raise forms.ValidationError(str(PROBLEM_WORDS[error.problem])) from None

    @property
    def values(self) -> dict[str, Any]:
        """The values of a valid form."""
        return {name: self.cleaned_data[name] for name in FIELDS}

    @property
    def asks(self) -> bool:
        """Whether the new target would alert at once, which the user has not confirmed."""
        target = self.cleaned_data.get("target") if self.is_bound and self.is_valid() else None
        is_news = target is not None and target != self.initial["target"]
        return (
            is_news
            and str(target) != self.cleaned_data["sure"]
            and alerts_at_once(self.watch, target)
        )

    def refuse(self, error: ValidationError) -> None:
        for name, words in error.message_dict.items():
            self.add_error(name, words)
