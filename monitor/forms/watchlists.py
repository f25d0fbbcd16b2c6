"""The watchlists."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monitor import formatting
from monitor.forms.fields import choices_of, styled
from monitor.models import User, Watchlist

INTERVALS = [timedelta(minutes=minutes) for minutes in (5, 10, 30, 60, 120, 360, 720, 1440)]


class WatchlistForm(forms.ModelForm):  # type: ignore[type-arg]
    """A list's name and how often its products are checked, chosen from a few sensible intervals and its own."""

    interval = forms.TypedChoiceField(
        label=_("Check each product every"),
        coerce=lambda seconds: timedelta(seconds=int(seconds)),
        widget=styled(forms.Select, "form-select"),
    )

    class Meta:
        model = Watchlist
        fields = ("name", "interval")
        widgets = {"name": forms.TextInput(attrs={"class": "form-control", "maxlength": 100})}

    def __init__(self, *args: Any, owner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owner = owner
        intervals = sorted({*INTERVALS, self.instance.interval})
        choices_of(self, "interval").choices = [
            (int(interval.total_seconds()), formatting.duration(interval)) for interval in intervals
        ]
        self.initial["interval"] = int(self.instance.interval.total_seconds())

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"]).strip()
        namesakes = Watchlist.objects.kept().filter(owner=self.owner, name=name).exclude(pk=self.instance.pk)
        if namesakes.exists():
            raise forms.ValidationError(_("This owner has a watchlist of that name already."))
        return name
