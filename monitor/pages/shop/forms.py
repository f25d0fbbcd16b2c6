"""Following a shop; which products of its range are shown, and onto which list they go."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monitor.models import Watchlist
from monitor.pages.shared.fields import PriceFilters, StyledForm, offer
from monitor.pages.shared.reading_forms import ReadingForm
from monitor.text import formatting

NEW, BEST, LEFT = "new", "best", "left"
SHOWN = [("", _("All listed")), (NEW, _("New in 30 days")), (BEST, _("Ten best sellers")), (LEFT, _("Taken back"))]
#: As `monitor.models.product_index.SORTS`, and by when a product appeared.
SORTS = ("title", "price", "sales", "units", "revenue", "since")


class ListForm(StyledForm):
    """The first of `lists` is offered first."""

    watchlist = forms.TypedChoiceField(label=_("Watchlist"), coerce=int)

    def __init__(self, *args: Any, lists: Sequence[Watchlist], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "watchlist", [(watchlist.pk, formatting.one_line(watchlist.name)) for watchlist in lists])


class FollowForm(ListForm, ReadingForm):
    field_order = ("watchlist", "interval")


class RangeFilterForm(PriceFilters):
    """Search, filters and order of the products of a followed shop."""

    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=500,
        initial="",
        widget=forms.TextInput({"type": "search", "placeholder": _("Title or ID")}),
    )
    show = forms.ChoiceField(label=_("Show"), required=False, initial="", choices=SHOWN)
    sort = forms.ChoiceField(
        label=_("Order"),
        required=False,
        initial="-units",
        choices=[(f"{way}{name}", name) for name in SORTS for way in ("", "-")],
        widget=forms.HiddenInput,
    )

    @property
    def state(self) -> dict[str, str]:
        """The valid values as the URL has them, without defaults."""
        texts = {name: str(self.data.get(name, "")).strip() for name in self.fields}
        return {
            name: text
            for name, text in texts.items()
            if text and name not in self.errors and text != str(self.fields[name].initial)
        }
