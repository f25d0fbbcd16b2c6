"""The state of the products table as its links carry it: for every link the query string that it leads to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from monitor import formatting
from monitor.dashboard.product_filters import ProductFilters
from monitor.forms.product_filters import NARROWING, ProductFilterForm
from monitor.models import Shop, Watchlist
from monitor.models.product_index import SORTS

#: Columns that are read from their beginning; numbers and times are asked for downwards first.
FROM_THE_START = ("title", "shop", "status", "interval")
USUAL = {"sort": ProductFilters().sort, "size": str(ProductFilters().size), "page": "1"}


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, in words, and the query string without it."""

    label: str
    text: str
    query: str


@dataclass(frozen=True, slots=True)
class TableState:
    """What was understood of the URL, by parameter; `page` is among it from the second page on."""

    values: Mapping[str, str]

    def query(self, **changed: str) -> str:
        """The state as a query string with some of it changed; what is '' or as usual is left out."""
        state = {**self.values, **changed}
        told = {name: value for name, value in state.items() if value and value != USUAL.get(name)}
        return urlencode(told, safe=",")

    @property
    def unpaged(self) -> str:
        return self.query(page="")

    @property
    def unfiltered(self) -> str:
        """Without any filter; order, size and columns stay."""
        return self.narrowed({})

    def narrowed(self, filters: Mapping[str, str]) -> str:
        """With these filters and no other."""
        return self.query(**{**dict.fromkeys(NARROWING, ""), **filters, "page": ""})

    @property
    def is_filtered(self) -> bool:
        return any(name in self.values for name in NARROWING)

    @property
    def is_only_searched(self) -> bool:
        """Nothing but the search narrows the table."""
        return [name for name in NARROWING if name in self.values] == ["q"]

    def sorting(self, sort: str) -> dict[str, dict[str, str]]:
        """For each order: the query string that asks for it, or for its reverse, and how it is ordered now."""
        columns = {}
        for name in SORTS:
            first, second = (name, f"-{name}") if name in FROM_THE_START else (f"-{name}", name)
            columns[name] = {
                "query": self.query(sort=second if sort == first else first, page=""),
                "order": {name: "ascending", f"-{name}": "descending"}.get(sort, ""),
            }
        return columns

    def chips(self, form: ProductFilterForm, lists: Iterable[Watchlist], shop: Shop | None) -> list[Chip]:
        """The filters in force, each with the way to take it off. The search is in its box for all to see."""
        filters = form.filters
        names = {one.pk: one.name for one in lists}
        words = {
            "list": (_("Watchlist"), names.get(filters.watchlist or 0, "")),
            "shop": (_("Shop"), str(shop) if shop else _("not among your products")),
            "status": (_("Status"), self._choice(form, "status")),
            "changed": ("", self._choice(form, "changed")),
        }
        chips = [
            Chip(label, formatting.one_line(text, 60), self.query(page="", **{name: ""}))
            for name, (label, text) in words.items()
            if name in self.values
        ]
        if "min" in self.values or "max" in self.values:
            text = _price_range(filters.lowest, filters.highest)
            chips.append(Chip(_("Price"), text, self.query(page="", min="", max="")))
        return chips

    def _choice(self, form: ProductFilterForm, name: str) -> str:
        labels = {str(value): str(label) for value, label in form.fields[name].choices}  # type: ignore[attr-defined]
        return labels.get(self.values.get(name, ""), "")


def _price_range(lowest: int | None, highest: int | None) -> str:
    if lowest is None:
        return _("up to %(price)s") % {"price": formatting.money(highest)}
    if highest is None:
        return _("from %(price)s") % {"price": formatting.money(lowest)}
    return f"{formatting.money(lowest)} – {formatting.money(highest)}"
