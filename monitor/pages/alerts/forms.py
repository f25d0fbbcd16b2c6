"""The inbox."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monitor.models import Watchlist
from monitor.models.catalog import NUM_IID
from monitor.pages.shared.clauses import KIND_OPTIONS
from monitor.pages.shared.fields import Filters, choices_of, styled
from monitor.text import formatting

PERIOD_CHOICES = [
    ("", _("Any time")),
    ("24h", _("Last 24 hours")),
    ("7d", _("Last 7 days")),
    ("30d", _("Last 30 days")),
    ("90d", _("Last 90 days")),
]


class AlertFilterForm(Filters):
    """Which alerts the inbox shows; all of it lives in the URL."""

    show = forms.ChoiceField(required=False, initial="unread", choices=[("unread", _("Unread")), ("all", _("All"))])
    list = forms.TypedChoiceField(
        label=_("Watchlist"), required=False, coerce=int, widget=styled(forms.Select, "form-select")
    )
    kind = forms.ChoiceField(
        label=_("Rule"),
        required=False,
        initial="",
        choices=[("", _("Any rule")), *KIND_OPTIONS],
        widget=styled(forms.Select, "form-select"),
    )
    period = forms.ChoiceField(
        label=_("Time"),
        required=False,
        initial="",
        choices=PERIOD_CHOICES,
        widget=styled(forms.Select, "form-select"),
    )
    product = forms.RegexField(rf"^{NUM_IID}\Z", required=False, initial="", widget=forms.HiddenInput)

    def __init__(self, *args: Any, watchlists: Iterable[Watchlist], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lists = [(one.pk, formatting.one_line(one.name)) for one in watchlists]
        self.has_lists = bool(lists)
        choices_of(self, "list").choices = [("", _("All lists")), *lists]

    @property
    def shown(self) -> str:
        return str(self.chosen("show"))
