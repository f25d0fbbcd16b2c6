"""Following a shop; which products of its assortment are shown, and onto which list they go."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from monitor.models import Watchlist
from monitor.models.assortments import MOST_EVER_ADDED, Adding
from monitor.pages.shared.fields import (
    PriceFilters,
    StyledForm,
    YuanField,
    list_choices,
    offer,
    search_field,
    sort_field,
)
from monitor.pages.shared.reading_forms import ReadingForm

NEW, BEST, LEFT = "new", "best", "left"
SHOWN = [
    ("", _("All listed")),
    (NEW, _("New in 7 days")),
    (BEST, _("Best sellers")),
    (LEFT, _("Taken back")),
]
#: As `monitor.models.figures.SORTS`, and by when a product appeared.
SORTS = ("title", "price", "sales", "units", "revenue", "since")


class ListForm(StyledForm):
    """The first of `lists` is offered first."""

    watchlist = forms.TypedChoiceField(label=_("Watchlist"), coerce=int)

    def __init__(self, *args: Any, lists: Sequence[Watchlist], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "watchlist", list_choices(lists))


class FollowForm(ListForm, ReadingForm):
    field_order = ("watchlist", "interval")


class TermsForm(ReadingForm):
    """How often a shop is read for a list, and which of its products join the list by
    themselves."""

    adds = forms.ChoiceField(
        label=_("Add by itself"),
        required=False,
        choices=[(value, capfirst(label)) for value, label in Adding.choices],
    )
    words = forms.CharField(label=_("Words in the title"), required=False, max_length=100)
    lowest = YuanField(
        label=_("Price from"), required=False, widget=PriceFilters.base_fields["min"].widget
    )
    highest = YuanField(
        label=_("Price to"), required=False, widget=PriceFilters.base_fields["max"].widget
    )
    most = forms.IntegerField(
        label=_("At most"), widget=forms.NumberInput({"min": 1, "max": MOST_EVER_ADDED})
    )


class AssortmentFilterForm(PriceFilters):
    """Search, filters and order of the products of a followed shop."""

    q = search_field(_("Search"), _("Title or ID"), 100)
    show = forms.ChoiceField(label=_("Show"), required=False, initial="", choices=SHOWN)
    sort = sort_field(SORTS, "-units")
