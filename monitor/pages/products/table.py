"""The state of the products table, and the query strings of its links."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from monitor.models import SavedView, Shop, Watchlist
from monitor.pages.products.columns import USUAL_COLUMNS, names_of
from monitor.pages.products.forms import COMMON_VIEWS, NARROWING, ProductFilterForm
from monitor.pages.shared.heads import Column, heads
from monitor.showing.reads.products import ProductFilters
from monitor.text import formatting

USUAL = {"size": str(ProductFilters().size), "page": "1"}


@dataclass(frozen=True, slots=True)
class Tab:
    """A view of the table. `view` is the key of a saved one, 0 for a view that every user has."""

    name: str
    query: str
    is_current: bool
    view: int = 0


@dataclass(frozen=True, slots=True)
class TableState:
    """The valid parameters of the URL, `page` from the second page on, and the order without a
    parameter."""

    values: Mapping[str, str]
    usual_sort: str = ProductFilters().sort
    columns: tuple[Column, ...] = USUAL_COLUMNS

    def query(self, **changed: str) -> str:
        """Return the state as a query string, with some values changed. '' and defaults are left
        out."""
        state, usual = {**self.values, **changed}, {**USUAL, "sort": self.usual_sort}
        return urlencode(
            {name: value for name, value in state.items() if value and value != usual.get(name)},
            safe=",",
        )

    @property
    def address(self) -> str:
        query = self.query()
        return reverse("monitor:products") + (f"?{query}" if query else "")

    @property
    def unpaged(self) -> str:
        return self.query(page="")

    @property
    def kept(self) -> str:
        """What a view of this state keeps: `unpaged`, and columns that are not the usual ones."""
        return self.query(
            page="", cols="" if self.columns == USUAL_COLUMNS else names_of(self.columns)
        )

    @property
    def unfiltered(self) -> str:
        """The query string without filters. Order, size and columns stay."""
        return self.narrowed({})

    def narrowed(self, filters: Mapping[str, str]) -> str:
        """Return the query string with these filters and no others. Order, size and columns
        stay."""
        return self.query(**{**dict.fromkeys(NARROWING, ""), **filters, "page": ""})

    @property
    def is_filtered(self) -> bool:
        return any(name in self.values for name in NARROWING)

    @property
    def is_only_searched(self) -> bool:
        """Whether the search is the only filter."""
        return [name for name in NARROWING if name in self.values] == ["q"]

    def heads(self, columns: Iterable[Column], sort: str) -> list[dict[str, Any]]:
        return heads(columns, sort, lambda order: self.query(sort=order, page=""))

    def tabs(self, views: Iterable[SavedView]) -> list[Tab]:
        """Return the tabs of the common views, with the present order and columns, then those of
        the saved views."""
        now, kept = dict(parse_qsl(self.unpaged)), dict(parse_qsl(self.kept))
        saved = [
            Tab(view.name, view.query, dict(parse_qsl(view.query)) in (now, kept), view.pk)
            for view in views
        ]
        on_a_saved_one = any(tab.is_current for tab in saved)
        narrowing = {name: value for name, value in now.items() if name in NARROWING}
        common = [
            Tab(str(name), self.narrowed(filters), narrowing == filters and not on_a_saved_one)
            for name, filters in COMMON_VIEWS
        ]
        return [*common, *saved]

    def chips(
        self, form: ProductFilterForm, lists: Iterable[Watchlist], shop: Shop | None
    ) -> list[dict[str, str]]:
        """Return the active filters in words, each with the query string without it.

        The search is not among them: its box shows it.
        """
        filters = form.filters
        names = {watchlist.pk: watchlist.name for watchlist in lists}
        words = {
            "list": (_("Watchlist"), names.get(filters.watchlist or 0, "")),
            "shop": (_("Shop"), str(shop) if shop else _("not among your products")),
            "tag": (_("Tag"), filters.tag),
            "status": (_("Status"), self._choice(form, "status")),
            "changed": ("", self._choice(form, "changed")),
            "whose": ("", self._choice(form, "whose")),
        }
        chips = [
            {
                "label": label,
                "text": formatting.one_line(text, 60),
                "query": self.query(page="", **{name: ""}),
            }
            for name, (label, text) in words.items()
            if name in self.values
        ]
        if "min" in self.values or "max" in self.values:
            text = _price_range(filters.lowest, filters.highest)
            chips.append(
                {"label": _("Price"), "text": text, "query": self.query(page="", min="", max="")}
            )
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
