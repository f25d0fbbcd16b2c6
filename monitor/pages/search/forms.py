"""The words of a search, and how its results are sorted and filtered: all of it lives in the
address."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from monitor.models.searches import LONGEST_WORDS, MOST_PAGES
from monitor.pages.shared.answers import page_number
from monitor.pages.shared.fields import PriceFilters, search_field, sort_field
from monitor.pages.shared.heads import Column, heads
from monitor.showing.reads.searches import FoundProduct, in_order
from monitor.watching.searching import words_of

COLUMNS = (Column("price", _("Price"), sort="price"), Column("sold", _("Sold"), sort="sold"))


class SearchForm(PriceFilters):
    """Words, order and filters of a search. Bad values are ignored."""

    q = search_field(
        *(_("Search Douyin"), _("Words of a title, or a shop's name"), None),
        maxlength=LONGEST_WORDS,
        required=True,
    )
    sort = sort_field([column.sort for column in COLUMNS], "")
    new = forms.BooleanField(label=_("Not watched yet"), required=False)

    field_order = ("q", "sort", "min", "max", "new")

    def clean_q(self) -> str:
        typed = str(self.cleaned_data["q"])
        return words_of(typed) if typed else ""

    @property
    def page(self) -> int:
        """How many pages of the search are asked for."""
        return min(max(page_number(self.data), 1), MOST_PAGES)  # type: ignore[arg-type]

    def query(self, **changed: str) -> str:
        """Return the valid values as a query string, with the page, and some of them changed."""
        return super().query(
            **{"q": self.chosen("q"), "page": str(self.page) if self.page > 1 else "", **changed}
        )

    def heads(self) -> list[dict[str, Any]]:
        """Return the sorted columns as `heads` does."""
        return heads(COLUMNS, self.chosen("sort"), lambda sort: self.query(sort=sort))

    def arranged(self, products: Iterable[FoundProduct]) -> list[FoundProduct]:
        """Return the products that match the filters, in the chosen order."""
        return in_order(filter(self._passes, products), self.chosen("sort"))

    def _passes(self, found: FoundProduct) -> bool:
        if self.chosen("new") and found.lists:
            return False
        low, high, price = self.chosen("min"), self.chosen("max"), found.product.price
        if price is None:
            return low is None and high is None
        return (low is None or price >= low) and (high is None or price <= high)
