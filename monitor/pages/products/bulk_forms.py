"""What is to be done with the chosen products."""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monitor.models import Pace, Watchlist
from monitor.models.catalog import NUM_IID
from monitor.models.watchlists import USUAL_INTERVALS, Priority
from monitor.pages.shared.fields import choices_of
from monitor.text import formatting

#: In the place of a value: as the list has it.
INHERIT = "list"


class NumIids(forms.Field):
    """Product IDs, each a value of one parameter; what is none is not there."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: Any) -> list[str]:
        return [text for text in value or [] if re.fullmatch(NUM_IID, text)]


class BulkForm(forms.Form):
    """`act` is a verb, with what it needs behind a colon: `pause`, `move:12`, `pace:fixed`, `interval:600`,
    `priority:list`.

    The products are those named by `product`, or with `all` every one that the table's filters let through.
    """

    act = forms.TypedChoiceField()
    product = NumIids(required=False)
    all = forms.BooleanField(required=False)
    confirmed = forms.BooleanField(required=False)

    def __init__(self, *args: Any, watchlists: Iterable[Watchlist], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.watchlists = {str(one.pk): one for one in watchlists}
        plain = [(verb, verb) for verb in ("compare", "pause", "resume", "check", "remove")]
        choices_of(self, "act").choices = [*plain, *self.moves, *self.paces, *self.intervals, *self.priorities]

    @property
    def moves(self) -> list[tuple[str, str]]:
        return [(f"move:{key}", formatting.one_line(one.name)) for key, one in self.watchlists.items()]

    @property
    def paces(self) -> list[tuple[str, str]]:
        own = [(f"pace:{one.value}", str(one.label)) for one in Pace]
        return [*own, (f"pace:{INHERIT}", str(_("as the list")))]

    @property
    def intervals(self) -> list[tuple[str, str]]:
        own = [(f"interval:{one.total_seconds():.0f}", formatting.duration(one)) for one in USUAL_INTERVALS]
        return [*own, (f"interval:{INHERIT}", str(_("as the list")))]

    @property
    def priorities(self) -> list[tuple[str, str]]:
        own = [(f"priority:{one.value}", str(one.label)) for one in sorted(Priority, reverse=True)]
        return [*own, (f"priority:{INHERIT}", str(_("as the list")))]

    @property
    def verb(self) -> str:
        return str(self.cleaned_data["act"]).partition(":")[0]

    @property
    def target(self) -> Watchlist:
        """The list to move to."""
        return self.watchlists[self._argument]

    @property
    def pace(self) -> str:
        return "" if self._argument == INHERIT else Pace(self._argument).value

    @property
    def interval(self) -> timedelta | None:
        return None if self._argument == INHERIT else timedelta(seconds=int(self._argument))

    @property
    def priority(self) -> Priority | None:
        return None if self._argument == INHERIT else Priority(int(self._argument))

    @property
    def _argument(self) -> str:
        return str(self.cleaned_data["act"]).partition(":")[2]
