"""The filters of the inbox, which live in the URL."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monitor.models import Watchlist
from monitor.models.catalog import NUM_IID
from monitor.pages.shared.fields import Filters, offer_lists
from monitor.showing.reads.alerts import AlertFilters
from monitor.text.rule_words import GROUPS

PERIOD_CHOICES = [
    ("", _("Any time")),
    ("24h", _("Last 24 hours")),
    ("7d", _("Last 7 days")),
    ("30d", _("Last 30 days")),
    ("90d", _("Last 90 days")),
]


class AlertFilterForm(Filters):
    """Which alerts the inbox shows."""

    show = forms.ChoiceField(
        required=False, initial="unread", choices=[("unread", _("Unread")), ("all", _("All"))]
    )
    list = forms.TypedChoiceField(label=_("Watchlist"), required=False, coerce=int)
    kind = forms.ChoiceField(
        label=_("What happened"),
        required=False,
        initial="",
        choices=[
            ("", _("All kinds")),
            *((name, heading) for name, (heading, _kinds) in GROUPS.items()),
        ],
    )
    period = forms.ChoiceField(label=_("Time"), required=False, initial="", choices=PERIOD_CHOICES)
    product = forms.RegexField(
        rf"^{NUM_IID}\Z", required=False, initial="", widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, watchlists: Sequence[Watchlist], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_lists = bool(watchlists)
        offer_lists(self, watchlists)

    @property
    def shown(self) -> str:
        return str(self.chosen("show"))

    @property
    def filters(self) -> AlertFilters:
        return AlertFilters(
            unread_only=self.shown == "unread",
            watchlist=self.chosen("list"),
            about=self.chosen("kind"),
            product=self.chosen("product"),
            period=self.chosen("period"),
        )
