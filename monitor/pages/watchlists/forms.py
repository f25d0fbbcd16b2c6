"""The watchlists."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monitor.models import Pace, User, Watchlist
from monitor.models.watchlists import DEFAULT_SOONEST, USUAL_INTERVALS, USUAL_SOONEST, Priority
from monitor.pages.shared.fields import choices_of, styled
from monitor.text import formatting
from monitor.watchlists.names import is_taken, name_key
from monitor.watchlists.rescheduling import ASKED

SELECT: dict[str, Any] = {"widget": styled(forms.Select, "form-select")}
SECONDS: dict[str, Any] = {"coerce": lambda seconds: timedelta(seconds=int(seconds)), **SELECT}
HOUR: dict[str, Any] = {"coerce": int, "empty_value": None, "required": False, **SELECT}


class WatchlistForm(forms.ModelForm):  # type: ignore[type-arg]
    """A list's name and how its products are checked. What a form does not send stays as it is.

    Times are chosen from a few sensible ones and the list's own; `label` says of an interval what it costs.
    """

    pace = forms.ChoiceField(
        label=_("How products are checked"),
        choices=Pace.choices,
        required=False,
        widget=styled(forms.RadioSelect, "form-check-input"),
    )
    interval = forms.TypedChoiceField(label=_("Every, or at least every"), **SECONDS)
    priority = forms.TypedChoiceField(label=_("Priority"), coerce=int, choices=Priority.choices, **SELECT)
    soonest = forms.TypedChoiceField(label=_("At most every"), required=False, empty_value=None, **SECONDS)
    hours_from = forms.TypedChoiceField(label=_("Checked from"), **HOUR)
    hours_until = forms.TypedChoiceField(label=_("Checked until"), **HOUR)

    class Meta:
        model = Watchlist
        fields = ("name", *ASKED)
        widgets = {"name": forms.TextInput(attrs={"class": "form-control", "maxlength": 100, "autocomplete": "off"})}

    field_order = ("name", "pace", "interval", "priority", "soonest", "hours_from", "hours_until")

    def __init__(self, *args: Any, owner: User, label: Callable[[timedelta], str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        for name, usual, words in (
            ("interval", USUAL_INTERVALS, label),
            ("soonest", USUAL_SOONEST, formatting.duration),
        ):
            own = getattr(self.instance, name)
            choices_of(self, name).choices = [(seconds(one), words(one)) for one in sorted({*usual, own})]
            self.initial[name] = seconds(own)
        for name in ("hours_from", "hours_until"):
            hours = hour_choices(name, getattr(self.instance, name))
            choices_of(self, name).choices = [("", _("at any hour")), *hours]
        for name in ("priority", "pace"):
            self.initial.setdefault(name, getattr(self.instance, name))

    @property
    def is_unusual(self) -> bool:
        """Whether what is asked more seldom has something to show: an answer of its own, or a fault."""
        usual = {"soonest": str(seconds(DEFAULT_SOONEST)), "hours_from": "", "hours_until": ""}
        told = {name: self[name].value() for name in usual}
        return any(
            self.errors.get(name) or (told[name] is not None and str(told[name]) != usual[name]) for name in usual
        )

    def clean_name(self) -> str:
        name = formatting.one_line(self.cleaned_data["name"])
        if not name_key(name):
            raise forms.ValidationError(_("Write a name that can be seen."))
        if is_taken(self.owner, name, self.instance if self.instance.pk else None):
            raise forms.ValidationError(_("This owner has a watchlist of that name already."))
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in ("pace", "soonest", "hours_from", "hours_until"):
            if name in cleaned and (name not in self.data or (name in ("pace", "soonest") and not cleaned[name])):
                cleaned[name] = getattr(self.instance, name)
        return cleaned


def hour_choices(name: str, own: int | None) -> list[tuple[int, str]]:
    """The hours from which on, or until which, checks may be made, an odd one that is in force among them."""
    hours = range(24) if name == "hours_from" else range(1, 25)
    return [(hour, f"{hour}:00") for hour in sorted({*hours, *([] if own is None else [own])})]


def seconds(length: timedelta) -> int:
    return int(length.total_seconds())
