"""How often a followed shop's range is read, and what that costs."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitor.models.ranges import DEFAULT_READING, PAGES_EXPECTED, USUAL_READINGS
from monitor.pages.shared.fields import StyledForm, offer, seconds
from monitor.planning.calls import DAY
from monitor.text import formatting


class ReadingForm(StyledForm):
    """`pages`: the calls that a reading takes; `own`: an interval that may be kept though it is not usual."""

    interval = forms.TypedChoiceField(
        label=_("Read at least every"),
        coerce=lambda value: timedelta(seconds=int(value)),
        initial=seconds(DEFAULT_READING),
    )

    def __init__(self, *args: Any, pages: int = PAGES_EXPECTED, own: timedelta | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        intervals = sorted({*USUAL_READINGS, own or DEFAULT_READING})
        offer(self, "interval", [(seconds(interval), _with_cost(interval, pages)) for interval in intervals])
        if own is not None:
            self.initial["interval"] = seconds(own)


def _with_cost(interval: timedelta, pages: int) -> str:
    """Return an interval with the least checks a day."""
    words = {"interval": formatting.duration(interval), "checks": formatting.calls(pages * (DAY / interval))}
    return gettext("%(interval)s · %(checks)s/day") % words
