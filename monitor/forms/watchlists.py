"""The watchlists."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monitor import formatting
from monitor.forms.fields import choices_of, styled
from monitor.models import User, Watchlist
from monitor.models.watchlists import USUAL_INTERVALS, Priority
from monitor.watchlists.names import is_taken, name_key


class WatchlistForm(forms.ModelForm):  # type: ignore[type-arg]
    """A list's name, priority and how often its products are checked, chosen from a few sensible intervals and its own.

    `label` says of an interval what it costs.
    """

    interval = forms.TypedChoiceField(
        label=_("Check each product every"),
        coerce=lambda seconds: timedelta(seconds=int(seconds)),
        widget=styled(forms.Select, "form-select"),
    )
    priority = forms.TypedChoiceField(
        label=_("Priority"),
        coerce=int,
        choices=Priority.choices,
        widget=styled(forms.Select, "form-select"),
    )

    class Meta:
        model = Watchlist
        fields = ("name", "interval", "priority")
        widgets = {"name": forms.TextInput(attrs={"class": "form-control", "maxlength": 100, "autocomplete": "off"})}

    def __init__(self, *args: Any, owner: User, label: Callable[[timedelta], str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        intervals = sorted({*USUAL_INTERVALS, self.instance.interval})
        choices_of(self, "interval").choices = [(int(one.total_seconds()), label(one)) for one in intervals]
        self.initial.setdefault("priority", self.instance.priority)
        self.initial["interval"] = int(self.instance.interval.total_seconds())

    def clean_name(self) -> str:
        name = formatting.one_line(self.cleaned_data["name"])
        if not name_key(name):
            raise forms.ValidationError(_("Write a name that can be seen."))
        if is_taken(self.owner, name, self.instance if self.instance.pk else None):
            raise forms.ValidationError(_("This owner has a watchlist of that name already."))
        return name
