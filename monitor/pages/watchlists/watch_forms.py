"""How one product on a list is checked, where something else is asked for it than for the others."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.models import Pace, Watch
from monitor.models.watchlists import USUAL_INTERVALS, USUAL_SOONEST, Priority
from monitor.pages.shared.fields import choices_of, styled
from monitor.pages.watchlists.forms import HOUR, SECONDS, SELECT, hour_choices, seconds
from monitor.text import formatting
from monitor.watchlists.rescheduling import ASKED

#: Of a field that may be left to the list.
_LEFT: dict[str, Any] = {"required": False, "empty_value": None}


class WatchForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a watch says itself of its product's checks; what is chosen as '' is the list's. `label` says of an interval
    what it costs."""

    pace = forms.ChoiceField(
        label=_("How it is checked"), required=False, widget=styled(forms.RadioSelect, "form-check-input")
    )
    interval = forms.TypedChoiceField(label=_("Every, or at least every"), **_LEFT, **SECONDS)
    priority = forms.TypedChoiceField(label=_("Priority"), coerce=int, **_LEFT, **SELECT)
    soonest = forms.TypedChoiceField(label=_("At most every"), **_LEFT, **SECONDS)
    hours_from = forms.TypedChoiceField(label=_("Checked from"), **HOUR)
    hours_until = forms.TypedChoiceField(label=_("Checked until"), **HOUR)

    class Meta:
        model = Watch
        fields = ASKED

    def __init__(self, *args: Any, label: Callable[[timedelta], str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        watch, of = self.instance, self.instance.watchlist
        pace = self.fields["pace"]
        assert isinstance(pace, forms.ChoiceField)
        pace.choices = [
            ("", _("As the list")),
            (Pace.ADAPTIVE, _("As often as it changes")),
            (Pace.FIXED, _("At a fixed interval")),
        ]
        for name, usual, words in (
            ("interval", USUAL_INTERVALS, label),
            ("soonest", USUAL_SOONEST, formatting.duration),
        ):
            own: timedelta | None = getattr(watch, name)
            lengths = sorted({*usual, *([own] if own else [])})
            self._offer(name, words(getattr(of, name)), ((seconds(one), words(one)) for one in lengths))
            self.initial[name] = "" if own is None else seconds(own)
        self._offer("priority", Priority(of.priority).label, Priority.choices)
        for name in ("hours_from", "hours_until"):
            told = getattr(of, name)
            hours = hour_choices(name, getattr(watch, name))
            self._offer(name, None if told is None else f"{told}:00", hours, _("at any hour"))

    def _offer(self, name: str, of_list: object, choices: Iterable[tuple[Any, Any]], usual: Any = "") -> None:
        """What the list has is the first choice; where it has nothing, that is called as `usual`."""
        as_the_list = usual if of_list is None else gettext("As the list: %(what)s") % {"what": of_list}
        choices_of(self, name).choices = [("", as_the_list), *choices]
