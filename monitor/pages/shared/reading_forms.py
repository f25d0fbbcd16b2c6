"""How often a followed shop's assortment is read, and what that costs."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monitor.models.assortments import DEFAULT_READING, PAGES_EXPECTED, USUAL_READINGS
from monitor.pages.shared.fields import StyledForm, offer, seconds, with_checks
from monitor.polling.planning.calls import DAY


class ReadingForm(StyledForm):
    """`pages`: the calls that a reading takes; `own`: an interval that may be kept though it is not
    usual."""

    interval = forms.TypedChoiceField(
        label=_("Read every"),
        coerce=lambda value: timedelta(seconds=int(value)),
        initial=seconds(DEFAULT_READING),
    )

    def __init__(
        self, *args: Any, pages: int = PAGES_EXPECTED, own: timedelta | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        intervals = sorted({*USUAL_READINGS, own or DEFAULT_READING})
        offer(
            self,
            "interval",
            [
                (seconds(interval), with_checks(interval, pages * (DAY / interval)))
                for interval in intervals
            ],
        )
        if own is not None:
            self.initial["interval"] = seconds(own)
